import { AppError } from '@gatehouse/contracts'
import type { Transport } from '@gatehouse/outbound'
import type { GenerateContentParameters, GenerateContentResponse, GoogleGenAI } from '@google/genai'
import { chunkMaker, toCompletion, toUsage } from '../answer.js'
import type { ChatChunk, ChatRequest, FinishReason, Usage } from '../chat.js'
import { closing } from '../closing.js'
import {
  badResponse,
  endedEarly,
  type FailureContext,
  type ProviderStatus,
  readRetryAfter,
  toFailure,
} from '../failure.js'
import { given, readPlainRequest } from '../plain-request.js'
import { type ChatClient, defineProvider } from '../provider.js'
import { addressVariable, secretVariable, textVariable } from '../variables.js'
import { GoogleRefusal, googleFetch } from './google-fetch.js'

const baseUrl = 'https://generativelanguage.googleapis.com'

/** The Gemini API with an API key: https://ai.google.dev/api/generate-content */
export const google = defineProvider({
  id: 'google',
  priceList: 'google',
  name: 'Google Gemini',
  aliases: ['gemini', 'vertex_ai'],
  variables: {
    GOOGLE_API_KEY: secretVariable('API key of the Gemini API: turns the provider on.'),
    GEMINI_API_KEY: secretVariable('Another name of GOOGLE_API_KEY.'),
    GOOGLE_MODEL_ID: textVariable('The model of Google where a caller names none.', 'gemini-2.5-flash'),
    GOOGLE_GEMINI_BASE_URL: addressVariable('Where the Gemini API is served.', baseUrl),
  },
  configure(values) {
    const apiKey = values.GOOGLE_API_KEY || values.GEMINI_API_KEY
    if (!apiKey) return { connections: [], missing: ['GOOGLE_API_KEY'] }
    const address = values.GOOGLE_GEMINI_BASE_URL ?? baseUrl
    const open = (transport: Transport) => gemini(apiKey, address, transport)
    return {
      connections: [
        { id: 'default', credential: 'api_key', defaultModel: values.GOOGLE_MODEL_ID || undefined, open },
      ],
      missing: [],
    }
  },
})

function gemini(apiKey: string, address: string, transport: Transport): ChatClient {
  const context: FailureContext = { provider: google.name, secrets: () => [apiKey] }
  let loading: Promise<GoogleGenAI> | undefined
  // Loaded on the first call: the SDK is large, and most installations use one provider or two.
  const sdk = () => {
    loading ??= load(apiKey, address, transport)
    return loading
  }

  return {
    async complete(request, { signal }) {
      try {
        const { models } = await sdk()
        const response = await models.generateContent(translate(request, signal))
        return toCompletion(request.model, readWhole(response, context))
      } catch (error) {
        throw toFailure(error, context, readGoogleError, signal)
      }
    },

    async stream(request, { signal }) {
      // The SDK leaves the answer open when its reader goes away; this closes it.
      const call = new AbortController()
      const either = AbortSignal.any([signal, call.signal])
      try {
        const { models } = await sdk()
        const responses = await models.generateContentStream(translate(request, either))
        const failure = (error: unknown) => toFailure(error, context, readGoogleError, signal, true)
        const pieces = readPieces(responses, request.model, call, context, failure)
        return closing(pieces, () => call.abort())
      } catch (error) {
        call.abort()
        throw toFailure(error, context, readGoogleError, signal)
      }
    },
  }
}

async function load(apiKey: string, address: string, transport: Transport): Promise<GoogleGenAI> {
  const { GoogleGenAI } = await import('@google/genai')
  return new GoogleGenAI({
    apiKey,
    // Said, or the SDK would ask the environment.
    vertexai: false,
    // Many models, and system instructions for some, are known to this version alone.
    apiVersion: 'v1beta',
    httpOptions: { baseUrl: address, fetch: googleFetch(transport.fetch) },
  })
}

/** A Gemini model's name: the SDK writes it into the path as it is. */
const modelName = /^(?:(?:models|tunedModels)\/)?[A-Za-z0-9][\w.-]*$/

function translate(request: ChatRequest, signal: AbortSignal): GenerateContentParameters {
  if (!modelName.test(request.model)) {
    throw new AppError('invalid_request', {
      message: 'The model is not a name of a Gemini model.',
      param: 'model',
    })
  }
  const { system, turns, temperature, topP, maxTokens, stop } = readPlainRequest(request, google.name)
  return {
    model: request.model,
    contents: turns.map(({ role, texts }) => ({
      role: role === 'user' ? 'user' : 'model',
      parts: toParts(texts),
    })),
    config: {
      ...given({ temperature, topP, maxOutputTokens: maxTokens, stopSequences: stop }),
      ...(system.length > 0 ? { systemInstruction: { parts: toParts(system) } } : {}),
      abortSignal: signal,
      // One request for one call, always: the SDK would go on by itself where an answer stops at a limit.
      automaticContinuation: false,
      automaticFunctionCalling: { disable: true },
    },
  }
}

function toParts(texts: string[]) {
  return texts.map((text) => ({ text }))
}

async function* readPieces(
  responses: AsyncGenerator<GenerateContentResponse>,
  model: string,
  call: AbortController,
  context: FailureContext,
  failure: (error: unknown) => unknown,
): AsyncGenerator<ChatChunk> {
  const chunk = chunkMaker(model)
  let finishReason: FinishReason | undefined
  let usage: Usage | undefined
  try {
    yield chunk.start()
    for await (const response of responses) {
      checkShape(response, context)
      const text = textOf(response)
      if (text) yield chunk.text(text)
      // Each piece has the sums so far; the last one counts.
      usage = usageOf(response) ?? usage
      finishReason = finishReasonOf(response) ?? finishReason
    }
    // There is no other mark of the end: https://ai.google.dev/api/generate-content#FinishReason
    if (!finishReason) throw endedEarly(context)
    yield chunk.finish(finishReason)
    if (usage) yield chunk.usage(usage)
  } catch (error) {
    throw failure(error)
  } finally {
    call.abort()
  }
}

function readWhole(response: GenerateContentResponse, context: FailureContext) {
  checkShape(response, context)
  const finishReason = finishReasonOf(response)
  if (!finishReason) throw badResponse(context, 'no finish reason')
  return { text: textOf(response), finishReason, usage: usageOf(response) }
}

function checkShape(response: GenerateContentResponse, context: FailureContext) {
  const { candidates, promptFeedback, usageMetadata } = response
  const known = Array.isArray(candidates) || promptFeedback !== undefined || usageMetadata !== undefined
  if (!known) throw badResponse(context, 'neither candidates nor feedback')
}

/** The words of the first candidate; its thoughts are not part of the answer. */
function textOf(response: GenerateContentResponse): string {
  const parts = response.candidates?.[0]?.content?.parts ?? []
  return parts.map((part) => (part.thought ? '' : (part.text ?? ''))).join('')
}

const finishReasons = new Map<string, FinishReason>([
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content_filter'],
  ['RECITATION', 'content_filter'],
  ['LANGUAGE', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
])

function finishReasonOf({ candidates, promptFeedback }: GenerateContentResponse): FinishReason | undefined {
  // A prompt that is refused has no candidate at all.
  if (promptFeedback?.blockReason) return 'content_filter'
  const reason = candidates?.[0]?.finishReason
  return reason === undefined ? undefined : (finishReasons.get(reason) ?? 'stop')
}

/** https://ai.google.dev/api/generate-content#UsageMetadata: thoughts are counted beside the candidates. */
function usageOf({ usageMetadata: counts }: GenerateContentResponse): Usage | undefined {
  if (!counts) return undefined
  const reasoning = counts.thoughtsTokenCount
  const cached = counts.cachedContentTokenCount
  return toUsage({
    prompt: (counts.promptTokenCount ?? 0) + (counts.toolUsePromptTokenCount ?? 0),
    completion: (counts.candidatesTokenCount ?? 0) + (reasoning ?? 0),
    ...(cached === undefined ? {} : { cached }),
    ...(reasoning === undefined ? {} : { reasoning }),
  })
}

/** https://ai.google.dev/gemini-api/docs/troubleshooting */
function readGoogleError(error: unknown): ProviderStatus | undefined {
  if (error instanceof GoogleRefusal) {
    const { message, details } = readErrorBody(error.body)
    // A key that is wrong is a bad argument here: 400 with this reason.
    const keyRefused =
      error.status === 400 && /API_KEY_INVALID|API key (not valid|expired)/.test(details + message)
    const wait = /"retryDelay":"(\d+(?:\.\d+)?)s"/.exec(details)?.[1]
    const fromHeader = readRetryAfter((name) => error.headers.get(name))
    return {
      status: keyRefused ? 401 : error.status,
      message,
      retryAfterSeconds: wait === undefined ? fromHeader : Number(wait),
    }
  }
  // Inside a stream: the SDK's own error, a sentence before the JSON.
  if (!(error instanceof Error) || error.name !== 'ApiError' || !('status' in error)) return undefined
  return { status: Number(error.status), message: readErrorBody(error.message.replace(/^[^{]*/, '')).message }
}

function readErrorBody(text: string): { message: string | undefined; details: string } {
  const error = fieldOf(parse(text), 'error')
  const message = fieldOf(error, 'message')
  return {
    message: typeof message === 'string' ? message : undefined,
    details: JSON.stringify(fieldOf(error, 'details') ?? ''),
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
