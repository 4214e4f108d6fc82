import { type Database, databaseFailure } from '@gatehouse/platform'
import type { SpoolRecord } from './record.js'
import type { Pending, Spool } from './spool.js'
import { timedOut } from './timed-out.js'

/** Moves records from the spool to the database; the only thing that writes calls. */
export interface Writer {
  /** Something waits: write it soon. */
  wake(): void
  /** Writes all that waits now. @throws what the database said */
  flush(): Promise<void>
  /** Writes what waits, at most for `withinMs`, and ends. */
  stop(withinMs: number): Promise<void>
}

const batchRecords = 500
/** A prompt may have 20 MiB: a batch of many such takes longer than the database gives it. */
const batchBytes = 8 << 20
/** A finished call is there to read within 2 s; most within this. */
const delayMs = 100
const retryMs = 1000

/** Batches are idempotent by our call id: a record that is written twice changes nothing the second time. */
export function createWriter(database: Database, spool: Spool, onError: (error: unknown) => void): Writer {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let stopped = false

  /** Writes all that waits at its beginning: under load something always waits. */
  const drain = async () => {
    for (let left = spool.waiting(); left > 0; ) {
      const batch = spool.peek(Math.min(left, batchRecords), batchBytes)
      try {
        await write(
          database,
          batch.map(({ record }) => record),
        )
      } catch (error) {
        if (passes(error)) throw error
        for (const pending of batch) await writeSingly(pending)
      }
      spool.written(batch.length)
      left -= batch.length
    }
  }

  /** One record that the database refuses, or takes too long over, must not hold up the others. */
  const writeSingly = async (pending: Pending) => {
    const { record } = pending
    try {
      return await write(database, [record])
    } catch (error) {
      if (passes(error)) throw error
    }
    // A crash of the server has many faces. Only one that answers, twice, has really refused this record.
    await database.ping()
    try {
      await write(database, [record])
    } catch (error) {
      if (passes(error)) throw error
      if (!timedOut(error)) {
        spool.setAside(pending, error instanceof Error ? error.message : String(error))
        return onError(error)
      }
      if (!record.end?.content) throw error
      await write(database, [{ ...record, end: { ...record.end, content: null } }])
      const text = `What was said in call ${record.call.id} was not kept: the database took too long to write it.`
      onError(new Error(text, { cause: error }))
    }
  }

  const flush = (): Promise<void> => {
    if (!running) {
      running = drain().finally(() => {
        running = undefined
      })
      return running
    }
    // What came after the present one began is not in it.
    next ??= running
      .finally(() => {
        next = undefined
      })
      .then(flush)
    return next
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

/** Whether the same may well be written later: the database is away, or another transaction holds what it needs. */
function passes(error: unknown): boolean {
  const { kind } = databaseFailure(error)
  return (kind === 'unavailable' || kind === 'conflict') && !timedOut(error)
}

/** An end counts for more than an opening, and any end for more than that of somebody who found the call without one. */
function weight({ end }: SpoolRecord): number {
  if (!end) return 0
  return end.status === 'unknown' ? 1 : 2
}

/** Writes records in one transaction: new calls, ends of calls, and what was said. */
async function write(database: Database, records: SpoolRecord[]): Promise<void> {
  // An INSERT cannot touch one row twice: of a call that began and ended in this batch only the end is written.
  const byId = new Map<string, SpoolRecord>()
  for (const record of records) {
    const other = byId.get(record.call.id)
    if (!other || weight(record) > weight(other)) byId.set(record.call.id, record)
  }
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
