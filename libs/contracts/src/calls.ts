import { z } from 'zod'
import { Id, listOf, page, Timestamp } from './primitives.js'

/** A text message of a conversation; images and tools come with the OpenAI-compatible routes. */
export const Message = z
  .strictObject({
    role: z.enum(['system', 'developer', 'user', 'assistant']),
    content: z.string().min(1),
  })
  .meta({ id: 'Message' })
export type Message = z.infer<typeof Message>

/** `POST /api/v1/llm/call`. What is not given is not sent. */
export const CallBody = z
  .strictObject({
    provider: z
      .string({ error: 'unsupported_provider' })
      .max(100, { error: 'unsupported_provider' })
      .meta({ examples: ['google'] }),
    model: z
      .string()
      .min(1)
      .max(300)
      .optional()
      .meta({ description: 'May be left out where the provider has a default model' }),
    prompt: z.string().min(1).optional().meta({ description: 'One user message; this or `messages`' }),
    messages: z.array(Message).min(1).max(10_000).optional(),
    system: z.string().min(1).optional(),
    temperature: z.number().min(0).max(2).optional(),
    max_tokens: z.int().min(1).optional(),
    top_p: z.number().min(0).max(1).optional(),
    stop: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(4)]).optional(),
    stream: z.boolean().default(false),
    preset_id: Id.optional(),
  })
  .refine((body) => (body.prompt === undefined) !== (body.messages === undefined), {
    path: ['prompt'],
    error: 'give either prompt or messages',
  })
  .meta({ id: 'CallBody' })
export type CallBody = z.infer<typeof CallBody>

/** Answer of `POST /api/v1/llm/call`; the last event of a stream is the same without `response`. */
export const CallResult = z
  .object({
    id: Id,
    provider: z.string(),
    model: z.string(),
    response: z.string(),
    finish_reason: z.string().nullable(),
    usage: z.object({ input_tokens: z.int(), output_tokens: z.int(), total_tokens: z.int() }),
    cost_usd: z.number().nullable().meta({ description: 'null where no price is known' }),
    latency_ms: z.int(),
    history_id: Id,
  })
  .meta({ id: 'CallResult' })
export type CallResult = z.infer<typeof CallResult>

/** How a call ended, as its owner sees it. */
export const CallStatus = z.enum(['success', 'error', 'aborted'])
export type CallStatus = z.infer<typeof CallStatus>

/** `GET /api/v1/history`. */
export const HistoryQuery = z
  .strictObject({
    provider: z.string().min(1).max(100).optional(),
    model: z.string().min(1).max(300).optional(),
    status: CallStatus.optional(),
    request_id: z.string().min(1).max(200).optional(),
    ...page,
  })
  .meta({ id: 'HistoryQuery' })
export type HistoryQuery = z.infer<typeof HistoryQuery>

/** One call in the history. */
export const HistoryItem = z
  .object({
    id: Id,
    created_at: Timestamp,
    provider: z.string(),
    model: z.string(),
    endpoint: z.string(),
    status: CallStatus,
    finish_reason: z.string().nullable(),
    usage: z.object({
      input_tokens: z.int(),
      output_tokens: z.int(),
      cached_tokens: z.int(),
      reasoning_tokens: z.int(),
      total_tokens: z.int(),
      estimated: z.boolean().meta({ description: 'true where the provider told no figures and we counted' }),
    }),
    cost_usd: z.number().nullable(),
    latency_ms: z.int().nullable(),
    first_byte_ms: z.int().nullable(),
    attempts: z.int(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    principal: z.object({ type: z.enum(['user', 'service_account']), id: Id }),
    key_id: Id.nullable(),
    request_id: z.string(),
  })
  .meta({ id: 'HistoryItem' })
export type HistoryItem = z.infer<typeof HistoryItem>
export const HistoryList = listOf(HistoryItem).meta({ id: 'HistoryList' })

/** A single call, with what was said where content is kept. */
export const HistoryDetail = HistoryItem.extend({
  prompt: z.array(Message).nullable(),
  response: z.string().nullable(),
  parameters: z.record(z.string(), z.unknown()).nullable(),
}).meta({ id: 'HistoryDetail' })
export type HistoryDetail = z.infer<typeof HistoryDetail>

const figures = {
  total_calls: z.int(),
  failed_calls: z.int(),
  total_tokens: z.int(),
  total_cost: z
    .string()
    .meta({ description: 'US dollars as a decimal string; unpriced calls count as 0 here' }),
}

/** `GET /api/v1/history/stats`. */
export const HistoryStats = z
  .object({
    ...figures,
    success_rate: z.number().nullable().meta({ description: '0 to 1; null before the first call' }),
    by_day: z.array(z.object({ day: z.iso.date(), ...figures })),
    by_model: z.array(z.object({ provider: z.string(), model: z.string(), ...figures })),
    by_provider: z.array(z.object({ provider: z.string(), ...figures })),
  })
  .meta({ id: 'HistoryStats' })
export type HistoryStats = z.infer<typeof HistoryStats>
