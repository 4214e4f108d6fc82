import { type Database, databaseFailure } from '@gatehouse/platform'
import type { SpoolRecord } from './record.js'
import type { Pending, Spool } from './spool.js'

/** Moves records from the spool to the database; the only thing that writes calls. */
export interface Writer {
  /** Something waits: write it soon. */
  wake(): void
  /** Writes all that waits now. @throws what the database said */
  flush(): Promise<void>
  /** Writes what waits, at most for `withinMs`, and ends. */
  stop(withinMs: number): Promise<void>
}

const batchSize = 500
/** A finished call is there to read within 2 s; most within this. */
const delayMs = 100
const retryMs = 1000

/** Batches are idempotent by our call id: a record that is written twice changes nothing the second time. */
export function createWriter(database: Database, spool: Spool, onError: (error: unknown) => void): Writer {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let stopped = false

  const drain = async () => {
    while (spool.waiting() > 0) {
      const batch = spool.peek(batchSize)
      try {
        await write(
          database,
          batch.map(({ record }) => record),
        )
      } catch (error) {
        if (databaseFailure(error).kind === 'unavailable') throw error
        await writeSingly(batch)
      }
      spool.written(batch.length)
    }
  }

  /** One record that the database refuses must not hold up the others. */
  const writeSingly = async (batch: Pending[]) => {
    for (const pending of batch) {
      try {
        await write(database, [pending.record])
      } catch (error) {
        if (databaseFailure(error).kind === 'unavailable') throw error
        // A crash of the server has many faces. Only one that answers, twice, has really refused this record.
        await database.ping()
        await write(database, [pending.record]).catch((again: unknown) => {
          if (databaseFailure(again).kind === 'unavailable') throw again
          spool.setAside(pending, again instanceof Error ? again.message : String(again))
          onError(again)
        })
      }
    }
  }

  const flush = (): Promise<void> => {
    running ??= drain().finally(() => {
      running = undefined
    })
    return running
  }

  const wake = (after = delayMs) => {
    if (timer || stopped) return
    timer = setTimeout(() => {
      timer = undefined
      flush().catch((error: unknown) => {
        onError(error)
        wake(retryMs)
      })
    }, after).unref()
  }
  if (spool.waiting() > 0) wake()

  return {
    wake: () => wake(),
    flush,
    async stop(withinMs) {
      stopped = true
      clearTimeout(timer)
      await Promise.race([
        flush().catch(onError),
        new Promise<void>((resolve) => void setTimeout(resolve, withinMs).unref()),
      ])
    },
  }
}

/** Writes records in one transaction: new calls, ends of calls, and what was said. */
async function write(database: Database, records: SpoolRecord[]): Promise<void> {
  // An INSERT cannot touch one row twice: of a call that began and ended in this batch only the end is written.
  const byId = new Map<string, SpoolRecord>()
  for (const record of records)
    if (record.end !== null || !byId.has(record.call.id)) byId.set(record.call.id, record)
  const rows = [...byId.values()].map(({ call, end }) => ({
    ...call,
    ...(end ?? { status: 'open' }),
    content: undefined,
  }))
  const contents = [...byId.values()].flatMap(({ call, end }) =>
    end?.content ? [{ callId: call.id, createdAt: call.createdAt, ...end.content }] : [],
  )
  await database.transaction(async (transaction) => {
    await transaction.$executeRaw`
      INSERT INTO "Call" ("id", "createdAt", "principalId", "principalKind", "keyId", "sessionId", "requestId", "endpoint",
        "provider", "connection", "askedModel", "model", "streamed", "status", "finishReason", "inputTokens",
        "outputTokens", "cachedTokens", "reasoningTokens", "estimated", "cost", "priceSource", "latencyMs",
        "firstByteMs", "attempts", "errorCode", "errorMessage")
      SELECT "id", "createdAt", "principalId", "principalKind", "keyId", "sessionId", "requestId", "endpoint",
        "provider", "connection", "askedModel", "model", "streamed", "status", "finishReason",
        coalesce("inputTokens", 0), coalesce("outputTokens", 0), coalesce("cachedTokens", 0),
        coalesce("reasoningTokens", 0), coalesce("estimated", false), "cost", "priceSource", "latencyMs",
        "firstByteMs", coalesce("attempts", 1), "errorCode", "errorMessage"
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS record (
        "id" uuid, "createdAt" timestamptz, "principalId" uuid, "principalKind" text, "keyId" uuid, "sessionId" uuid,
        "requestId" text, "endpoint" text, "provider" text, "connection" text, "askedModel" text, "model" text,
        "streamed" boolean, "status" text, "finishReason" text, "inputTokens" int, "outputTokens" int,
        "cachedTokens" int, "reasoningTokens" int, "estimated" boolean, "cost" decimal(18, 10), "priceSource" text,
        "latencyMs" int, "firstByteMs" int, "attempts" int, "errorCode" text, "errorMessage" text)
      ON CONFLICT ("id") DO UPDATE SET
        "provider" = excluded."provider", "connection" = excluded."connection", "model" = excluded."model",
        "status" = excluded."status", "finishReason" = excluded."finishReason",
        "inputTokens" = excluded."inputTokens", "outputTokens" = excluded."outputTokens",
        "cachedTokens" = excluded."cachedTokens", "reasoningTokens" = excluded."reasoningTokens",
        "estimated" = excluded."estimated", "cost" = excluded."cost", "priceSource" = excluded."priceSource",
        "latencyMs" = excluded."latencyMs", "firstByteMs" = excluded."firstByteMs", "attempts" = excluded."attempts",
        "errorCode" = excluded."errorCode", "errorMessage" = excluded."errorMessage"
      WHERE "Call"."status" IN ('open', 'unknown') AND excluded."status" <> 'open'`
    if (contents.length === 0) return
    // Removed from the history meanwhile: what was said does not come back by a second writing.
    await transaction.$executeRaw`
      INSERT INTO "CallContent" ("callId", "createdAt", "prompt", "response", "parameters")
      SELECT record."callId", record."createdAt", record."prompt", record."response", record."parameters"
      FROM jsonb_to_recordset(${JSON.stringify(contents)}::jsonb) AS record (
        "callId" uuid, "createdAt" timestamptz, "prompt" jsonb, "response" text, "parameters" jsonb)
      JOIN "Call" ON "Call"."id" = record."callId" AND "Call"."deletedAt" IS NULL
      ON CONFLICT ("callId") DO NOTHING`
  })
}
