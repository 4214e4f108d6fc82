import { z } from 'zod'
import { Count, Id, IdFilter, listOf, Moment, numberFrom, page, Stop, Timestamp, text } from './primitives.js'

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
  key_id: IdFilter.optional().meta({ description: 'the calls that came by this API key' }),
  endpoint: text().min(1).max(200).optional().meta({ description: 'route that was called' }),
  from: Moment.optional().meta({ description: 'begun at this time or later' }),
  to: Moment.optional().meta({ description: 'begun before this time' }),
  ...page,
})
export type HistoryQuery = z.infer<typeof HistoryQuery>

/** One call in the history. */
export const HistoryItem = z
  .object({
    id: Id,
    created_at: Timestamp,
    provider: z.string(),
    connection: z.string().meta({ description: 'of the provider, by which it was asked last' }),
    asked_model: z.string().meta({ description: 'as the caller named it' }),
    model: z.string(),
    endpoint: z.string(),
    streamed: z.boolean(),
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
    attempts: Count.meta({ description: 'how often a provider was asked; 0 where none was' }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    principal: z.object({ type: z.enum(['user', 'service_account']), id: Id }),
    key_id: Id.nullable(),
    key: z
      .object({ id: Id, name: z.string(), prefix: z.string() })
      .nullable()
      .meta({ description: 'the API key it came by, as long as its owner has it' }),
    request_id: z.string(),
  })
  .meta({ id: 'HistoryItem' })
export type HistoryItem = z.infer<typeof HistoryItem>
/** A page of the history. */
export const HistoryList = listOf(HistoryItem).meta({ id: 'HistoryList' })

/** A piece of a message that is no plain text, in OpenAI's shape. */
export const ContentPart = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({
      type: z.literal('image_url'),
      image_url: z.object({ url: z.string(), detail: z.string().optional() }),
    }),
  ])
  .meta({
    id: 'ContentPart',
    description: 'text, or an image as a data URL or by its address; hostile until shown to be harmless',
  })
export type ContentPart = z.infer<typeof ContentPart>

/** A message as the history keeps it: what a provider was sent, of any shape of ours. */
export const KeptMessage = z
  .object({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
    content: z.union([z.string(), z.array(ContentPart)]),
  })
  .meta({ id: 'KeptMessage' })
export type KeptMessage = z.infer<typeof KeptMessage>

/** One ask of a provider. */
export const CallTry = z
  .object({
    provider: z.string(),
    connection: z.string(),
    model: z.string(),
    status: z.int().min(100).max(599).nullable().meta({
      description: 'HTTP status that stands for its end, 200 for an answer; null where the caller left',
    }),
    error_code: z.string().nullable().meta({ description: 'null where it answered' }),
    started_ms: Count.meta({ description: 'milliseconds since the call began' }),
    duration_ms: Count,
  })
  .meta({ id: 'CallTry' })
export type CallTry = z.infer<typeof CallTry>

/** `GET /api/v1/history/{id}`. */
export const HistoryDetailQuery = z.strictObject({
  full: z.enum(['true', 'false']).default('false').meta({
    description:
      'true: all of what was said, however long; else 65,536 characters of the prompt, and as many of the answer',
  }),
})
export type HistoryDetailQuery = z.infer<typeof HistoryDetailQuery>

/** A single call, with what was said where content is kept. */
export const HistoryDetail = HistoryItem.extend({
  prompt: z.array(KeptMessage).nullable(),
  response: z.string().nullable(),
  parameters: z.record(z.string(), z.unknown()).nullable(),
  truncated: z.boolean().meta({ description: 'more was said than stands here: `full=true` gives all of it' }),
  tries: z.array(CallTry).nullable().meta({
    description: 'every ask of a provider in its order, the first 20; null where that is not known',
  }),
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
