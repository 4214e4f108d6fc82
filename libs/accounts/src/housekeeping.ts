import type { Database } from '@gatehouse/platform'
import { type Forget, purgeDeleted } from './purge.js'

/** What is deleted by and by: what nobody reads any more. */
export interface Housekeeping {
  /** Tidies up now, after what is being done. Never rejects. */
  now(): Promise<void>
  /** Ends it; waits for the batch that is being deleted. */
  stop(): Promise<void>
}

/** Far longer than any replica looks back. */
const changeMinutes = 60
/** A session that has ended is kept for those who ask afterwards when somebody was signed in, and from where. */
const endedSessionDays = 30
/** A key that has ended is kept for those who ask afterwards whose it was; more than its owner could make would pile up. */
const endedKeyDays = 90
/** Rows of one statement, so that none comes near the limit of time or holds the embedded database's one connection long. */
const batch = 5000

/**
 * Tidies up some seconds after the start and every hour from then on. Replicas may do it at once.
 * @param forget see `purgeDeleted`
 */
export function startHousekeeping(
  database: Database,
  forget: Forget,
  onError: (error: unknown) => void,
  { firstMs = 10_000, everyMs = 3_600_000 } = {},
): Housekeeping {
  let stopped = false
  let running = Promise.resolve()
  const ended = () => stopped
  const now = () => {
    running = running
      .then(() => tidyUp(database, ended))
      .catch(onError)
      .then(() => purgeDeleted(database, forget, onError, ended))
      .catch(onError)
    return running
  }
  const tidy = () => {
    void now()
    timer = setTimeout(tidy, everyMs).unref()
  }
  let timer = setTimeout(tidy, firstMs).unref()
  return {
    now,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}

/** Deletes old changes, and sessions and keys that ended long ago, batch by batch. */
async function tidyUp(database: Database, stopped: () => boolean): Promise<void> {
  const { client } = database
  // Rows that another replica is deleting right now are skipped, not waited for.
  const steps = [
    () => client.$executeRaw`
      DELETE FROM "Change" WHERE "sequence" IN (
        SELECT "sequence" FROM "Change" WHERE "at" < now() - make_interval(mins => ${changeMinutes}::int)
        LIMIT ${batch}::int FOR UPDATE SKIP LOCKED)`,
    () => client.$executeRaw`
      DELETE FROM "Session" WHERE "id" IN (
        SELECT "id" FROM "Session"
        WHERE least("expiresAt", "revokedAt") < now() - make_interval(days => ${endedSessionDays}::int)
        LIMIT ${batch}::int FOR UPDATE SKIP LOCKED)`,
    () => client.$executeRaw`
      DELETE FROM "ApiKey" WHERE "id" IN (
        SELECT "id" FROM "ApiKey"
        WHERE least("expiresAt", "revokedAt") < now() - make_interval(days => ${endedKeyDays}::int)
        LIMIT ${batch}::int FOR UPDATE SKIP LOCKED)`,
  ]
  for (const step of steps) {
    let deleted = batch
    while (deleted === batch && !stopped()) deleted = await step()
  }
}
