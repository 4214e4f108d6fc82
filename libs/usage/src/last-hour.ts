import type { RecentCalls } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'

const windowMs = 3_600_000
const freshMs = 10_000
/** The query is asked again no sooner than this many times what it took: it must not become the load that it shows. */
const restFactor = 20

/** How providers did within the last hour, all callers together, by the provider's id. Absent: nobody called it. */
export type LastHour = ReadonlyMap<string, RecentCalls>

interface Row {
  provider: string
  calls: number
  failed: number
  aborted: number
  first: number | null
  last: Date | null
}

/**
 * Keeps the figures of the last hour for 10 s, and longer where they take long to find: one query for any number of
 * waiters. Nobody waits where there are older ones, and none that are older than the window are given.
 * @param now milliseconds of a clock that never goes back
 */
export function createLastHour(
  database: Database,
  onError: (error: unknown) => void,
  now: () => number = () => performance.now(),
) {
  let known: { figures: LastHour; at: number } | undefined
  let askAgainAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  const refresh = async (): Promise<void> => {
    const beganAt = now()
    try {
      const figures = await figuresOf(database)
      known = { figures, at: now() }
    } catch (error) {
      onError(error)
    } finally {
      askAgainAt = now() + Math.max(freshMs, (now() - beganAt) * restFactor)
      running = undefined
    }
  }

  return {
    /** Null while the database cannot say. */
    async get(): Promise<LastHour | null> {
      if (now() >= askAgainAt) running ??= refresh()
      if (!known && running) await running
      return known && now() - known.at < windowMs ? known.figures : null
    },
  }
}

async function figuresOf({ client }: Database): Promise<LastHour> {
  const since = new Date(Date.now() - windowMs)
  const rows = await client.$queryRaw<Row[]>`
    SELECT "provider", count(*)::int AS "calls",
      (count(*) FILTER (WHERE "status" NOT IN ('success', 'aborted')))::int AS "failed",
      (count(*) FILTER (WHERE "status" = 'aborted'))::int AS "aborted",
      percentile_cont(0.5) WITHIN GROUP (ORDER BY "firstByteMs") AS "first",
      max("createdAt") FILTER (WHERE "status" = 'success') AS "last"
    FROM "Call" WHERE "createdAt" >= ${since} AND "status" <> 'open' GROUP BY "provider"`
  return new Map(
    rows.map(({ provider, calls, failed, aborted, first, last }) => {
      const ended = calls - aborted
      return [
        provider,
        {
          window_minutes: 60,
          calls,
          failed_calls: failed,
          success_rate: ended > 0 ? (ended - failed) / ended : null,
          median_first_byte_ms: first === null ? null : Math.round(first),
          last_success_at: last?.toISOString() ?? null,
        },
      ]
    }),
  )
}
