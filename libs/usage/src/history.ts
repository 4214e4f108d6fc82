import {
  AppError,
  CallTry,
  type HistoryDetail,
  type HistoryItem,
  type HistoryQuery,
  type HistoryStats,
  type List,
  toList,
} from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { z } from 'zod'
import { keptMessages, shortened } from './kept.js'
import { beginningOfContent } from './kept-content.js'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A call without the name of its key, which the accounts have. */
export type RecordedCall = Omit<HistoryItem, 'key'>
/** The same with what was said. */
export type RecordedDetail = Omit<HistoryDetail, 'key'>

/**
 * A page of a principal's calls. The owner stands in the query itself; calls that still run are not shown.
 * @param keyId those alone that came by this API key
 */
export async function listCalls(
  database: Database,
  principalId: string,
  query: HistoryQuery,
  keyId?: string,
): Promise<List<RecordedCall>> {
  if (query.after !== undefined && !uuid.test(query.after)) return toList<RecordedCall>([], query.limit)
  const isNarrow = query.provider || query.model || query.status === 'error' || query.status === 'aborted'
  const span = isNarrow ? await spanOf(database, principalId, query) : []
  if (span === null) return toList<RecordedCall>([], query.limit)
  const rows = await database.client.call.findMany({
    where: {
      principalId,
      deletedAt: null,
      status: query.status === undefined ? { not: 'open' } : { in: stored(query.status) },
      ...(query.provider ? { provider: query.provider } : {}),
      ...(query.model ? { model: query.model } : {}),
      ...(query.request_id ? { requestId: query.request_id } : {}),
      ...(query.endpoint ? { endpoint: query.endpoint } : {}),
      AND: [
        ...[keyId, query.key_id].flatMap((id) => (id === undefined ? [] : [{ keyId: id }])),
        ...(query.after ? [{ id: query.order === 'desc' ? { lt: query.after } : { gt: query.after } }] : []),
        ...(query.from === undefined ? [] : begunFrom(new Date(query.from))),
        ...(query.to === undefined ? [] : begunBefore(new Date(query.to))),
        ...span,
      ],
    },
    orderBy: { id: query.order },
    take: query.limit + 1,
  })
  return toList(rows.map(item), query.limit)
}

/**
 * Ids are ordered by time and the owner's calls are found in their order: a range of ids spares reading what lies outside.
 * The time of an id is told by the same clock a moment before that of the row.
 */
const begunFrom = (time: Date) => [
  { createdAt: { gte: time } },
  { id: { gte: idAt(time.getTime() - idSlackMs) } },
]
const begunBefore = (time: Date) => [
  { createdAt: { lt: time } },
  { id: { lt: idAt(time.getTime() + idSlackMs) } },
]
const idSlackMs = 60_000

/**
 * Between which hours there are calls of a provider, a model or an outcome, as the sums say, which are changed together with the
 * calls. Whoever asks for what they use seldom would else have all of their calls read.
 * @returns null where there are none
 */
async function spanOf({ client }: Database, principalId: string, { provider, model, status }: HistoryQuery) {
  const { _min: first, _max: last } = await client.usageHour.aggregate({
    where: {
      principalId,
      ...(provider ? { provider } : {}),
      ...(model ? { model } : {}),
      ...(status === 'error' ? { failed: { gt: 0 } } : {}),
      ...(status === 'aborted' ? { aborted: { gt: 0 } } : {}),
    },
    _min: { hour: true },
    _max: { hour: true },
  })
  if (first.hour === null || last.hour === null) return null
  return [...begunFrom(first.hour), ...begunBefore(new Date(last.hour.getTime() + hourMs))]
}
const hourMs = 3_600_000

/** The least id of a millisecond (RFC 9562 section 5.7). */
function idAt(milliseconds: number): string {
  const hex = Math.max(0, milliseconds).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`
}

const stored = (status: 'success' | 'error' | 'aborted') =>
  status === 'error' ? ['error', 'unknown'] : [status]

/**
 * One call of a principal with what was said; null where it is not there, not theirs, or not at its end yet.
 * @param options `keyId`: only where it came by this API key; `full`: all of what was said, however long
 * @throws AppError `not_found` for one that its owner has removed
 */
export async function findCall(
  database: Database,
  principalId: string,
  id: string,
  { keyId, full = false }: { keyId?: string | undefined; full?: boolean } = {},
): Promise<RecordedDetail | null> {
  if (!uuid.test(id)) return null
  const row = await database.client.call.findFirst({
    where: { id, principalId, status: { not: 'open' }, ...(keyId === undefined ? {} : { keyId }) },
  })
  if (!row) return null
  if (row.deletedAt) throw new AppError('not_found')
  const kept = full
    ? await database.client.callContent.findUnique({ where: { callId: id } })
    : await beginningOfContent(database, id)
  const parameters = z.record(z.string(), z.unknown()).safeParse(kept?.parameters)
  const said = {
    prompt: keptMessages(kept?.prompt),
    response: kept?.response ?? null,
    parameters: parameters.success ? parameters.data : null,
  }
  const tries = z.array(CallTry).safeParse(row.tries)
  return {
    ...item(row),
    ...(full ? { ...said, truncated: false } : shortened(said)),
    tries: tries.success ? tries.data : null,
  }
}

/**
 * Takes a call out of its owner's history: what was said is deleted, the figures stay in the sums.
 * @returns null where it is not there, not theirs, or not at its end yet
 * @throws AppError `not_found` for one that its owner has removed
 */
export async function removeCall(database: Database, principalId: string, id: string): Promise<true | null> {
  if (!uuid.test(id)) return null
  return database.transaction(async (transaction) => {
    const own = { id, principalId, status: { not: 'open' } }
    const { count } = await transaction.call.updateMany({
      where: { ...own, deletedAt: null },
      data: { deletedAt: new Date() },
    })
    if (count === 0) {
      if ((await transaction.call.count({ where: own })) > 0) throw new AppError('not_found')
      return null
    }
    await transaction.callContent.deleteMany({ where: { callId: id } })
    return true
  })
}

interface Sums {
  total_calls: number
  failed_calls: number
  aborted_calls: number
  total_tokens: number
  total_cost: string
}

/**
 * Sums of a principal's calls, whole and by day (UTC), model and provider. Calls that still run are not counted. A call
 * that its caller broke off is neither a success nor a failure.
 */
export async function callStats(database: Database, principalId: string): Promise<HistoryStats> {
  const rows = await database.client.$queryRaw<
    ({ day: string | null; provider: string | null; model: string | null } & Sums)[]
  >`
    SELECT to_char("day", 'YYYY-MM-DD') AS "day", "provider", "model", sum("calls")::int AS total_calls,
      sum("failed")::int AS failed_calls, sum("aborted")::int AS aborted_calls, sum("tokens")::float8 AS total_tokens,
      sum("cost")::decimal(28, 10)::text AS total_cost
    FROM (
      SELECT date_trunc('day', "hour" AT TIME ZONE 'UTC') AS "day", "provider", "model", "calls", "failed", "aborted",
        "inputTokens" + "outputTokens" AS "tokens", "cost"
      FROM "UsageHour" WHERE "principalId" = ${principalId}::uuid
    ) AS own
    GROUP BY GROUPING SETS ((), ("day"), ("provider", "model"), ("provider")) HAVING sum("calls") > 0
    ORDER BY "day", total_calls DESC`
  const sums = ({ total_calls, failed_calls, aborted_calls, total_tokens, total_cost }: Sums): Sums => ({
    total_calls,
    failed_calls,
    aborted_calls,
    total_tokens,
    total_cost,
  })
  const all = rows.find((row) => row.day === null && row.provider === null)
  const none = {
    total_calls: 0,
    failed_calls: 0,
    aborted_calls: 0,
    total_tokens: 0,
    total_cost: '0.0000000000',
  }
  const ended = all ? all.total_calls - all.aborted_calls : 0
  return {
    ...(all ? sums(all) : none),
    success_rate: all && ended > 0 ? (ended - all.failed_calls) / ended : null,
    by_day: rows.flatMap((row) => (row.day === null ? [] : [{ day: row.day, ...sums(row) }])),
    by_model: rows.flatMap((row) =>
      row.provider === null || row.model === null
        ? []
        : [{ provider: row.provider, model: row.model, ...sums(row) }],
    ),
    by_provider: rows.flatMap((row) =>
      row.provider === null || row.model !== null ? [] : [{ provider: row.provider, ...sums(row) }],
    ),
  }
}

type Row = NonNullable<Awaited<ReturnType<Database['client']['call']['findFirst']>>>

function item(row: Row): RecordedCall {
  return {
    id: row.id,
    created_at: row.createdAt.toISOString(),
    provider: row.provider,
    connection: row.connection,
    asked_model: row.askedModel,
    model: row.model,
    endpoint: row.endpoint,
    streamed: row.streamed,
    status: row.status === 'success' ? 'success' : row.status === 'aborted' ? 'aborted' : 'error',
    finish_reason: row.finishReason,
    usage: {
      input_tokens: row.inputTokens,
      output_tokens: row.outputTokens,
      cached_tokens: row.cachedTokens,
      reasoning_tokens: row.reasoningTokens,
      total_tokens: row.inputTokens + row.outputTokens,
      estimated: row.estimated,
    },
    cost_usd: row.cost === null ? null : row.cost.toNumber(),
    latency_ms: row.latencyMs,
    first_byte_ms: row.firstByteMs,
    attempts: row.attempts,
    error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
    principal: { type: row.principalKind === 'service' ? 'service_account' : 'user', id: row.principalId },
    key_id: row.keyId,
    request_id: row.requestId,
  }
}
