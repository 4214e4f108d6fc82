import type { Database } from '@gatehouse/platform'
import { unknownEnd } from './record.js'
import { addToHours, summedColumns, sumOf } from './usage-hours.js'

/** Rows of one statement: a server gives each 5 s, and the embedded database's only connection is not held for long. */
const batchRows = 1000

/** Deletes what was said before a time; the figures stay. @returns how many */
export function deleteOldContent(database: Database, before: Date, signal: AbortSignal): Promise<number> {
  return inBatches(
    signal,
    () => database.client.$executeRaw`
      DELETE FROM "CallContent" WHERE "callId" IN (
        SELECT "callId" FROM "CallContent" WHERE "createdAt" < ${before}
        ORDER BY "createdAt" LIMIT ${batchRows} FOR UPDATE SKIP LOCKED)`,
  )
}

/**
 * Deletes whose an object at a provider was, of those that were made before a time: no provider keeps answers so long, and
 * what nobody knows of is refused. @returns how many
 */
export function deleteOldObjects(database: Database, before: Date, signal: AbortSignal): Promise<number> {
  return inBatches(
    signal,
    () => database.client.$executeRaw`
      DELETE FROM "ProviderObject" WHERE ("connection", "objectId") IN (
        SELECT "connection", "objectId" FROM "ProviderObject" WHERE "createdAt" < ${before}
        ORDER BY "createdAt" LIMIT ${batchRows} FOR UPDATE SKIP LOCKED)`,
  )
}

/**
 * Closes calls that began before a time and whose replica never told their end: its disk is gone, and its spool with it.
 * Should the end come after all, it replaces this one. @returns how many
 */
export function closeLostCalls(database: Database, before: Date, signal: AbortSignal): Promise<number> {
  const { status, estimated, errorCode, errorMessage } = unknownEnd
  return inBatches(signal, () =>
    database.plainTransaction(async (query) => {
      const [done] = await query<{ closed: number; sums: string }>(closeText, [
        status,
        estimated,
        errorCode,
        errorMessage,
        before.toISOString(),
      ])
      if (!done) return 0
      await addToHours(query, done.sums)
      return done.closed
    }),
  )
}

const closeText = `
  WITH closed AS (
    UPDATE "Call" SET "status" = $1, "estimated" = $2, "errorCode" = $3, "errorMessage" = $4
    WHERE "id" IN (
      SELECT "id" FROM "Call" WHERE "status" = 'open' AND "createdAt" < $5::timestamptz
      ORDER BY "createdAt" LIMIT ${batchRows} FOR UPDATE SKIP LOCKED)
    RETURNING ${summedColumns}
  )
  SELECT (SELECT count(*)::int FROM closed) AS closed, (${sumOf('(SELECT 1 AS sign, * FROM closed)')}) AS sums`

async function inBatches(signal: AbortSignal, run: () => PromiseLike<number>): Promise<number> {
  let all = 0
  while (!signal.aborted) {
    const count = await run()
    all += count
    if (count < batchRows) break
  }
  return all
}
