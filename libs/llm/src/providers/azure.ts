import { AppError } from '@gatehouse/contracts'
import { entraCertificateToken, type TokenSource, type Transport } from '@gatehouse/outbound'
import type { ChatRequest } from '../chat.js'
import type { FailureContext } from '../failure.js'
import {
  type CallOptions,
  type ChatClient,
  type CredentialKind,
  defineProvider,
  type RelayClient,
} from '../provider.js'
import { addressVariable, secretVariable, textVariable } from '../variables.js'
import { type AzureSurface, azureSurface, defaultApiVersion } from './azure-address.js'
import { acquireManagedIdentity, acquireWorkloadIdentity } from './azure-identity.js'
import { type BearerToken, createBearerToken, onceFor } from './bearer-token.js'
import { openAiChat } from './openai-chat.js'
import { openAiRelay } from './openai-relay.js'
import { sdkOptions } from './openai-sdk.js'

const scope = 'https://cognitiveservices.azure.com/.default'
const noToken = 'Azure OpenAI: no token from Entra ID.'

/** How we prove ourselves: a key, or a way to an Entra token. */
type Credential =
  | { kind: 'api_key'; key: string }
  | {
      kind: Exclude<CredentialKind, 'api_key' | 'none'>
      file?: string | undefined
      tokens: (transport: Transport) => TokenSource
    }

/** https://learn.microsoft.com/azure/ai-foundry/openai/reference */
export const azure = defineProvider({
  id: 'azure',
  priceList: 'azure',
  name: 'Azure OpenAI',
  aliases: [],
  variables: {
    AZURE_OPENAI_ENDPOINT: addressVariable(
      'Azure OpenAI resource: turns the provider on.',
      'https://NAME.openai.azure.com',
    ),
    AZURE_OPENAI_API_KEY: secretVariable('Key of the resource. Left empty, Microsoft Entra ID is used.'),
    AZURE_OPENAI_API_VERSION: textVariable(
      'Version of the Azure OpenAI API: v1, or a date.',
      defaultApiVersion,
    ),
    AZURE_OPENAI_DEPLOYMENT: textVariable('The deployment where a caller names none.'),
    AZURE_TENANT_ID: textVariable('Entra ID: the tenant.'),
    AZURE_CLIENT_ID: textVariable('Entra ID: the application, or the user-assigned managed identity.'),
    AZURE_CERTIFICATE_PATH: textVariable('Entra ID: PEM file with certificate and private key.'),
    AZURE_CLIENT_CERTIFICATE_PATH: textVariable('Another name of AZURE_CERTIFICATE_PATH.'),
    AZURE_FEDERATED_TOKEN_FILE: textVariable('Entra ID: token of the workload identity, set by Kubernetes.'),
    AZURE_AUTHORITY_HOST: addressVariable('Entra ID: the authority.', 'https://login.microsoftonline.com'),
  },
  configure(values) {
    const endpoint = values.AZURE_OPENAI_ENDPOINT
    if (!endpoint) return { connections: [], missing: ['AZURE_OPENAI_ENDPOINT'] }
    const credential = chooseCredential(values)
    if (Array.isArray(credential)) return { connections: [], missing: credential }
    const surface = azureSurface(endpoint, values.AZURE_OPENAI_API_VERSION || defaultApiVersion)
    const check = async (transport: Transport, signal: AbortSignal) => {
      if (credential.kind !== 'api_key') await credential.tokens(transport).get(signal)
    }
    return {
      connections: [
        {
          id: 'default',
          credential: credential.kind,
          credentialFile: credential.kind === 'api_key' ? undefined : credential.file,
          defaultModel: values.AZURE_OPENAI_DEPLOYMENT || undefined,
          open: (transport) => azureChat(surface, credential, transport),
          relay: (transport) => azureRelay(surface, credential, transport),
          // The other kinds are asked for by a variable; this one is what is left.
          ...(credential.kind === 'managed_identity' ? { check } : {}),
        },
      ],
      missing: ['AZURE_OPENAI_API_KEY'],
    }
  },
})

type AzureValues = Partial<Record<keyof typeof azure.variables, string | undefined>>

/** The credential that the variables make, or the names of those that are missing. */
function chooseCredential(values: AzureValues): Credential | string[] {
  const key = values.AZURE_OPENAI_API_KEY
  if (key) return { kind: 'api_key', key }
  const certificatePath = values.AZURE_CERTIFICATE_PATH || values.AZURE_CLIENT_CERTIFICATE_PATH
  const tokenFilePath = values.AZURE_FEDERATED_TOKEN_FILE
  const clientId = values.AZURE_CLIENT_ID || undefined
  if (!certificatePath && !tokenFilePath) {
    return {
      kind: 'managed_identity',
      tokens: onceFor((transport) => acquireManagedIdentity({ transport, clientId, scope })),
    }
  }

  const tenantId = values.AZURE_TENANT_ID
  if (!tenantId || !clientId) {
    return [...(tenantId ? [] : ['AZURE_TENANT_ID']), ...(clientId ? [] : ['AZURE_CLIENT_ID'])]
  }
  const application = { tenantId, clientId, authority: values.AZURE_AUTHORITY_HOST, scope }
  if (certificatePath) {
    const acquire = (transport: Transport) =>
      entraCertificateToken({ transport, certificatePath, ...application })
    return { kind: 'certificate', file: certificatePath, tokens: onceFor(acquire) }
  }
  const acquire = (transport: Transport) =>
    acquireWorkloadIdentity({ transport, tokenFilePath: tokenFilePath ?? '', ...application })
  return { kind: 'workload_identity', file: tokenFilePath, tokens: onceFor(acquire) }
}

function azureChat(surface: AzureSurface, credential: Credential, transport: Transport): ChatClient {
  if (credential.kind === 'api_key') {
    const { key } = credential
    const sdk = surface.sdk(sdkOptions(transport, { headers: { 'api-key': key } }))
    return withLimitName((adapt) => openAiChat(sdk, { provider: azure.name, secrets: () => [key] }, adapt))
  }
  const token = createBearerToken(credential.tokens(transport), noToken)
  const sdk = surface.sdk(sdkOptions(transport, { token }))
  return withLimitName((adapt) => openAiChat(sdk, contextOf(token), adapt))
}

/** Byte for byte: a body that says `max_tokens` to a reasoning deployment is for Azure to refuse, as it would without us. */
function azureRelay(surface: AzureSurface, credential: Credential, transport: Transport): RelayClient {
  const { addressOf } = surface
  if (credential.kind === 'api_key') {
    const { key } = credential
    const context = { provider: azure.name, secrets: () => [key] }
    return openAiRelay(transport, context, { addressOf, headers: { 'api-key': key } })
  }
  const token = createBearerToken(credential.tokens(transport), noToken)
  return openAiRelay(transport, contextOf(token), { addressOf, headers: {}, token })
}

function contextOf(token: BearerToken): FailureContext {
  return { provider: azure.name, secrets: () => [token.last()] }
}

type LimitName = 'max_tokens' | 'max_completion_tokens'

/**
 * Says the limit of the answer under the name that the deployment takes. Reasoning models refuse `max_tokens`, older
 * deployments refuse `max_completion_tokens`, and the name of a deployment does not tell which it is. So the new name
 * goes first, the other one after a refusal that names it, and what was accepted is remembered.
 * https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning
 */
function withLimitName(create: (adapt: (request: ChatRequest) => ChatRequest) => ChatClient): ChatClient {
  const client = create((request) => request)
  const accepted = new Map<string, LimitName>()

  const call = async <T>(request: ChatRequest, send: (request: ChatRequest) => Promise<T>): Promise<T> => {
    const limit = request.max_completion_tokens ?? request.max_tokens
    if (limit === undefined || limit === null) return send(request)
    const { max_tokens: _old, max_completion_tokens: _new, ...rest } = request
    const name = accepted.get(request.model) ?? 'max_completion_tokens'
    try {
      return await send({ ...rest, [name]: limit })
    } catch (error) {
      if (!refusesParameter(error, name)) throw error
      const other: LimitName = name === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
      const answer = await send({ ...rest, [other]: limit })
      if (accepted.size < maxRemembered) accepted.set(request.model, other)
      return answer
    }
  }

  return {
    complete: (request, options: CallOptions) => call(request, (sent) => client.complete(sent, options)),
    stream: (request, options: CallOptions) => call(request, (sent) => client.stream(sent, options)),
  }
}

/** A resource has some tens of deployments; a caller who invents names must not fill the memory. */
const maxRemembered = 1_000

function refusesParameter(error: unknown, name: LimitName): boolean {
  if (!(error instanceof AppError) || error.code !== 'provider_rejected') return false
  return new RegExp(`(unsupported parameter|unrecognized request argument)[^.]*\\b${name}\\b`, 'i').test(
    error.message,
  )
}
