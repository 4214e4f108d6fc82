import {
  type AdminUsageExportQuery,
  AppError,
  type List,
  text,
  toList,
  type UsageRow,
  usageGroups,
  usageRange,
} from '@gatehouse/contracts'
import { type Database, Prisma } from '@gatehouse/platform'
import { z } from 'zod'
import { noKey } from './usage-hours.js'

/** What to sum up, of whom, and by what. */
export type UsageFilter = AdminUsageExportQuery

/** Which of the rows. */
export interface UsagePage {
  limit: number
  after?: string | undefined
  order: 'asc' | 'desc'
}

type Value = Date | string

/** A column that rows are grouped and ordered by. */
interface Column {
  sql: Prisma.Sql
  /** Reads its value in a cursor. */
  value: z.ZodType<Value>
  /** Type of that value as a parameter. */
  type: Prisma.Sql
  /** The field it makes. */
  field(value: Value): Partial<UsageRow>
}

const moment = { value: z.iso.datetime().pipe(z.coerce.date()), type: Prisma.sql`timestamptz` }
const id = { value: z.uuid(), type: Prisma.sql`uuid` }
// Of one order everywhere, whatever the locale of the server.
const name = { value: text(), type: Prisma.sql`text` }
const iso = (value: Value): string => new Date(value).toISOString()

/** In the order of the rows. */
const columns = {
  day: {
    ...moment,
    sql: Prisma.sql`date_trunc('day', "hour", 'UTC')`,
    field: (value) => ({ day: iso(value).slice(0, 10) }),
  },
  hour: { ...moment, sql: Prisma.sql`"hour"`, field: (value) => ({ hour: iso(value) }) },
  principal: { ...id, sql: Prisma.sql`"principalId"`, field: (value) => ({ principal_id: String(value) }) },
  provider: {
    ...name,
    sql: Prisma.sql`"provider" COLLATE "C"`,
    field: (value) => ({ provider: String(value) }),
  },
  model: { ...name, sql: Prisma.sql`"model" COLLATE "C"`, field: (value) => ({ model: String(value) }) },
  key: {
    ...id,
    sql: Prisma.sql`"keyId"`,
    field: (value) => ({ key_id: value === noKey ? null : String(value) }),
  },
} satisfies Record<string, Column>

/** A model's name means something beside its provider's alone. */
function columnsOf(filter: UsageFilter): Column[] {
  const groups = usageGroups(filter.group_by)
  const wanted = new Set<string>(groups.includes('model') ? [...groups, 'provider'] : groups)
  return Object.entries(columns).flatMap(([group, column]) => (wanted.has(group) ? [column] : []))
}

/**
 * A page of sums, ordered by what they are grouped by. Each row's id is its place in that order, so that a page begins
 * where the one before it ended although more was counted meanwhile.
 * @throws AppError `invalid_request`, param `after`, for what is no row's id of such a query
 */
export async function listUsage(
  database: Database,
  filter: UsageFilter,
  page: UsagePage,
): Promise<List<UsageRow>> {
  const by = columnsOf(filter)
  const { from, to } = usageRange(filter)
  const conditions = [Prisma.sql`"hour" >= ${from}`, Prisma.sql`"hour" < ${to}`]
  if (filter.principal_id !== undefined)
    conditions.push(Prisma.sql`"principalId" = ${filter.principal_id}::uuid`)
  if (filter.provider !== undefined) conditions.push(Prisma.sql`"provider" = ${filter.provider}`)
  if (filter.model !== undefined) conditions.push(Prisma.sql`"model" = ${filter.model}`)
  if (page.after !== undefined) conditions.push(beyond(by, page.after, page.order))
  const keys = Prisma.join(by.map(({ sql }) => sql))
  const direction = Prisma.raw(page.order === 'desc' ? 'DESC' : 'ASC')
  const rows = await database.client.$queryRaw<(Record<string, Value> & Sums)[]>`
    SELECT ${Prisma.join(by.map(({ sql }, index) => Prisma.sql`${sql} AS ${Prisma.raw(`"by${index}"`)}`))},
      sum("calls")::float8 AS "calls", sum("failed")::float8 AS "failed", sum("aborted")::float8 AS "aborted",
      sum("unpriced")::float8 AS "unpriced", sum("inputTokens")::float8 AS "inputTokens",
      sum("outputTokens")::float8 AS "outputTokens", sum("cachedTokens")::float8 AS "cachedTokens",
      sum("reasoningTokens")::float8 AS "reasoningTokens", sum("cost")::decimal(28, 10)::text AS "cost",
      (sum("latencyMs") / nullif(sum("timed"), 0))::float8 AS "latencyMs"
    FROM "UsageHour" WHERE ${Prisma.join(conditions, ' AND ')}
    GROUP BY ${keys} HAVING sum("calls") > 0
    ORDER BY ${Prisma.join(by.map(({ sql }) => Prisma.sql`${sql} ${direction}`))} LIMIT ${page.limit + 1}`
  return toList(
    rows.map((row) => {
      const values = by.map((_, index) => row[`by${index}`] ?? '')
      return { id: cursorOf(values), ...fieldsOf(by, values), ...figures(row) }
    }),
    page.limit,
  )
}

/** All rows, oldest first, a page at a time. */
export async function* usagePages(database: Database, filter: UsageFilter): AsyncGenerator<UsageRow[]> {
  let after: string | undefined
  do {
    const { data, last_id, has_more } = await listUsage(database, filter, {
      limit: 1000,
      after,
      order: 'asc',
    })
    yield data
    after = has_more && last_id !== null ? last_id : undefined
  } while (after !== undefined)
}

interface Sums {
  calls: number
  failed: number
  aborted: number
  unpriced: number
  inputTokens: number
  outputTokens: number
  cachedTokens: number
  reasoningTokens: number
  cost: string
  latencyMs: number | null
}

const figures = (sums: Sums) => ({
  total_calls: sums.calls,
  failed_calls: sums.failed,
  aborted_calls: sums.aborted,
  unpriced_calls: sums.unpriced,
  input_tokens: sums.inputTokens,
  output_tokens: sums.outputTokens,
  cached_tokens: sums.cachedTokens,
  reasoning_tokens: sums.reasoningTokens,
  total_tokens: sums.inputTokens + sums.outputTokens,
  total_cost: sums.cost,
  average_latency_ms: sums.latencyMs === null ? null : Math.round(sums.latencyMs),
})

const fieldsOf = (by: Column[], values: Value[]): Partial<UsageRow> =>
  Object.assign({}, ...by.map((column, index) => column.field(values[index] ?? '')))

const cursorOf = (values: Value[]): string => Buffer.from(JSON.stringify(values)).toString('base64url')

/** The rows behind one, by its id. */
function beyond(by: Column[], after: string, order: 'asc' | 'desc'): Prisma.Sql {
  const values = placeOf(by, after)
  if (!values) {
    throw new AppError('invalid_request', {
      param: 'after',
      message: '"after": is not the id of a row of this query, grouped as it is.',
    })
  }
  const place = Prisma.join(by.map(({ type }, index) => Prisma.sql`${values[index]}::${type}`))
  return Prisma.sql`(${Prisma.join(by.map(({ sql }) => sql))}) ${Prisma.raw(order === 'desc' ? '<' : '>')} (${place})`
}

function placeOf(by: Column[], cursor: string): Value[] | undefined {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length !== by.length) return undefined
  const values = by.map(({ value }, index) => value.safeParse(parts[index]).data)
  return values.every((value) => value !== undefined) ? values : undefined
}
