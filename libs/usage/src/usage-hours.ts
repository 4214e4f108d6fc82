import type { PlainQuery } from '@gatehouse/platform'

/** Stands for a call without a key in `UsageHour`. */
export const noKey = '00000000-0000-0000-0000-000000000000'

/** Columns of `Call` from which the sums are made. */
export const summedColumns = `"id", "createdAt", "principalId", "keyId", "provider", "model", "status", "inputTokens",
  "outputTokens", "cachedTokens", "reasoningTokens", "cost", "latencyMs"`

/**
 * SQL of one text: what some calls add to the sums, as a JSON array for `addToHours`.
 * @param changes a relation of `sign` (1 where a call comes in, -1 where it goes out) and `summedColumns`
 */
export const sumOf = (changes: string): string => `
  SELECT coalesce(json_agg(sums), '[]')::text FROM (
    SELECT date_trunc('hour', "createdAt", 'UTC') AS "hour", "principalId", coalesce("keyId", '${noKey}') AS "keyId",
      "provider", "model", sum(sign) AS "calls",
      coalesce(sum(sign) FILTER (WHERE "status" NOT IN ('success', 'aborted')), 0) AS "failed",
      coalesce(sum(sign) FILTER (WHERE "status" = 'aborted'), 0) AS "aborted",
      coalesce(sum(sign) FILTER (WHERE "cost" IS NULL), 0) AS "unpriced",
      sum(sign * "inputTokens") AS "inputTokens", sum(sign * "outputTokens") AS "outputTokens",
      sum(sign * "cachedTokens") AS "cachedTokens", sum(sign * "reasoningTokens") AS "reasoningTokens",
      coalesce(sum(sign * "cost"), 0) AS "cost", coalesce(sum(sign * "latencyMs"), 0) AS "latencyMs",
      coalesce(sum(sign) FILTER (WHERE "latencyMs" IS NOT NULL), 0) AS "timed"
    FROM ${changes} AS changes GROUP BY 1, 2, 3, 4, 5) AS sums`

const key = ['hour', 'principalId', 'keyId', 'provider', 'model']
const figures = [
  'calls',
  'failed',
  'aborted',
  'unpriced',
  'inputTokens',
  'outputTokens',
  'cachedTokens',
  'reasoningTokens',
  'cost',
  'latencyMs',
  'timed',
]
const quoted = (names: string[]) => names.map((name) => `"${name}"`).join(', ')

// In the order of the key: two gateways that write the same hours at once wait for each other, but never in a circle.
const addText = `
  INSERT INTO "UsageHour" (${quoted([...key, ...figures])})
  SELECT ${quoted([...key, ...figures])} FROM jsonb_to_recordset($1::jsonb) AS sums (
    "hour" timestamptz, "principalId" uuid, "keyId" uuid, "provider" text, "model" text, "calls" int, "failed" int,
    "aborted" int, "unpriced" int, "inputTokens" bigint, "outputTokens" bigint, "cachedTokens" bigint,
    "reasoningTokens" bigint, "cost" decimal(18, 10), "latencyMs" bigint, "timed" int)
  ORDER BY ${quoted(key)}
  ON CONFLICT (${quoted(key)}) DO UPDATE SET
    ${figures.map((name) => `"${name}" = "UsageHour"."${name}" + excluded."${name}"`).join(', ')}`

/**
 * Adds to the sums of the hours. It is called once in a transaction, as its last statement: the rows of an hour are what
 * all gateways write, so they are held shortly, and whoever holds them waits for nothing else.
 * @param sums what a statement with `sumOf` gave
 */
export async function addToHours(query: PlainQuery, sums: string): Promise<void> {
  if (sums !== '[]') await query(addText, [sums])
}
