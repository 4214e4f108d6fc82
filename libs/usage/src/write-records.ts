import type { Database } from '@gatehouse/platform'
import type { RecordLine } from './record-line.js'
import { addToHours, summedColumns, sumOf } from './usage-hours.js'

/** Columns of `Call` that the end of a call sets, with what they are in a row that has no end yet. */
const atEnd = {
  status: "'open'",
  finishReason: 'NULL',
  inputTokens: '0',
  outputTokens: '0',
  cachedTokens: '0',
  reasoningTokens: '0',
  estimated: 'false',
  cost: 'NULL',
  priceSource: 'NULL',
  latencyMs: 'NULL',
  firstByteMs: 'NULL',
  attempts: '1',
  errorCode: 'NULL',
  errorMessage: 'NULL',
  tries: 'NULL',
}
const atBegin = [
  'id',
  'createdAt',
  'principalId',
  'principalKind',
  'keyId',
  'sessionId',
  'requestId',
  'endpoint',
  'provider',
  'connection',
  'askedModel',
  'model',
  'streamed',
]
const ended = Object.keys(atEnd)
const quoted = (names: string[]) => names.map((name) => `"${name}"`).join(', ')

/**
 * Writes calls and tells what that changes in the sums, from the rows as they were (`before`) and as they are now
 * (`written`), never from what was sent: most of it may be there already.
 *
 * `before` holds its rows until the end of the transaction, and is whole before the first row is written (the condition
 * with `count` sees to that). A row that another gateway has begun meanwhile is not in it: nobody knows what it counted
 * for. It is left alone and told of as `missed`, and the whole is done again.
 */
const callsText = `
  WITH record AS MATERIALIZED (
    SELECT ${quoted(atBegin)}, ${Object.entries(atEnd)
      .map(([name, open]) => `coalesce("${name}", ${open}) AS "${name}"`)
      .join(', ')}
    FROM json_to_recordset($1::json) AS sent (
      "id" uuid, "createdAt" timestamptz, "principalId" uuid, "principalKind" text, "keyId" uuid, "sessionId" uuid,
      "requestId" text, "endpoint" text, "provider" text, "connection" text, "askedModel" text, "model" text,
      "streamed" boolean, "status" text, "finishReason" text, "inputTokens" int, "outputTokens" int,
      "cachedTokens" int, "reasoningTokens" int, "estimated" boolean, "cost" decimal(18, 10), "priceSource" text,
      "latencyMs" int, "firstByteMs" int, "attempts" int, "errorCode" text, "errorMessage" text, "tries" jsonb)
  ), before AS MATERIALIZED (
    SELECT ${summedColumns} FROM "Call" WHERE "id" IN (SELECT "id" FROM record) ORDER BY "id" FOR NO KEY UPDATE
  ), written AS (
    INSERT INTO "Call" (${quoted([...atBegin, ...ended])})
    SELECT ${quoted([...atBegin, ...ended])} FROM record WHERE (SELECT count(*) FROM before) >= 0 ORDER BY "id"
    ON CONFLICT ("id") DO UPDATE SET
      ${['provider', 'connection', 'model', ...ended].map((name) => `"${name}" = excluded."${name}"`).join(', ')}
    WHERE "Call"."status" IN ('open', 'unknown') AND excluded."status" <> 'open'
      AND "Call"."id" IN (SELECT "id" FROM before)
    RETURNING ${summedColumns}
  )
  SELECT (${sumOf(`(
      SELECT 1 AS sign, ${summedColumns} FROM written WHERE "status" <> 'open'
      UNION ALL
      SELECT -1, ${summedColumns} FROM before WHERE "status" = 'unknown' AND "id" IN (SELECT "id" FROM written)
    )`)}) AS sums,
    (SELECT count(*)::int FROM record WHERE "status" <> 'open' AND "id" NOT IN (SELECT "id" FROM before)
      AND "id" NOT IN (SELECT "id" FROM written)) AS missed`

// Removed from the history meanwhile: what was said does not come back by a second writing. And its owner may have said
// no since the call began, by any gateway.
const contentsText = `
  INSERT INTO "CallContent" ("callId", "createdAt", "prompt", "response", "parameters")
  SELECT said."callId", said."createdAt", said."prompt", said."response", said."parameters"
  FROM json_to_recordset($1::json) AS said (
    "callId" uuid, "createdAt" timestamptz, "prompt" jsonb, "response" text, "parameters" jsonb)
  JOIN "Call" ON "Call"."id" = said."callId" AND "Call"."deletedAt" IS NULL
  WHERE NOT EXISTS (
    SELECT FROM "Principal" WHERE "Principal"."id" = "Call"."principalId" AND NOT "Principal"."keepContent")
  ON CONFLICT ("callId") DO NOTHING`

/** Writes records in one transaction: new calls, ends of calls, what was said, and the sums of the hours. */
export async function writeRecords(database: Database, records: readonly RecordLine[]): Promise<void> {
  // An INSERT cannot touch one row twice: of a call that began and ended in this batch only the end is written.
  const byId = new Map<string, RecordLine>()
  for (const record of records) {
    const other = byId.get(record.id)
    if (!other || weights[record.kind] > weights[other.kind]) byId.set(record.id, record)
  }
  const kept = [...byId.values()]
  const contents = kept.flatMap(({ contentRow }) => contentRow ?? [])
  await database.plainTransaction(async (query) => {
    const [done] = await query<{ sums: string; missed: number }>(callsText, [rowsOf(kept)])
    if (!done || done.missed > 0) throw missed()
    if (contents.length > 0) await query(contentsText, [`[${contents.join(',')}]`])
    await addToHours(query, done.sums)
  })
}

/** The rows as a JSON array. As bytes they go to the server as they are: the binary form of `json` is its text. */
function rowsOf(records: readonly RecordLine[]): Buffer {
  const list = Buffer.allocUnsafe(records.reduce((sum, { rowLength }) => sum + rowLength + 1, 1))
  list.write('[')
  let at = 1
  for (const record of records) {
    record.copyRow(list, at)
    at += record.rowLength
    list[at++] = comma
  }
  list.write(']', at - 1)
  return list
}

const comma = 0x2c

/** An end counts for more than an opening, and any end for more than that of somebody who found the call without one. */
const weights = { open: 0, unknown: 1, ended: 2 } as const

/** Of the state of a transaction that comes too late (40001, serialization_failure), so that it is run again. */
const missed = (): Error =>
  Object.assign(new Error('Another gateway has written one of these calls at the same moment.'), {
    code: '40001',
  })
