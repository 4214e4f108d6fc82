import type { Database } from '@gatehouse/platform'

/** Rows of one statement: a server gives each 5 s, and the embedded database's only connection is not held for long. */
const batchRows = 1000

/** How many calls a principal has in the history, and of how many it is kept what was said. */
export async function countCalls(
  database: Database,
  principalId: string,
): Promise<{ calls: number; contents: number }> {
  const [calls, contents] = await Promise.all([
    database.client.call.count({ where: { principalId, deletedAt: null, status: { not: 'open' } } }),
    database.client.callContent.count({ where: { call: { principalId } } }),
  ])
  return { calls, contents }
}

/**
 * Removes what a principal said, and whatever else of their calls is their own words or tells of them: request ids, the
 * names by which they asked for models, sentences of providers (these quote what was sent), and what they keep at
 * providers. The figures stay, under an id that nobody has any more. Done again it changes nothing.
 * @returns false where it was broken off
 */
export async function forgetPrincipal(
  database: Database,
  principalId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { client } = database
  /** The last call that was done: nobody goes through those again for each batch. */
  let last = '00000000-0000-0000-0000-000000000000'
  // In one order and without skipping any: another replica at the same work is waited for, and nothing stays behind.
  const steps = [
    () => client.$executeRaw`
      DELETE FROM "CallContent" WHERE "callId" IN (
        SELECT "CallContent"."callId" FROM "CallContent" JOIN "Call" ON "Call"."id" = "CallContent"."callId"
        WHERE "Call"."principalId" = ${principalId}::uuid
        ORDER BY "CallContent"."callId" LIMIT ${batchRows}::int FOR UPDATE OF "CallContent")`,
    // Removed from the history: an end that comes late brings nothing of it back.
    async () => {
      const done = await client.$queryRaw<{ id: string }[]>`
      UPDATE "Call" SET "deletedAt" = coalesce("deletedAt", now()), "requestId" = '', "askedModel" = "model",
        "sessionId" = NULL, "errorMessage" = NULL
      WHERE "id" IN (
        SELECT "id" FROM "Call" WHERE "principalId" = ${principalId}::uuid AND "id" > ${last}::uuid
          AND ("deletedAt" IS NULL OR "requestId" <> '' OR "askedModel" <> "model"
            OR "sessionId" IS NOT NULL OR "errorMessage" IS NOT NULL)
        ORDER BY "id" LIMIT ${batchRows}::int FOR NO KEY UPDATE)
      RETURNING "id"::text`
      for (const { id } of done) if (id > last) last = id
      return done.length
    },
    () => client.$executeRaw`
      DELETE FROM "ProviderObject" WHERE ("connection", "objectId") IN (
        SELECT "connection", "objectId" FROM "ProviderObject" WHERE "principalId" = ${principalId}::uuid
        ORDER BY "connection", "objectId" LIMIT ${batchRows}::int FOR UPDATE)`,
  ]
  for (const step of steps) {
    let changed = batchRows
    while (changed === batchRows) {
      if (signal.aborted) return false
      changed = await step()
    }
  }
  return true
}
