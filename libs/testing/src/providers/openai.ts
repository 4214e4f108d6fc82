import { response, responseEvents, routeOther, textCompletion, typedEvent } from './openai-endpoints.js'
import { type Answer, type Dialect, type RecordedRequest, type StandIn, startStandIn } from './stand-in.js'

/** OpenAI's API, as much of it as programs use. https://platform.openai.com/docs/api-reference */
export function startOpenAi(): Promise<StandIn> {
  return startStandIn(openAiDialect)
}

/** Grok speaks OpenAI's shape. https://docs.x.ai/docs/api-reference */
export const startGrok = startOpenAi

/** Also the ground of Azure's. */
export const openAiDialect: Dialect = {
  route(request) {
    const { pathname } = new URL(request.path, 'http://stand-in')
    if (pathname.endsWith('/models') && request.method === 'GET') return { kind: 'json', body: modelList }
    if (pathname.endsWith('/embeddings') && request.method === 'POST') {
      return { kind: 'json', body: embeddings(request), model: modelOf(request) }
    }
    if (!/\/(completions|responses)$/.test(pathname) || request.method !== 'POST')
      return routeOther(request, pathname)
    return { kind: streams(request) ? 'stream' : 'complete', model: modelOf(request) }
  },
  hasCredential: ({ headers }) => /^Bearer \S+$/.test(headers.authorization ?? ''),

  complete(answer, request) {
    const kind = kindOf(request)
    if (kind === 'response') return response(answer, request)
    return kind === 'text' ? textCompletion(answer) : completion(answer)
  },

  streamType: 'text/event-stream; charset=utf-8',
  endPieces: 1,
  stream(answer, request) {
    const kind = kindOf(request)
    if (kind === 'response') return responseEvents(answer, request)
    return kind === 'text' ? textEvents(answer, request) : chatEvents(answer, request)
  },

  error: (status, message, code) => ({
    body: { error: { message, type: errorType(status), param: null, code: code ?? null } },
  }),
  errorPiece: (_status, message, request) =>
    kindOf(request) === 'response'
      ? typedEvent('error', { code: 'server_error', message, param: null, sequence_number: 9 })
      : event(JSON.stringify({ error: { message, type: 'server_error', param: null, code: null } })),
}

/** Which of the ways to answer a path has. */
function kindOf({ path }: RecordedRequest): 'chat' | 'text' | 'response' {
  if (/\/responses$/.test(path.split('?')[0] ?? '')) return 'response'
  return path.includes('/chat/completions') ? 'chat' : 'text'
}

/** https://platform.openai.com/docs/api-reference/chat/object */
function completion(answer: Answer) {
  const calls = answer.calls.map(({ id, name, arguments: given }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(given) },
  }))
  const message = {
    role: 'assistant',
    content: answer.text === '' && calls.length > 0 ? null : answer.text,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    refusal: null,
    annotations: [],
  }
  return {
    ...head(answer, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: answer.finish }],
    usage: usageOf(answer),
    service_tier: 'default',
  }
}

/** https://platform.openai.com/docs/api-reference/chat-streaming */
function chatEvents(answer: Answer, request: RecordedRequest): Buffer[] {
  const same = head(answer, 'chat.completion.chunk')
  const piece = (delta: object, finish: string | null) => ({
    ...same,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  })
  const chunks: object[] = [
    piece({ role: 'assistant', content: '', refusal: null }, null),
    ...wordsOf(answer.text).map((word) => piece({ content: word }, null)),
    ...callDeltas(answer).map((call) => piece({ tool_calls: [call] }, null)),
    piece({}, answer.finish),
  ]
  if (asksForUsage(request)) chunks.push({ ...same, choices: [], usage: usageOf(answer) })
  return [...chunks.map((chunk) => event(JSON.stringify(chunk))), event('[DONE]')]
}

/** The calls begin one after the other; their arguments come in pieces that end anywhere, in turn. */
function callDeltas({ calls }: Answer): object[] {
  const begun = calls.map(({ id, name }, index) => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: '' },
  }))
  const pieces = calls.map(({ arguments: given }) => JSON.stringify(given).match(/.{1,5}/gsu) ?? [])
  const longest = Math.max(0, ...pieces.map(({ length }) => length))
  const rest = Array.from({ length: longest }, (_, turn) =>
    pieces.flatMap((list, index) =>
      list[turn] === undefined ? [] : [{ index, function: { arguments: list[turn] } }],
    ),
  )
  return [...begun, ...rest.flat()]
}

/** https://platform.openai.com/docs/api-reference/completions/object: pieces are of the same shape. */
function textEvents(answer: Answer, request: RecordedRequest): Buffer[] {
  const { usage, ...same } = textCompletion(answer)
  const piece = (text: string, finish: string | null) => ({
    ...same,
    choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
  })
  const chunks: object[] = [
    ...wordsOf(answer.text).map((word) => piece(word, null)),
    piece('', answer.finish),
    ...(asksForUsage(request) ? [{ ...same, choices: [], usage }] : []),
  ]
  return [...chunks.map((chunk) => event(JSON.stringify(chunk))), event('[DONE]')]
}

/** The text in pieces, a word each. */
export function wordsOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? []
}

/** One event of a stream. */
export function event(data: string): Buffer {
  return Buffer.from(`data: ${data}\n\n`)
}

const modelList = {
  object: 'list',
  data: [
    { id: 'gpt-test', object: 'model', created: 1_700_000_000, owned_by: 'openai' },
    { id: 'slow', object: 'model', created: 1_700_000_000, owned_by: 'openai' },
  ],
}

/** https://platform.openai.com/docs/api-reference/embeddings/object */
function embeddings(request: RecordedRequest) {
  const vector = [0.25, -0.5]
  const bytes = Buffer.from(Float32Array.from(vector).buffer)
  const texts = [field(request, 'input')].flat()
  return {
    object: 'list',
    data: texts.map((_, index) => ({
      object: 'embedding',
      index,
      embedding: field(request, 'encoding_format') === 'base64' ? bytes.toString('base64') : vector,
    })),
    model: modelOf(request),
    usage: { prompt_tokens: 2, total_tokens: 2 },
  }
}

function head({ model }: Answer, object: string) {
  return { id: 'chatcmpl-stand-in', object, created: 1_700_000_000, model, system_fingerprint: 'fp_stand_in' }
}

function usageOf({ usage }: Answer) {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached ?? 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0, audio_tokens: 0 },
  }
}

function errorType(status: number): string {
  if (status === 429) return 'requests'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

function field(request: RecordedRequest, name: string): unknown {
  const { json } = request
  return typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined
}

function streams(request: RecordedRequest): boolean {
  return field(request, 'stream') === true
}

function modelOf(request: RecordedRequest): string {
  return String(field(request, 'model'))
}

function asksForUsage(request: RecordedRequest): boolean {
  const options = field(request, 'stream_options')
  return typeof options === 'object' && options !== null && Reflect.get(options, 'include_usage') === true
}
