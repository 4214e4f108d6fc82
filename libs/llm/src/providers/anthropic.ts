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
import {
  createFederatedTokens,
  type FederatedTokens,
  federationVariables,
  readFederation,
  type VendorFederation,
} from './federation.js'
import { countOf, type ListQuirks, listOpenAiModels, textOf } from './openai-models.js'
import { openAiRelay } from './openai-relay.js'
import { type Proof, provenFetch } from './proof.js'
import { createAddresses } from './relay-address.js'

const baseUrl = 'https://api.anthropic.com'
const presentVersion = '2026-10-21'
/** With a token in place of a key. */
const tokenBeta = 'oauth-2025-04-20'

/** https://platform.claude.com/docs/en/manage-claude/wif-reference, whose names of variables these are. */
const federation: VendorFederation = {
  variables: {
    ANTHROPIC_FEDERATION_RULE_ID: textVariable('Workload identity federation: the rule, as fdrl_….'),
    ANTHROPIC_ORGANIZATION_ID: textVariable('Workload identity federation: the organization, a UUID.'),
    ANTHROPIC_SERVICE_ACCOUNT_ID: textVariable(
      'Workload identity federation: the service account, as svac_….',
    ),
    ANTHROPIC_WORKSPACE_ID: textVariable(
      'Workload identity federation: the workspace, where the rule allows more than one.',
    ),
  },
  required: ['ANTHROPIC_FEDERATION_RULE_ID', 'ANTHROPIC_ORGANIZATION_ID', 'ANTHROPIC_SERVICE_ACCOUNT_ID'],
  exchange: (values, address) => ({
    address: `${address}/v1/oauth/token`,
    headers: { 'anthropic-beta': `${tokenBeta},oidc-federation-2026-04-01` },
    // By its issuer's check_jti, which is on unless told.
    takesOnce: true,
    fields: (identityToken) => ({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: identityToken,
      federation_rule_id: String(values.ANTHROPIC_FEDERATION_RULE_ID),
      organization_id: String(values.ANTHROPIC_ORGANIZATION_ID),
      service_account_id: String(values.ANTHROPIC_SERVICE_ACCOUNT_ID),
      ...(values.ANTHROPIC_WORKSPACE_ID ? { workspace_id: String(values.ANTHROPIC_WORKSPACE_ID) } : {}),
    }),
  }),
}

/** How we prove ourselves. */
type Credential = { apiKey: string } | { tokens: FederatedTokens }

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
    ...federationVariables('ANTHROPIC', dialect.provider, federation),
  },
  configure(values) {
    const apiKey = textOf(values.ANTHROPIC_API_KEY)
    const address = textOf(values.ANTHROPIC_BASE_URL) ?? baseUrl
    const federated = readFederation('ANTHROPIC', federation, values, address)
    if (Array.isArray(federated)) return { connections: [], missing: federated }
    const credential: Credential | undefined = federated
      ? { tokens: createFederatedTokens(dialect.provider, federated) }
      : apiKey
        ? { apiKey }
        : undefined
    if (!credential) return { connections: [], missing: ['ANTHROPIC_API_KEY'] }
    return {
      connections: [
        {
          id: 'default',
          credential: federated ? 'workload_identity' : 'api_key',
          credentialFile: federated?.tokenFile,
          defaultModel: textOf(values.ANTHROPIC_MODEL_ID),
          open: (transport) => messages(credential, address, transport),
          messages: (transport) => passOn(credential, address, transport),
          list: (transport, signal) => listModels(credential, address, transport, signal),
        },
      ],
      missing: [],
    }
  },
})

function contextOf(credential: Credential): FailureContext {
  const secrets = () => ('apiKey' in credential ? [credential.apiKey] : credential.tokens.secrets())
  return { provider: dialect.provider, secrets }
}

const proofFor = (credential: Credential, transport: Transport): Proof =>
  'apiKey' in credential
    ? { headers: { 'x-api-key': credential.apiKey } }
    : { headers: { 'anthropic-beta': tokenBeta }, token: credential.tokens.of(transport) }

/** For what comes in Anthropic's shape: its own clients say which version they speak, and others know this one. */
function passOn(credential: Credential, address: string, transport: Transport): RelayClient {
  const target = {
    addressOf: createAddresses(`${address}/v1`),
    defaults: { 'anthropic-version': '2023-06-01' },
    readBody: readAnthropicBody,
  }
  const context = contextOf(credential)
  if ('apiKey' in credential)
    return openAiRelay(transport, context, { ...target, headers: { 'x-api-key': credential.apiKey } })
  const token = credential.tokens.of(transport)
  const { send } = openAiRelay(transport, context, {
    ...target,
    defaults: { ...target.defaults, 'anthropic-beta': tokenBeta },
    headers: {},
    token,
  })
  // What the caller asks for stays asked for.
  return {
    send(request, handler) {
      const asked = request.headers?.['anthropic-beta']
      if (asked === undefined) return send(request, handler)
      const betas = new Set([...asked.split(',').map((beta) => beta.trim()), tokenBeta])
      betas.delete('')
      const headers = { ...request.headers, 'anthropic-beta': [...betas].join(',') }
      return send({ ...request, headers }, handler)
    },
  }
}

/** https://platform.claude.com/docs/en/api/models/list */
function listModels(credential: Credential, address: string, transport: Transport, signal: AbortSignal) {
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
  const headers = { 'anthropic-version': presentVersion }
  const proof = proofFor(credential, transport)
  return listOpenAiModels(
    transport,
    contextOf(credential),
    { baseUrl: address, headers, proof },
    quirks,
    signal,
  )
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

function messages(credential: Credential, address: string, transport: Transport): ChatClient {
  const context = contextOf(credential)
  let loading: Promise<Loaded> | undefined
  // Loaded on the first call: the SDK is large, and most installations use one provider or two.
  const sdk = () => {
    loading ??= load(proofFor(credential, transport), address, transport)
    return loading
  }

  const send = async (request: ChatRequest, options: CallOptions, stream: boolean, signal: AbortSignal) => {
    const { client, transformSchema } = await sdk()
    const body = await translate(request, options, dialect, (chat, drop) =>
      toMessageRequest(request, chat, drop, transformSchema),
    )
    // Not `messages.create`, which writes to the console for a model that it finds old.
    return client
      .post('/v1/messages', { body: { ...body, stream }, headers: headersFor(body), signal })
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

async function load(proof: Proof, address: string, transport: Transport): Promise<Loaded> {
  const [{ Anthropic }, { transformJSONSchema }] = await Promise.all([
    import('@anthropic-ai/sdk'),
    import('@anthropic-ai/sdk/lib/transform-json-schema'),
  ])
  const client = new Anthropic({
    // Said, or the SDK would ask the environment.
    apiKey: 'none',
    baseURL: address,
    fetch: provenFetch(sentHeaders, proof, cappedErrors(transport.fetch)),
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

const sentHeaders = ['accept', 'anthropic-version', 'content-type', 'user-agent']

/** Said for each request: ANTHROPIC_CUSTOM_HEADERS, which the SDK reads by itself, could say otherwise. */
function headersFor({ temperature, top_p: topP, top_k: topK }: MessageRequest) {
  const isSampled = [temperature, topP, topK].some((value) => value !== undefined)
  return {
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
