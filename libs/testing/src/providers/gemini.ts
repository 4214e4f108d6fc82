import { wordsOf } from './openai.js'
import { type Answer, type Dialect, type RecordedRequest, type StandIn, startStandIn } from './stand-in.js'
import { tokensOf, vectorOf } from './vectors.js'

const path = /^\/v1(?:beta)?\/models\/([^/:]+):(generateContent|streamGenerateContent|batchEmbedContents)$/

/** Google's status names beside the HTTP status: https://ai.google.dev/gemini-api/docs/troubleshooting */
const statusNames: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
}

// A model that calls has come to its end.
const finishReasons = { stop: 'STOP', length: 'MAX_TOKENS', content_filter: 'SAFETY', tool_calls: 'STOP' }

/** The Gemini API with an API key. https://ai.google.dev/api/generate-content */
export function startGemini(): Promise<StandIn> {
  return startStandIn(geminiDialect)
}

/** The Gemini API, whose answers Vertex AI has too. */
export const geminiDialect: Dialect = {
  route(request) {
    const { pathname, searchParams } = new URL(request.path, 'http://stand-in')
    if (pathname === '/v1beta/models' && request.method === 'GET') return { kind: 'json', body: modelList }
    const [, model, method] = path.exec(pathname) ?? []
    if (!model || request.method !== 'POST') return undefined
    if (method === 'batchEmbedContents') return embed(decodeURIComponent(model), request)
    if (method === 'generateContent') return { kind: 'complete', model: decodeURIComponent(model) }
    return searchParams.get('alt') === 'sse'
      ? { kind: 'stream', model: decodeURIComponent(model) }
      : undefined
  },
  hasCredential: ({ headers }) => typeof headers['x-goog-api-key'] === 'string',
  findFault,

  complete: (answer) =>
    response(answer, [...thoughtParts(answer), ...wordParts(answer, 1), ...callParts(answer)], true),

  streamType: 'text/event-stream',
  endPieces: 1,
  stream(answer) {
    // The last piece carries what is left to say and the finish reason; there is no other mark of the end.
    const parts = [...thoughtParts(answer), ...wordParts(answer), ...callParts(answer)]
    const pieces = parts.length > 0 ? parts.map((part) => [part]) : [[]]
    return pieces.map((piece, index) => event(response(answer, piece, index === pieces.length - 1)))
  },

  error: (status, message, code) => ({ body: errorBody(status, message, code) }),
  errorPiece: (status, message) => event(errorBody(status, message)),
}

/** https://ai.google.dev/api/embeddings#method:-models.batchembedcontents: newer models alone tell their tokens. */
function embed(model: string, { json }: RecordedRequest) {
  const requests = listOf((json as Fields).requests)
  const texts = requests.map(({ content }) => {
    const [part] = listOf((content as Fields).parts)
    return String(part?.text)
  })
  const isWrong = requests.length > 100 || requests.some((one) => one.model !== `models/${model}`)
  return {
    kind: 'json' as const,
    fault: isWrong
      ? 'BatchEmbedContentsRequest.requests: at most 100 requests, each of the same model'
      : undefined,
    body: {
      embeddings: requests.map(({ outputDimensionality }, index) => ({
        values: vectorOf(texts[index] ?? '', Number(outputDimensionality ?? 3)),
      })),
      ...(model.includes('embedding-2') ? { usageMetadata: { promptTokenCount: tokensOf(texts) } } : {}),
    },
  }
}

/** https://ai.google.dev/api/models#Model */
const modelList = {
  models: [
    listed('models/gemini-test', 'generateContent', 'countTokens'),
    listed('models/embedding-test', 'embedContent'),
    listed('models/picture-test', 'predict'),
  ],
}

function listed(name: string, ...methods: string[]) {
  return { name, inputTokenLimit: 1_048_576, outputTokenLimit: 65_536, supportedGenerationMethods: methods }
}

function event(value: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify(value)}\r\n\r\n`)
}

function errorBody(status: number, message: string, code?: string) {
  return { error: { code: status, message, status: code ?? statusNames[status] ?? 'UNKNOWN' } }
}

function thoughtParts({ thoughts }: Answer): object[] {
  return thoughts.filter(({ text }) => text).map(({ text }) => ({ text, thought: true }))
}

/** The words, in one part or in one for each word. */
function wordParts({ text }: Answer, parts?: number): object[] {
  const words = parts === 1 ? [text].filter(Boolean) : wordsOf(text)
  return words.map((word) => ({ text: word }))
}

/** Whole calls: Gemini has no pieces of them. Where several are made at once, the first one alone is signed. */
function callParts({ calls }: Answer): object[] {
  return calls.map(({ id, name, arguments: args, signature }) => ({
    functionCall: { id, name, ...(Object.keys(args).length > 0 ? { args } : {}) },
    ...(signature ? { thoughtSignature: signature } : {}),
  }))
}

function response({ model, finish, usage }: Answer, parts: object[], last: boolean) {
  const reasoning = usage.reasoning ?? 0
  return {
    candidates: [
      {
        content: { role: 'model', parts },
        index: 0,
        ...(last ? { finishReason: finishReasons[finish] } : {}),
      },
    ],
    usageMetadata: {
      promptTokenCount: usage.input,
      ...(usage.cached ? { cachedContentTokenCount: usage.cached } : {}),
      // What is counted as output elsewhere is two numbers here.
      candidatesTokenCount: usage.output - reasoning,
      ...(reasoning ? { thoughtsTokenCount: reasoning } : {}),
      totalTokenCount: usage.input + usage.output,
    },
    modelVersion: model,
    responseId: 'stand-in',
  }
}

export type Fields = Record<string, unknown>

/**
 * The rule that a translation can break: a Gemini 3 wants the signature of each answer's first call back, in the turn
 * that is not over. https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export function findFault({ path: where, json }: RecordedRequest): string | undefined {
  if (!/\/models\/gemini-3/.test(where)) return undefined
  const contents = listOf((json as Fields).contents)
  const asked = contents.findLastIndex(
    ({ role, parts }) => role === 'user' && listOf(parts).some((part) => !('functionResponse' in part)),
  )
  for (const { parts } of contents.slice(asked + 1)) {
    const call = listOf(parts).find((part) => 'functionCall' in part)
    if (call && !call.thoughtSignature)
      return 'Function call is missing a thought_signature in functionCall parts.'
  }
  return undefined
}

export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value : []
}
