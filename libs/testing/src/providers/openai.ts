import { type Answer, type Dialect, type RecordedRequest, type StandIn, startStandIn } from './stand-in.js'

/** OpenAI's API: chat completions and the list of models. https://platform.openai.com/docs/api-reference/chat */
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
    if (!pathname.endsWith('/chat/completions') || request.method !== 'POST') return undefined
    return { kind: streams(request) ? 'stream' : 'complete', model: modelOf(request) }
  },
  hasCredential: ({ headers }) => /^Bearer \S+$/.test(headers.authorization ?? ''),

  complete: (answer) => ({
    ...head(answer, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: answer.text, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: answer.finish,
      },
    ],
    usage: usageOf(answer),
    service_tier: 'default',
  }),

  streamType: 'text/event-stream; charset=utf-8',
  endPieces: 1,
  stream(answer, request) {
    const same = head(answer, 'chat.completion.chunk')
    const piece = (delta: object, finish: string | null) => ({
      ...same,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    })
    const chunks: object[] = [
      piece({ role: 'assistant', content: '', refusal: null }, null),
      ...wordsOf(answer.text).map((word) => piece({ content: word }, null)),
      piece({}, answer.finish),
    ]
    if (asksForUsage(request)) chunks.push({ ...same, choices: [], usage: usageOf(answer) })
    return [...chunks.map((chunk) => event(JSON.stringify(chunk))), event('[DONE]')]
  },

  error: (status, message, code) => ({
    body: { error: { message, type: errorType(status), param: null, code: code ?? null } },
  }),
  errorPiece: (_status, message) =>
    event(JSON.stringify({ error: { message, type: 'server_error', param: null, code: null } })),
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
