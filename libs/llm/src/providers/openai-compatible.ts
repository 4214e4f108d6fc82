import type { Variables } from '@gatehouse/contracts'
import type { Transport } from '@gatehouse/outbound'
import { OpenAI } from 'openai'
import type { ChatRequest } from '../chat.js'
import type { ChatClient, Configuration, Connection, Provider, RelayClient } from '../provider.js'
import { addressVariable, secretVariable, textVariable } from '../variables.js'
import {
  createFederatedTokens,
  type Federation,
  federationVariables,
  readFederation,
  type VendorFederation,
} from './federation.js'
import { openAiChat } from './openai-chat.js'
import { type ListQuirks, listOpenAiModels, textOf } from './openai-models.js'
import { adaptFetch, type Quirks } from './openai-quirks.js'
import { openAiRelay } from './openai-relay.js'
import { sdkOptions } from './openai-sdk.js'
import type { Proof } from './proof.js'
import { createAddresses } from './relay-address.js'

/** What differs between providers that speak OpenAI's chat shape. */
export interface OpenAiCompatible {
  id: string
  /** For people. */
  name: string
  aliases?: readonly string[]
  /** See `Provider.priceList`; the id unless told. */
  priceList?: string | null
  /** Where it is served, without a slash at the end, as the vendor documents it. */
  baseUrl: string
  /** Names of the variables where they do not follow from the id: `<ID>_API_KEY`, `<ID>_BASE_URL`, `<ID>_MODEL_ID`. */
  variables?: { prefix?: string; keyAlias?: string; baseUrl?: string }
  /**
   * `key` turns the provider on, unless told. `address`: it is served wherever its users run it, so that its address
   * turns it on, and `baseUrl` is an example; a key is sent where there is one.
   */
  turnedOnBy?: 'key' | 'address'
  /** What this vendor wants said otherwise, in a request that is ours. */
  adapt?: (request: ChatRequest) => ChatRequest
  /** What this vendor takes and gives otherwise, in a request of anybody. */
  quirks?: Quirks
  /** How its list of models differs; null where it has none. */
  list?: ListQuirks | null
  /** How it takes the identity of the platform in place of a key, where it does. */
  federation?: VendorFederation
}

/** A provider that speaks OpenAI's chat shape: https://platform.openai.com/docs/api-reference/chat */
export function openAiCompatible(vendor: OpenAiCompatible): Provider {
  const { id, name, aliases = [], priceList = vendor.id, turnedOnBy = 'key', federation } = vendor
  const { prefix = id.toUpperCase().replaceAll('-', '_'), keyAlias } = vendor.variables ?? {}
  const key = `${prefix}_API_KEY`
  const model = `${prefix}_MODEL_ID`
  const address = vendor.variables?.baseUrl ?? `${prefix}_BASE_URL`
  const turnsOn = turnedOnBy === 'key' ? key : address
  const comment = (name_: string, text: string) =>
    `${text}${name_ === turnsOn ? ': turns the provider on' : ''}.`

  const variables: Variables = {
    [key]: secretVariable(comment(key, `API key of ${name}`)),
    ...(keyAlias ? { [keyAlias]: secretVariable(`Another name of ${key}.`) } : {}),
    [address]: addressVariable(comment(address, `Where ${name} is served`), vendor.baseUrl),
    [model]: textVariable(`The model of ${name} where a caller names none.`),
    ...(federation ? federationVariables(prefix, name, federation) : {}),
  }

  const configure = (values: Record<string, unknown>): Configuration => {
    const apiKey = textOf(values[key]) ?? (keyAlias && textOf(values[keyAlias]))
    const given = textOf(values[address])
    const baseUrl = given ?? vendor.baseUrl
    const federated = federation && readFederation(prefix, federation, values, baseUrl)
    // Half of one is a mistake, which a key that is there as well must not hide.
    if (Array.isArray(federated)) return { connections: [], missing: federated }
    if (!federated && (turnedOnBy === 'key' ? !apiKey : !given))
      return { connections: [], missing: [turnsOn] }
    const connection = openAiConnection(vendor, baseUrl, federated ?? (apiKey || undefined))
    return { connections: [{ ...connection, defaultModel: textOf(values[model]) }], missing: [] }
  }

  return { id, name, aliases, priceList, variables, configure }
}

/** The connection to a provider of OpenAI's shape at an address, with a key or a federation where it takes one. */
export function openAiConnection(
  vendor: Pick<OpenAiCompatible, 'name' | 'adapt' | 'quirks' | 'list'>,
  baseUrl: string,
  credential: string | Federation | undefined,
): Connection {
  const { name, adapt, quirks, list = {} } = vendor
  const apiKey = typeof credential === 'string' ? credential : undefined
  const federation = typeof credential === 'object' ? credential : undefined
  const tokens = federation && createFederatedTokens(name, federation)
  const context = { provider: name, secrets: () => tokens?.secrets() ?? (apiKey ? [apiKey] : []) }
  const headers: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {}
  const proofFor = (transport: Transport): Proof => (tokens ? { token: tokens.of(transport) } : { headers })

  const open = (transport: Transport): ChatClient => {
    const options = sdkOptions(transport, proofFor(transport))
    const fetch = quirks ? adaptFetch(options.fetch, quirks) : options.fetch
    return openAiChat(new OpenAI({ ...options, fetch, baseURL: baseUrl }), context, adapt)
  }
  const relay = (transport: Transport): RelayClient => {
    const target = { addressOf: createAddresses(baseUrl), headers, quirks }
    return openAiRelay(transport, context, tokens ? { ...target, token: tokens.of(transport) } : target)
  }
  const listWith = (quirksOfList: ListQuirks) => (transport: Transport, signal: AbortSignal) =>
    listOpenAiModels(transport, context, { baseUrl, proof: proofFor(transport) }, quirksOfList, signal)
  return {
    id: 'default',
    credential: federation ? 'workload_identity' : apiKey ? 'api_key' : 'none',
    credentialFile: federation?.tokenFile,
    open,
    relay,
    ...(list ? { list: listWith(list) } : {}),
  }
}
