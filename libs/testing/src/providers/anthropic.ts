import type { StandInThought } from './behaviour.js'
import { wordsOf } from './openai.js'
import { type Answer, type Dialect, type RecordedRequest, type StandIn, startStandIn } from './stand-in.js'

/** The kinds of errors by status: https://platform.claude.com/docs/en/api/errors */
const errorTypes: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

const stopReasons = {
  stop: 'end_turn',
  length: 'max_tokens',
  content_filter: 'refusal',
  tool_calls: 'tool_use',
}

/**
 * Anthropic's Messages API, in the versions of 2023 and 2026, and its count of tokens. It refuses what the API's pages say it refuses of a
 * request. https://platform.claude.com/docs/en/api/messages/create
 */
export function startAnthropic(): Promise<StandIn> {
  return startStandIn(anthropicDialect)
}

export const anthropicDialect: Dialect = {
  route(request) {
    const { pathname } = new URL(request.path, 'http://stand-in')
    if (pathname === '/v1/models' && request.method === 'GET') return { kind: 'json', body: modelList }
    if (pathname === '/v1/messages/count_tokens' && request.method === 'POST') {
      return { kind: 'json', body: { input_tokens: 14 } }
    }
    if (pathname !== '/v1/messages' || request.method !== 'POST') return undefined
    const { stream, model } = bodyOf(request)
    return { kind: stream === true ? 'stream' : 'complete', model: String(model) }
  },
  // By which servers that speak as Anthropic does know a caller; a bearer is for sign-in by OAuth.
  hasCredential: ({ headers }) => typeof headers['x-api-key'] === 'string' && headers['x-api-key'] !== '',
  findFault,

  complete: (answer) => ({
    ...message(answer),
    content: [
      ...answer.thoughts.map(toThought),
      ...(answer.text ? [{ type: 'text', text: answer.text, citations: null }] : []),
      ...answer.calls.map(({ id, name, arguments: input }) => ({
        type: 'tool_use',
        id,
        name,
        input,
        caller: { type: 'direct' },
      })),
    ],
    ...stop(answer),
    usage: { ...input(answer), ...output(answer) },
  }),

  streamType: 'text/event-stream; charset=utf-8',
  endPieces: 2,
  stream(answer) {
    const start = {
      ...message(answer),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
    }
    const blocks = [
      ...answer.thoughts.map(thoughtEvents),
      ...(answer.text ? [textEvents(answer.text)] : []),
      ...answer.calls.map(callEvents),
    ]
    return [
      Buffer.concat([
        event('message_start', { message: { ...start, usage: { ...input(answer), output_tokens: 2 } } }),
        event('ping', {}),
      ]),
      ...blocks.flatMap((block, index) => [
        event('content_block_start', { index, content_block: block.start }),
        ...block.deltas.map((delta) => event('content_block_delta', { index, delta })),
        event('content_block_stop', { index }),
      ]),
      event('message_delta', { delta: stop(answer), usage: { ...input(answer), ...output(answer) } }),
      event('message_stop', {}),
    ]
  },

  error: (status, text, code) => ({ body: errorBody(status, text, code) }),
  errorPiece: (status, text) => event('error', errorBody(status, text)),
}

/** https://platform.claude.com/docs/en/api/models/list */
const modelList = {
  data: [
    {
      type: 'model',
      id: 'claude-test',
      display_name: 'Claude Test',
      created_at: '2026-02-03T04:05:06Z',
      max_input_tokens: 1_000_000,
      max_tokens: 128_000,
      capabilities: { image_input: { supported: true }, pdf_input: { supported: false } },
    },
  ],
  first_id: 'claude-test',
  last_id: 'claude-test',
  has_more: false,
}

interface Block {
  start: object
  deltas: object[]
}

function textEvents(text: string): Block {
  const deltas = wordsOf(text).map((word) => ({ type: 'text_delta', text: word }))
  return { start: { type: 'text', text: '', citations: null }, deltas }
}

function thoughtEvents(thought: StandInThought): Block {
  if (thought.encrypted) return { start: toThought(thought), deltas: [] }
  const signed = { type: 'signature_delta', signature: thought.signature ?? '' }
  return {
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [...wordsOf(thought.text).map((word) => ({ type: 'thinking_delta', thinking: word })), signed],
  }
}

function callEvents({ id, name, arguments: given }: Answer['calls'][number]): Block {
  // In pieces that end anywhere; a call without arguments has one empty piece.
  const pieces =
    Object.keys(given).length > 0 ? ['', ...(JSON.stringify(given).match(/.{1,5}/gsu) ?? [])] : ['']
  return {
    start: { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } },
    deltas: pieces.map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
  }
}

function toThought({ text, signature = '', encrypted }: StandInThought) {
  return encrypted
    ? { type: 'redacted_thinking', data: encrypted }
    : { type: 'thinking', thinking: text, signature }
}

function message({ model }: Answer) {
  return { id: 'msg_stand_in', type: 'message', role: 'assistant', model, container: null, diagnostics: null }
}

function stop({ finish }: Answer) {
  const explanation = 'This request is against the policy of the stand-in.'
  return {
    stop_reason: stopReasons[finish],
    stop_sequence: null,
    stop_details: finish === 'content_filter' ? { type: 'refusal', category: null, explanation } : null,
  }
}

/** What was read from a cache is counted beside the input, not in it. */
function input({ usage: { input: tokens, cached = 0 } }: Answer) {
  return {
    input_tokens: tokens - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    service_tier: 'standard',
  }
}

function output({ usage: { output: tokens, reasoning = 0 } }: Answer) {
  return {
    output_tokens: tokens,
    output_tokens_details: { thinking_tokens: reasoning },
    server_tool_use: null,
  }
}

function event(type: string, fields: object): Buffer {
  return Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`)
}

function errorBody(status: number, text: string, code?: string) {
  const type = errorTypes[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  const details = code ? { details: { error_code: code } } : {}
  return { type: 'error', error: { type, message: text, ...details }, request_id: 'req_stand_in' }
}

type Fields = Record<string, unknown>

function bodyOf({ json }: RecordedRequest): Fields {
  return typeof json === 'object' && json !== null ? (json as Fields) : {}
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value : []
}

/** The rules of the API that a translation can break. */
function findFault(request: RecordedRequest): string | undefined {
  const body = bodyOf(request)
  const version = request.headers['anthropic-version']
  if (version !== '2023-06-01' && version !== '2026-10-21') return 'anthropic-version: header is required'
  if (!Number.isInteger(body.max_tokens)) return 'max_tokens: Field required'
  for (const name of ['temperature', 'top_p', 'top_k']) {
    if (name in body && version === '2026-10-21') return `${name}: Extra inputs are not permitted`
  }
  const messages = listOf(body.messages)
  const blocks = messages.flatMap(({ content }) => listOf(content))
  if (blocks.some(({ type, text }) => type === 'text' && text === '')) {
    return 'messages: text content blocks must be non-empty'
  }
  if (blocks.some(({ type }) => type === 'tool_use') && listOf(body.tools).length === 0) {
    return 'Requests which have `tool_use` or `tool_result` blocks in messages must define tools.'
  }
  return findThinkingFault(body) ?? findCallFault(messages)
}

function findThinkingFault({ thinking, max_tokens: limit }: Fields): string | undefined {
  const { type, budget_tokens: budget } = (thinking ?? {}) as Fields
  if (type !== 'enabled') return undefined
  if (Number(budget) < 1024) return 'thinking.budget_tokens: Input should be greater than or equal to 1024'
  return Number(budget) < Number(limit)
    ? undefined
    : '`max_tokens` must be greater than `thinking.budget_tokens`'
}

/** Each call is answered by the very next message, and nothing else is. */
function findCallFault(messages: Fields[]): string | undefined {
  for (const [index, { content }] of messages.entries()) {
    const called = listOf(content).flatMap(({ type, id }) => (type === 'tool_use' ? [id] : []))
    const answered = listOf(messages[index + 1]?.content).flatMap(({ type, tool_use_id: id }) =>
      type === 'tool_result' ? [id] : [],
    )
    if (called.some((id) => !/^[a-zA-Z0-9_-]+$/.test(String(id)))) {
      return `messages.${index}: tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`
    }
    const missing = called.find((id) => !answered.includes(id))
    if (missing !== undefined)
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks`
    const unasked = answered.find((id) => !called.includes(id))
    if (unasked !== undefined)
      return `messages.${index + 1}: unexpected \`tool_use_id\` found: ${String(unasked)}`
  }
  return undefined
}
