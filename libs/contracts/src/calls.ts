import { z } from 'zod'
import { Count, Id, listOf, numberFrom, page, Stop, Timestamp, text } from './primitives.js'

/** A text message of a conversation; images and tools come with the OpenAI-compatible routes. */
export const Message = z
  .strictObject({
    role: z.enum(['system', 'developer', 'user', 'assistant']),
    content: text().min(1),
  })
  .meta({ id: 'Message' })
export type Message = z.infer<typeof Message>

/** `POST /api/v1/llm/call`. What is not given is not sent. */
export const CallBody = z
  .strictObject({
    provider: text('unsupported_provider')
      .max(100, { error: 'unsupported_provider' })
      .meta({ examples: ['google'] }),
    model: text()
      .min(1)
      .max(300)
      .optional()
      .meta({ description: 'May be left out where the provider has a default model' }),
    prompt: text().min(1).optional().meta({ description: 'One user message; this or `messages`' }),
    messages: z.array(Message).min(1).max(10_000).optional(),
    system: text().min(1).optional(),
    temperature: numberFrom(0, 2).optional(),
    max_tokens: z.int({ error: 'must be a whole number of at least 1' }).min(1).optional(),
    top_p: numberFrom(0, 1).optional(),
    stop: Stop.optional(),
    stream: z.boolean().default(false),
    preset_id: Id.optional(),
  })
  .refine((body) => (body.prompt === undefined) !== (body.messages === undefined), {
    path: ['prompt'],
    error: 'Give either "prompt" or "messages".',
  })
  .meta({ id: 'CallBody', examples: [{ provider: 'demo', model: 'echo', prompt: 'Say hello' }] })
export type CallBody = z.infer<typeof CallBody>

/** Answer of `POST /api/v1/llm/call`; the last event of a stream is the same without `response`. */
export const CallResult = z
  .object({
    id: Id,
    provider: z.string(),
    model: z.string(),
    response: z.string(),
    finish_reason: z.string().nullable(),
    usage: z.object({ input_tokens: Count, output_tokens: Count, total_tokens: Count }),
    cost_usd: z.number().nullable().meta({ description: 'null where no price is known' }),
    latency_ms: Count,
    history_id: Id,
  })
  .meta({
    id: 'CallResult',
    examples: [
      {
        id: '019a3f6c-2d41-7b8e-9c05-6f1e2a7d4b30',
        provider: 'demo',
        model: 'echo',
        response: 'You wrote: Say hello',
        finish_reason: 'stop',
        usage: { input_tokens: 2, output_tokens: 4, total_tokens: 6 },
        cost_usd: 0,
        latency_ms: 3,
        history_id: '019a3f6c-2d41-7b8e-9c05-6f1e2a7d4b30',
      },
    ],
  })
export type CallResult = z.infer<typeof CallResult>

/** How a call ended, as its owner sees it. */
export const CallStatus = z.enum(['success', 'error', 'aborted'])
export type CallStatus = z.infer<typeof CallStatus>

/** `GET /api/v1/history`. */
export const HistoryQuery = z.strictObject({
  provider: text().min(1).max(100).optional().meta({ description: 'id of a provider, or an alias of one' }),
  model: text().min(1).max(300).optional().meta({ description: 'as the provider names it' }),
  status: CallStatus.optional().meta({ description: 'how the call ended' }),
  request_id: text().min(1).max(200).optional().meta({ description: '`x-request-id` of the call' }),
  ...page,
})
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
      input_tokens: Count,
      output_tokens: Count,
      cached_tokens: Count,
      reasoning_tokens: Count,
      total_tokens: Count,
      estimated: z.boolean().meta({ description: 'true where the provider told no figures and we counted' }),
    }),
    cost_usd: z.number().nullable(),
    latency_ms: Count.nullable(),
    first_byte_ms: Count.nullable(),
    attempts: Count,
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    principal: z.object({ type: z.enum(['user', 'service_account']), id: Id }),
    key_id: Id.nullable(),
    request_id: z.string(),
  })
  .meta({ id: 'HistoryItem' })
export type HistoryItem = z.infer<typeof HistoryItem>
/** A page of the history. */
export const HistoryList = listOf(HistoryItem).meta({ id: 'HistoryList' })

/** A single call, with what was said where content is kept. */
export const HistoryDetail = HistoryItem.extend({
  prompt: z.array(Message).nullable(),
  response: z.string().nullable(),
  parameters: z.record(z.string(), z.unknown()).nullable(),
}).meta({ id: 'HistoryDetail' })
export type HistoryDetail = z.infer<typeof HistoryDetail>

const figures = {
  total_calls: Count,
  failed_calls: Count.meta({ description: 'without those that the caller aborted' }),
  aborted_calls: Count,
  total_tokens: Count,
  total_cost: z
    .string()
    .meta({ description: 'US dollars as a decimal string; unpriced calls count as 0 here' }),
}

/** `GET /api/v1/history/stats`. */
export const HistoryStats = z
  .object({
    ...figures,
    success_rate: z
      .number()
      .nullable()
      .meta({ description: '0 to 1, of the calls that were not aborted; null before the first one' }),
    by_day: z.array(z.object({ day: z.iso.date().meta({ examples: ['2026-01-15'] }), ...figures })),
    by_model: z.array(z.object({ provider: z.string(), model: z.string(), ...figures })),
    by_provider: z.array(z.object({ provider: z.string(), ...figures })),
  })
  .meta({ id: 'HistoryStats' })
export type HistoryStats = z.infer<typeof HistoryStats>
