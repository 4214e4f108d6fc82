import {
  type AdminUsageOverviewQuery,
  type AdminUsageSplit,
  addDays,
  overviewDays,
  type UsageDay,
  type UsageFigures,
  type UsageGroupFigures,
  type UsageOverview,
} from '@gatehouse/contracts'
import { type Database, Prisma } from '@gatehouse/platform'
import { FigureSum, type SummedRow } from './figure-sum.js'
import { dayStarts } from './local-days.js'
import { noKey } from './usage-hours.js'

/** Groups that are told one by one; the others are one. */
const topGroups = 12
const maxUnpriced = 50
const dayMs = 86_400_000

/** A row of sums. `day` counts from 1; 0 is all of the time before. */
interface Row extends SummedRow {
  day: number
  /** Place of the group from 1; 0 for all that are behind the last place. */
  place: number
  provider: string | null
  name: string | null
}

/** What names a group: `provider` and `name` of its rows, as texts; empty where there is none, since NULL joins with nothing. */
const splits: Record<AdminUsageSplit, { columns: Prisma.Sql; provider: Prisma.Sql; name: Prisma.Sql }> = {
  model: {
    columns: Prisma.sql`"provider", "model"`,
    provider: Prisma.sql`"provider"`,
    name: Prisma.sql`"model"`,
  },
  provider: {
    columns: Prisma.sql`"provider"`,
    provider: Prisma.sql`"provider"`,
    name: Prisma.sql`"provider"`,
  },
  key: { columns: Prisma.sql`"keyId"`, provider: Prisma.sql`''`, name: Prisma.sql`"keyId"::text` },
  principal: {
    columns: Prisma.sql`"principalId"`,
    provider: Prisma.sql`''`,
    name: Prisma.sql`"principalId"::text`,
  },
  none: { columns: Prisma.sql`1::int`, provider: Prisma.sql`''`, name: Prisma.sql`''` },
}

/**
 * What calls came to by the days of a time zone, with the time before. Keys and principals come without names, which the
 * accounts have.
 * @param query of one principal where it says so, else of everybody
 */
export async function usageOverview(
  database: Database,
  query: AdminUsageOverviewQuery,
): Promise<UsageOverview> {
  const { from, to } = overviewDays(query)
  const count = Math.round((Date.parse(to) - Date.parse(from)) / dayMs)
  const starts = dayStarts(query.time_zone, addDays(from, -count), 2 * count)
  const rows = await sumsOf(database, query, starts, count)
  const totals = new FigureSum()
  const previous = new FigureSum()
  const days = Array.from({ length: count }, () => ({
    sum: new FigureSum(),
    parts: new Map<number, FigureSum>(),
  }))
  const groups = new Map<number, { provider: string | null; name: string | null; sum: FigureSum }>()
  for (const row of rows) {
    const day = days[row.day - 1]
    if (!day) {
      previous.add(row)
      continue
    }
    totals.add(row)
    day.sum.add(row)
    day.parts.set(row.place, new FigureSum().add(row))
    const group = groups.get(row.place) ?? { provider: row.provider, name: row.name, sum: new FigureSum() }
    group.sum.add(row)
    groups.set(row.place, group)
  }
  // As a rule there are none, and nothing has to be looked for.
  const { unpriced_calls: withoutPrice } = totals.figures()
  const unpriced = withoutPrice > 0 ? await unpricedIn(database, query, starts[count], starts.at(-1)) : []
  // The rest, of place 0, comes last.
  const places = [...groups.keys()].sort(
    (a, b) => (a || Number.POSITIVE_INFINITY) - (b || Number.POSITIVE_INFINITY),
  )
  const isSplit = query.split !== 'none'
  const groupOf = (place: number): UsageGroupFigures => {
    const { provider = null, name = null, sum = new FigureSum() } = groups.get(place) ?? {}
    return { ...named(query.split, place, provider, name), ...sum.figures() }
  }
  const told = isSplit ? places.map((place) => ({ place, group: groupOf(place) })) : []
  return {
    time_zone: query.time_zone,
    from,
    to,
    totals: totals.figures(),
    previous: previous.figures(),
    days: days.map(
      ({ sum, parts }, index): UsageDay => ({
        day: addDays(from, index),
        ...sum.figures(),
        split: told.flatMap(({ place, group }) => {
          const part = parts.get(place)?.figures()
          return part ? [partOf(group.id, part)] : []
        }),
      }),
    ),
    groups: told.map(({ group }) => group),
    unpriced,
    as_of: new Date().toISOString(),
  }
}

const partOf = (id: string, { calls, total_tokens, total_cost }: UsageFigures) => ({
  id,
  calls,
  tokens: total_tokens,
  cost: total_cost,
})

function named(split: AdminUsageSplit, place: number, provider: string | null, name: string | null) {
  if (place === 0) return { id: 'other', name: null, provider: null }
  if (split === 'model') return { id: `${provider}/${name}`, name, provider }
  if (split === 'provider') return { id: String(name), name, provider }
  return { id: name === noKey ? 'none' : String(name), name: null, provider: null }
}

const ofWhom = ({ principal_id: id }: AdminUsageOverviewQuery) =>
  id === undefined ? Prisma.empty : Prisma.sql`AND "principalId" = ${id}::uuid`

/** By day and group, of groups behind the last place one row a day; and one row of the time before. */
function sumsOf(
  { client }: Database,
  query: AdminUsageOverviewQuery,
  starts: readonly Date[],
  count: number,
): Promise<Row[]> {
  const { columns, provider, name } = splits[query.split]
  const bounds = starts.slice(count, -1).map((start) => start.toISOString())
  return client.$queryRaw<Row[]>`
    WITH summed AS MATERIALIZED (
      SELECT width_bucket("hour", ${bounds}::timestamptz[]) AS "day", ${provider} AS "provider", ${name} AS "name",
        sum("calls") AS "calls", sum("failed") AS "failed", sum("aborted") AS "aborted", sum("unpriced") AS "unpriced",
        sum("inputTokens") AS "inputTokens", sum("outputTokens") AS "outputTokens", sum("cachedTokens") AS "cachedTokens",
        sum("reasoningTokens") AS "reasoningTokens", sum("cost") AS "cost", sum("latencyMs") AS "latencyMs",
        sum("timed") AS "timed"
      FROM "UsageHour" WHERE "hour" >= ${starts[0]} AND "hour" < ${starts.at(-1)} ${ofWhom(query)}
      GROUP BY 1, ${columns}
    ), placed AS MATERIALIZED (
      SELECT "provider", "name",
        row_number() OVER (ORDER BY sum("cost") DESC, sum("calls") DESC, "provider" COLLATE "C", "name" COLLATE "C") AS "place"
      FROM summed WHERE "day" > 0 GROUP BY 1, 2 HAVING sum("calls") > 0
    ), told AS (
      SELECT summed.*, CASE WHEN placed."place" <= ${topGroups} AND "day" > 0 THEN placed."place" ELSE 0 END::int AS "place"
      FROM summed LEFT JOIN placed USING ("provider", "name")
    )
    SELECT "day", "place", min("provider") AS "provider", min("name") AS "name", sum("calls")::float8 AS "calls",
      sum("failed")::float8 AS "failed", sum("aborted")::float8 AS "aborted", sum("unpriced")::float8 AS "unpriced",
      sum("inputTokens")::float8 AS "inputTokens", sum("outputTokens")::float8 AS "outputTokens",
      sum("cachedTokens")::float8 AS "cachedTokens", sum("reasoningTokens")::float8 AS "reasoningTokens",
      sum("cost")::decimal(28, 10)::text AS "cost", sum("latencyMs")::float8 AS "latencyMs", sum("timed")::float8 AS "timed"
    FROM told GROUP BY 1, 2 HAVING sum("calls") > 0 ORDER BY 1, 2`
}

function unpricedIn(
  { client }: Database,
  query: AdminUsageOverviewQuery,
  from: Date | undefined,
  to: Date | undefined,
): Promise<UsageOverview['unpriced']> {
  return client.$queryRaw<UsageOverview['unpriced']>`
    SELECT "provider", "model", sum("unpriced")::float8 AS "calls" FROM "UsageHour"
    WHERE "hour" >= ${from} AND "hour" < ${to} AND "unpriced" > 0 ${ofWhom(query)}
    GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT ${maxUnpriced}`
}
