import type { Database } from '@gatehouse/platform'

/** Notes that a session is in use, off the request path. */
export interface Touch {
  seen(sessionId: string, principalId: string): void
  stop(): Promise<void>
}

/** One write a minute for all sessions seen in it; "last seen" is a minute coarse by design. */
export function createTouch(
  database: Database,
  everyMs = 60_000,
  onError: (error: unknown) => void = () => {},
): Touch {
  let seen = new Map<string, string>()
  const flush = async () => {
    if (seen.size === 0) return
    const batch = seen
    seen = new Map()
    const now = new Date()
    const { client } = database
    // A row that somebody else is writing is skipped: who waits for no lock is in no deadlock, whatever the order of the
    // rows. Such a row is in use by that alone, and most often gets its time from it.
    try {
      await client.$executeRaw`
        UPDATE "Session" SET "lastSeenAt" = ${now} WHERE "id" IN (
          SELECT "id" FROM "Session" WHERE "id" = ANY(${[...batch.keys()]}::uuid[])
          FOR NO KEY UPDATE SKIP LOCKED)`
      await client.$executeRaw`
        UPDATE "Principal" SET "lastSeenAt" = ${now} WHERE "id" IN (
          SELECT "id" FROM "Principal" WHERE "id" = ANY(${[...new Set(batch.values())]}::uuid[])
          FOR NO KEY UPDATE SKIP LOCKED)`
    } catch (error) {
      onError(error)
    }
  }
  const timer = setInterval(() => void flush(), everyMs).unref()
  return {
    seen: (sessionId, principalId) => void seen.set(sessionId, principalId),
    async stop() {
      clearInterval(timer)
      await flush()
    },
  }
}
