import { wordsOf } from './openai.js'
import { type Answer, type Dialect, type StandIn, startStandIn } from './stand-in.js'

const path = /^\/v1(?:beta)?\/models\/([^/:]+):(generateContent|streamGenerateContent)$/

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

const finishReasons = { stop: 'STOP', length: 'MAX_TOKENS', content_filter: 'SAFETY' }

/** The Gemini API with an API key. https://ai.google.dev/api/generate-content */
export function startGemini(): Promise<StandIn> {
  return startStandIn(geminiDialect)
}

const geminiDialect: Dialect = {
  route(request) {
    const { pathname, searchParams } = new URL(request.path, 'http://stand-in')
    const [, model, method] = path.exec(pathname) ?? []
    if (!model || request.method !== 'POST') return undefined
    if (method === 'generateContent') return { kind: 'complete', model: decodeURIComponent(model) }
    return searchParams.get('alt') === 'sse'
      ? { kind: 'stream', model: decodeURIComponent(model) }
      : undefined
  },
  hasCredential: ({ headers }) => typeof headers['x-goog-api-key'] === 'string',

  complete: (answer) => response(answer, answer.text, true),

  streamType: 'text/event-stream',
  endPieces: 1,
  stream(answer) {
    // The last piece carries text and the finish reason; there is no other mark of the end.
    const words = wordsOf(answer.text)
    return words.map((word, index) => event(response(answer, word, index === words.length - 1)))
  },

  error: (status, message, code) => ({ body: errorBody(status, message, code) }),
  errorPiece: (status, message) => event(errorBody(status, message)),
}

function event(value: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify(value)}\r\n\r\n`)
}

function errorBody(status: number, message: string, code?: string) {
  return { error: { code: status, message, status: code ?? statusNames[status] ?? 'UNKNOWN' } }
}

function response({ model, finish, usage }: Answer, text: string, last: boolean) {
  const reasoning = usage.reasoning ?? 0
  return {
    candidates: [
      {
        content: { role: 'model', parts: [{ text }] },
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
