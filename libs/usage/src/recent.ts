import type { RecentFigures } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { noKey } from './usage-hours.js'

/** Days that "recent" is. */
const recentDays = 30

/** How a provider's calls of the last 30 days came in. */
export interface RecentTraffic {
  /** The provider's id. */
  provider: string
  calls: number
  /** Of these, those that came without an API key: by a sign-in, or a token of a trusted issuer. */
  keyless: number
  /** Begin of the hour in which the last one began. */
  lastHour: Date
}

const since = () => new Date(Date.now() - recentDays * 86_400_000)

/** Sums of the calls of some principals; zeros for one that made none. */
export async function recentFigures(
  database: Database,
  principalIds: readonly string[],
): Promise<(principalId: string) => RecentFigures> {
  const rows =
    principalIds.length === 0
      ? []
      : await database.client.$queryRaw<(RecentFigures & { id: string })[]>`
          SELECT "principalId"::text AS "id", sum("calls")::float8 AS "calls", sum("failed")::float8 AS "failed_calls",
            (sum("inputTokens") + sum("outputTokens"))::float8 AS "total_tokens",
            sum("cost")::decimal(28, 10)::text AS "total_cost"
          FROM "UsageHour" WHERE "hour" >= ${since()} AND "principalId" = ANY(${[...principalIds]}::uuid[])
          GROUP BY "principalId"`
  const known = new Map(rows.map(({ id, ...figures }) => [id, figures]))
  return (id) => known.get(id) ?? { calls: 0, failed_calls: 0, total_tokens: 0, total_cost: '0' }
}

/** Calls of everybody, by the provider that served them. */
export function recentTraffic(database: Database): Promise<RecentTraffic[]> {
  return database.client.$queryRaw<RecentTraffic[]>`
    SELECT "provider", sum("calls")::float8 AS "calls",
      coalesce(sum("calls") FILTER (WHERE "keyId" = ${noKey}::uuid), 0)::float8 AS "keyless", max("hour") AS "lastHour"
    FROM "UsageHour" WHERE "hour" >= ${since()}
    GROUP BY "provider" HAVING sum("calls") > 0`
}
