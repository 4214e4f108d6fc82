import type { Variables } from '@gatehouse/contracts'
import type { Transport } from '@gatehouse/outbound'
import { OpenAI } from 'openai'
import type { ChatRequest } from '../chat.js'
import type { ChatClient, Configuration, Provider, RelayClient } from '../provider.js'
import { addressVariable, secretVariable, textVariable } from '../variables.js'
import { openAiChat } from './openai-chat.js'
import { openAiRelay } from './openai-relay.js'
import { sdkOptions } from './openai-sdk.js'

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
  /** Names of the variables where they do not follow from the id: `<ID>_API_KEY`, `<ID>_BASE_URL`. */
  variables?: { key?: string; keyAlias?: string; baseUrl?: string; model?: string }
  /** What this vendor wants said otherwise. */
  adapt?: (request: ChatRequest) => ChatRequest
}

/** A provider that speaks OpenAI's chat shape: https://platform.openai.com/docs/api-reference/chat */
export function openAiCompatible(vendor: OpenAiCompatible): Provider {
  const { id, name, aliases = [], priceList = vendor.id, baseUrl } = vendor
  const prefix = id.toUpperCase().replaceAll('-', '_')
  const { key = `${prefix}_API_KEY`, keyAlias, model } = vendor.variables ?? {}
  const address = vendor.variables?.baseUrl ?? `${prefix}_BASE_URL`

  const variables: Variables = {
    [key]: secretVariable(`API key of ${name}: turns the provider on.`),
    ...(keyAlias ? { [keyAlias]: secretVariable(`Another name of ${key}.`) } : {}),
    [address]: addressVariable(`Where ${name} is served.`, baseUrl),
    ...(model ? { [model]: textVariable(`The model of ${name} where a caller names none.`) } : {}),
  }

  const configure = (values: Record<string, unknown>): Configuration => {
    const apiKey = textOf(values[key]) ?? (keyAlias && textOf(values[keyAlias]))
    if (!apiKey) return { connections: [], missing: [key] }
    const base = textOf(values[address]) ?? baseUrl
    const context = { provider: name, secrets: () => [apiKey] }
    const open = (transport: Transport): ChatClient => {
      const sdk = new OpenAI({ ...sdkOptions(transport), apiKey, baseURL: base })
      return openAiChat(sdk, context, vendor.adapt)
    }
    const relay = (transport: Transport): RelayClient =>
      openAiRelay(transport, context, { baseUrl: base, headers: { authorization: `Bearer ${apiKey}` } })
    const defaultModel = model ? textOf(values[model]) : undefined
    return { connections: [{ id: 'default', credential: 'api_key', defaultModel, open, relay }], missing: [] }
  }

  return { id, name, aliases, priceList, variables, configure }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
