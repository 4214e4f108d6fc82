import type { Anthropic } from '@anthropic-ai/sdk'
import type { Transport } from '@gatehouse/outbound'
import { toCompletion } from '../answer.js'
import type { ChatChunk, ChatRequest } from '../chat.js'
import { closing } from '../closing.js'
import { drain } from '../drain.js'
import { readEvents } from '../event-stream.js'
import { badResponse, type FailureContext, toFailure } from '../failure.js'
import { type CallOptions, type ChatClient, defineProvider, type RelayClient } from '../provider.js'
import { translate } from '../translation/dialect.js'
import { type Fields, isFields } from '../translation/fields.js'
import { addressVariable, secretVariable, textVariable } from '../variables.js'
import { readEventStream, readMessage } from './anthropic-answer.js'
import { readAnthropicBody, readAnthropicError } from './anthropic-error.js'
import { dialect, type MessageRequest, toMessageRequest } from './anthropic-request.js'
import { cappedErrors } from './capped-errors.js'
import { countOf, type ListQuirks, listOpenAiModels, textOf } from './openai-models.js'
import { openAiRelay } from './openai-relay.js'
import { createAddresses } from './relay-address.js'
import { onlyHeaders } from './sent-headers.js'

const baseUrl = 'https://api.anthropic.com'
const presentVersion = '2026-10-21'

/** Claude, by the Messages API: https://platform.claude.com/docs/en/api/messages/create */
export const anthropic = defineProvider({
  id: 'anthropic',
  priceList: 'anthropic',
  name: dialect.provider,
  aliases: ['claude'],
  variables: {
    ANTHROPIC_API_KEY: secretVariable('API key of Anthropic: turns the provider on.'),
    ANTHROPIC_BASE_URL: addressVariable('Where the Messages API is served.', baseUrl),
    ANTHROPIC_MODEL_ID: textVariable(
      'The model of Anthropic where a caller names none.',
      'claude-sonnet-5-5',
    ),
  },
  configure(values) {
    const apiKey = values.ANTHROPIC_API_KEY
    if (!apiKey) return { connections: [], missing: ['ANTHROPIC_API_KEY'] }
    const address = values.ANTHROPIC_BASE_URL ?? baseUrl
    const open = (transport: Transport) => messages(apiKey, address, transport)
    return {
      connections: [
        {
          id: 'default',
          credential: 'api_key',
          defaultModel: values.ANTHROPIC_MODEL_ID || undefined,
          open,
          messages: (transport) => passOn(apiKey, address, transport),
          list: (transport, signal) => listModels(apiKey, address, transport, signal),
        },
      ],
      missing: [],
    }
  },
})

/** For what comes in Anthropic's shape: its own clients say which version they speak, and others know this one. */
function passOn(apiKey: string, address: string, transport: Transport): RelayClient {
  const context: FailureContext = { provider: dialect.provider, secrets: () => [apiKey] }
  return openAiRelay(transport, context, {
    addressOf: createAddresses(`${address}/v1`),
    headers: { 'x-api-key': apiKey },
    defaults: { 'anthropic-version': '2023-06-01' },
    readBody: readAnthropicBody,
  })
}

/** https://platform.claude.com/docs/en/api/models/list */
function listModels(apiKey: string, address: string, transport: Transport, signal: AbortSignal) {
  const context: FailureContext = { provider: dialect.provider, secrets: () => [apiKey] }
  const quirks: ListQuirks = {
    address: (base) => `${base}/v1/models?limit=1000`,
    describe: ({ created_at: createdAt, max_input_tokens: contextLength, capabilities, ...told }) => ({
      name: textOf(told.display_name),
      maxOutputTokens: countOf(told.max_tokens),
      created: countOf(Math.floor(Date.parse(String(createdAt)) / 1_000)),
      contextLength: countOf(contextLength),
      ...(isFields(capabilities) ? { inputModalities: modalitiesOf(capabilities) } : {}),
    }),
  }
  const headers = { 'x-api-key': apiKey, 'anthropic-version': presentVersion }
  return listOpenAiModels(transport, context, { baseUrl: address, headers }, quirks, signal)
}

function modalitiesOf(capabilities: Fields): string[] {
  const has = (name: string) => isFields(capabilities[name]) && capabilities[name].supported === true
  return ['text', ...(has('image_input') ? ['image'] : []), ...(has('pdf_input') ? ['file'] : [])]
}

/** The SDK, and what of its package is loaded with it. */
interface Loaded {
  client: Anthropic
  transformSchema: (schema: Record<string, unknown>) => Record<string, unknown>
}

function messages(apiKey: string, address: string, transport: Transport): ChatClient {
  const context: FailureContext = { provider: dialect.provider, secrets: () => [apiKey] }
  let loading: Promise<Loaded> | undefined
  // Loaded on the first call: the SDK is large, and most installations use one provider or two.
  const sdk = () => {
    loading ??= load(apiKey, address, transport)
    return loading
  }

  const send = async (request: ChatRequest, options: CallOptions, stream: boolean, signal: AbortSignal) => {
    const { client, transformSchema } = await sdk()
    const body = await translate(request, options, dialect, (chat, drop) =>
      toMessageRequest(request, chat, drop, transformSchema),
    )
    // Not `messages.create`, which writes to the console for a model that it finds old.
    return client
      .post('/v1/messages', { body: { ...body, stream }, headers: headersFor(body, apiKey), signal })
      .asResponse()
  }

  return {
    async complete(request, options) {
      const { signal } = options
      try {
        const response = await send(request, options, false, signal)
        return toCompletion(request.model, readMessage(await response.text(), context))
      } catch (error) {
        throw toFailure(error, context, readAnthropicError, signal)
      }
    },

    async stream(request, options) {
      const { signal } = options
      const call = new AbortController()
      const either = AbortSignal.any([signal, call.signal])
      try {
        const { body, headers } = await send(request, options, true, either)
        const type = headers.get('content-type')
        if (!body || !/^text\/event-stream\b/i.test(type ?? '')) throw badResponse(context, type)
        const failure = (error: unknown) => toFailure(error, context, readAnthropicError, signal, true)
        const chunks = readChunks(body, request.model, call, context, failure)
        return closing(chunks, () => call.abort())
      } catch (error) {
        call.abort()
        throw toFailure(error, context, readAnthropicError, signal)
      }
    },
  }
}

async function load(apiKey: string, address: string, transport: Transport): Promise<Loaded> {
  const [{ Anthropic }, { transformJSONSchema }] = await Promise.all([
    import('@anthropic-ai/sdk'),
    import('@anthropic-ai/sdk/lib/transform-json-schema'),
  ])
  const client = new Anthropic({
    apiKey,
    baseURL: address,
    fetch: cappedErrors(onlyHeaders(sentHeaders, transport.fetch)),
    maxRetries: 0,
    // Our transport has its own clock. The longest that a timer can be, about 24 days.
    timeout: 2 ** 31 - 1,
    // Said, or the SDK would ask the environment.
    logLevel: 'off',
    webhookKey: null,
    openTelemetry: false,
  })
  return { client, transformSchema: transformJSONSchema }
}

const sentHeaders = ['accept', 'anthropic-version', 'content-type', 'user-agent', 'x-api-key']

/** Said for each request: ANTHROPIC_CUSTOM_HEADERS, which the SDK reads by itself, could say otherwise. */
function headersFor({ temperature, top_p: topP, top_k: topK }: MessageRequest, apiKey: string) {
  const isSampled = [temperature, topP, topK].some((value) => value !== undefined)
  return {
    'x-api-key': apiKey,
    // Sampling was taken out of the present version, and older models still have it in the one before.
    'anthropic-version': isSampled ? '2023-06-01' : presentVersion,
  }
}

async function* readChunks(
  body: AsyncIterable<Uint8Array>,
  model: string,
  call: AbortController,
  context: FailureContext,
  failure: (error: unknown) => unknown,
): AsyncGenerator<ChatChunk> {
  const events = readEvents(body)
  // Not closed at its end mark, so that what follows can be read and the connection used again.
  const open = { [Symbol.asyncIterator]: () => ({ next: () => events.next() }) }
  let whole = false
  try {
    yield* readEventStream(open, model, context)
    whole = true
  } catch (error) {
    throw failure(error)
  } finally {
    if (whole) void drain(events, call)
    else call.abort()
  }
}
