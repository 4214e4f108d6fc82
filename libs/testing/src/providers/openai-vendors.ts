import { openAiDialect } from './openai.js'
import { type Dialect, type StandIn, startStandIn } from './stand-in.js'

/** A vendor of OpenAI's shape: where it has its paths, and what it takes and gives otherwise. */
export interface OpenAiVendor {
  /** As in the registry. */
  id: string
  start: () => Promise<StandIn>
  /** What stands before `/chat/completions`. */
  base: string
  /** Variables that turn it on, against a stand-in at this address. */
  values: (url: string) => Record<string, unknown>
  secret: string
  /** The role under which it takes a developer's message. */
  developer: 'developer' | 'system'
  /** False: it refuses `stream_options`, and counts unasked. */
  streamOptions: boolean
  /** False: it has no list of models. */
  lists: boolean
}

type Form = Partial<Pick<OpenAiVendor, 'start' | 'developer' | 'streamOptions' | 'lists'>>

function vendor(id: string, prefix: string, base: string, form: Form = {}): OpenAiVendor {
  const secret = `${id}-key-0123456789abcdef`
  return {
    id,
    start: () => startStandIn(openAiDialect),
    base,
    values: (url) => ({ [`${prefix}_API_KEY`]: secret, [`${prefix}_BASE_URL`]: url + base }),
    secret,
    developer: 'developer',
    streamOptions: true,
    lists: true,
    ...form,
  }
}

/** The vendors whose API is OpenAI's chat completions, but for what stands here. Each page is named in its provider. */
export const openAiVendors: readonly OpenAiVendor[] = [
  vendor('groq', 'GROQ', '/openai/v1'),
  vendor('mistral', 'MISTRAL', '/v1', { start: startMistral, developer: 'system', streamOptions: false }),
  vendor('deepseek', 'DEEPSEEK', '', { developer: 'system' }),
  vendor('openrouter', 'OPENROUTER', '/api/v1'),
  vendor('together', 'TOGETHER', '/v1', { start: startTogether, developer: 'system' }),
  vendor('fireworks', 'FIREWORKS', '/inference/v1'),
  vendor('perplexity', 'PERPLEXITY', '', {
    start: startPerplexity,
    developer: 'system',
    streamOptions: false,
    lists: false,
  }),
  vendor('cohere', 'COHERE', '/compatibility/v1', { start: startCohere, streamOptions: false }),
  vendor('cerebras', 'CEREBRAS', '/v1', { developer: 'system' }),
  vendor('nvidia', 'NVIDIA', '/v1', { start: startNvidia, developer: 'system' }),
  vendor('moonshot', 'MOONSHOT', '/v1', { developer: 'system' }),
  vendor('ollama', 'OLLAMA', '/v1', { start: startOllama, developer: 'system' }),
  vendor('custom', 'OPENAI_COMPATIBLE', '/v1', { start: startKeyless }),
]

/** Its errors are a checker's findings; the last piece of every stream has the usage. https://docs.mistral.ai/api */
function startMistral(): Promise<StandIn> {
  return startStandIn({
    ...openAiDialect,
    stream: (answer, request) => countedStream(answer, request, 'last'),
    error: (_status, message) => ({
      body: { object: 'error', message: { detail: [{ type: 'x', loc: ['body'], msg: message }] } },
    }),
  })
}

/** Its list is a bare array. https://docs.together.ai/reference/models */
function startTogether(): Promise<StandIn> {
  return startStandIn({ ...openAiDialect, route: withList([{ id: 'm/1', organization: 'M' }]) })
}

/** Every piece has the usage so far, and nothing marks the end. https://docs.perplexity.ai/api-reference */
function startPerplexity(): Promise<StandIn> {
  return startStandIn({
    ...openAiDialect,
    route: (request) => (request.method === 'POST' ? openAiDialect.route(request) : undefined),
    stream: (answer, request) => countedStream(answer, request, 'every').slice(0, -1),
  })
}

/** Its errors are a sentence; its list is that of its own API. https://docs.cohere.com/reference/list-models */
function startCohere(): Promise<StandIn> {
  return startStandIn({
    ...openAiDialect,
    route: withList({ models: [{ name: 'command-test', context_length: 256_000 }] }),
    stream: (answer, request) => countedStream(answer, request, 'last'),
    error: (_status, message) => ({ body: { id: 'stand-in', message } }),
  })
}

/** https://docs.api.nvidia.com/nim/reference/llm-apis */
function startNvidia(): Promise<StandIn> {
  return startStandIn({
    ...openAiDialect,
    error: (status, message) => ({ body: { status, title: 'Refused', detail: message } }),
  })
}

/** Ollama asks nobody who he is, and has an API of its own beside. https://docs.ollama.com/api */
export function startOllama(): Promise<StandIn> {
  const shown = {
    capabilities: ['completion', 'vision'],
    model_info: { 'general.architecture': 'test', 'test.context_length': 8_192 },
  }
  return startStandIn({
    ...openAiDialect,
    hasCredential: () => true,
    route(request) {
      if (request.path === '/api/version') return { kind: 'json', body: { version: '0.40.12' } }
      if (request.path === '/api/show') return { kind: 'json', body: shown }
      return openAiDialect.route(request)
    },
  })
}

/** A server that asks for no key, as vLLM or llama.cpp. */
function startKeyless(): Promise<StandIn> {
  return startStandIn({ ...openAiDialect, hasCredential: () => true })
}

function withList(body: unknown): Dialect['route'] {
  return (request) =>
    request.method === 'GET' && request.path.split('?')[0]?.endsWith('/models')
      ? { kind: 'json', body }
      : openAiDialect.route(request)
}

/** OpenAI's stream, whose usage stands in its pieces in place of one of its own; asked for or not. */
function countedStream(
  answer: Parameters<Dialect['stream']>[0],
  request: Parameters<Dialect['stream']>[1],
  where: 'last' | 'every',
): Buffer[] {
  const asking = {
    ...request,
    json: { ...(request.json as object), stream_options: { include_usage: true } },
  }
  const pieces = openAiDialect.stream(answer, asking)
  const [usage, done] = pieces.splice(-2)
  const { usage: counted } = parse(usage)
  const marked = pieces.map((piece, index) =>
    where === 'every' || index === pieces.length - 1
      ? Buffer.from(`data: ${JSON.stringify({ ...parse(piece), usage: counted })}\n\n`)
      : piece,
  )
  return [...marked, ...(done ? [done] : [])]
}

function parse(piece: Buffer | undefined): { usage?: unknown } {
  return JSON.parse(piece?.toString().replace(/^data: /, '') ?? '{}')
}
