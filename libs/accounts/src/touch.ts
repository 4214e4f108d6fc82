import type { Database } from '@gatehouse/platform'

/** Where a key was used from. */
export interface KeyUse {
  address: string | null
  userAgent: string | null
}

/** Notes what is in use, off the request path. */
export interface Touch {
  session(id: string, principalId: string): void
  key(id: string, use: KeyUse): void
  principal(id: string): void
  stop(): Promise<void>
}

/** Milliseconds between two writes; "last seen" is a minute coarse by design, of a key one wants to see that it works. */
const often = { sessionsMs: 60_000, keysMs: 5000 }

/** One write for all that was seen since the last one. */
export function createTouch(
  database: Database,
  { sessionsMs, keysMs } = often,
  onError: (error: unknown) => void = () => {},
): Touch {
  const { client } = database
  let sessions = new Set<string>()
  let principals = new Set<string>()
  let keys = new Map<string, KeyUse & { at: Date }>()

  // A row that somebody else is writing is skipped: who waits for no lock is in no deadlock, whatever the order of the
  // rows. Such a row is in use by that alone, and most often gets its time from it.
  const seenPrincipals = (ids: string[]) => client.$executeRaw`
    UPDATE "Principal" SET "lastSeenAt" = ${new Date()} WHERE "id" IN (
      SELECT "id" FROM "Principal" WHERE "id" = ANY(${ids}::uuid[])
      FOR NO KEY UPDATE SKIP LOCKED)`
  const flushSessions = async () => {
    const seen = { sessions: [...sessions], principals: [...principals] }
    sessions = new Set()
    principals = new Set()
    if (seen.sessions.length > 0)
      await client.$executeRaw`
        UPDATE "Session" SET "lastSeenAt" = ${new Date()} WHERE "id" IN (
          SELECT "id" FROM "Session" WHERE "id" = ANY(${seen.sessions}::uuid[])
          FOR NO KEY UPDATE SKIP LOCKED)`
    if (seen.principals.length > 0) await seenPrincipals(seen.principals)
  }
  const flushKeys = async () => {
    if (keys.size === 0) return
    const used = [...keys].map(([id, use]) => ({ ...use, id }))
    keys = new Map()
    const owners = await client.$queryRaw<{ principalId: string }[]>`
      UPDATE "ApiKey" SET "lastUsedAt" = used."at", "lastUsedAddress" = used."address", "lastUsedAgent" = used."userAgent"
      FROM jsonb_to_recordset(${JSON.stringify(used)}::jsonb)
        AS used("id" uuid, "at" timestamptz, "address" text, "userAgent" text)
      WHERE "ApiKey"."id" = used."id" AND "ApiKey"."id" IN (
        SELECT "id" FROM "ApiKey" WHERE "id" = ANY(${used.map(({ id }) => id)}::uuid[])
        FOR NO KEY UPDATE SKIP LOCKED)
      RETURNING "principalId"::text`
    for (const { principalId } of owners) principals.add(principalId)
  }
  const timers = [
    setInterval(() => void flushSessions().catch(onError), sessionsMs).unref(),
    setInterval(() => void flushKeys().catch(onError), keysMs).unref(),
  ]
  return {
    session(id, principalId) {
      sessions.add(id)
      principals.add(principalId)
    },
    key: (id, { address, userAgent }) =>
      void keys.set(id, { address, userAgent: userAgent?.slice(0, 500) ?? null, at: new Date() }),
    principal: (id) => void principals.add(id),
    async stop() {
      for (const timer of timers) clearInterval(timer)
      await flushKeys().catch(onError)
      await flushSessions().catch(onError)
    },
  }
}
