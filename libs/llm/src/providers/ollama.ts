import type { Transport } from '@gatehouse/outbound'
import type { Connection, ListedModel, Provider } from '../provider.js'
import { type OpenAiCompatible, openAiCompatible, openAiConnection } from './openai-compatible.js'
import { type Ask, countOf, textOf, textsOf } from './openai-models.js'
import { isJsonObject } from './openai-quirks.js'

/** Where Ollama listens unless told otherwise. */
const usualAddress = 'http://127.0.0.1:11434'

/** A server on this machine answers at once, or is not there. */
const lookLimitMs = 500

/** Models that are asked about one by one; who has more sees the rest without their figures. */
const maxDescribed = 100
const describedAtOnce = 4

const vendor = {
  id: 'ollama',
  name: 'Ollama',
  // It runs on the operator's own machine.
  priceList: null,
  baseUrl: usualAddress,
  turnedOnBy: 'address',
  quirks: {
    fields: { max_completion_tokens: 'max_tokens' },
    // Whether a role is known is for the template of each model; most pass over this one.
    noDeveloper: true,
  },
} satisfies OpenAiCompatible

/**
 * Ollama: https://docs.ollama.com/api/openai-compatibility
 * Outside production, one that runs at its usual address is found without being configured.
 * @param address where to look, in place of the usual one; for tests
 */
export function createOllama(address = usualAddress): Provider {
  const configured = openAiCompatible(vendor)
  return {
    ...configured,
    configure(values, surroundings) {
      const base = textOf(values.OLLAMA_BASE_URL)
      const defaultModel = textOf(values.OLLAMA_MODEL_ID)
      if (base) {
        const connection = connect(base, textOf(values.OLLAMA_API_KEY))
        return { connections: [{ ...connection, defaultModel }], missing: [] }
      }
      const nothing = configured.configure(values, surroundings)
      if (surroundings?.production !== false) return nothing
      const check = (transport: Transport, signal: AbortSignal) => look(transport, address, signal)
      const found = { ...connect(address, undefined), defaultModel, check, discovered: true }
      return { ...nothing, connections: [found] }
    },
  }
}

/** The address is usually written without a path, as Ollama's own tools take it; OpenAI's shape is under `/v1`. */
function connect(address: string, apiKey: string | undefined): Connection {
  const root = address.replace(/\/v1$/, '')
  const complete = (models: ListedModel[], ask: Ask) => describeAll(models, root, ask)
  return openAiConnection({ ...vendor, list: { complete } }, `${root}/v1`, apiKey)
}

/** https://docs.ollama.com/api-reference/get-version */
async function look(transport: Transport, address: string, signal: AbortSignal): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(lookLimitMs)])
  const response = await transport
    .request({ method: 'GET', url: `${address}/api/version`, signal: limited, maxResponseBytes: 64 * 1024 })
    .catch((cause: unknown) => {
      throw new Error(`None was found at ${address}.`, { cause })
    })
  response.body.destroy()
  if (response.status !== 200) throw new Error(`What answers at ${address} is not Ollama.`)
}

/** The list names the models alone; each one's figures are a question of their own, to a file on the same machine. */
async function describeAll(models: ListedModel[], root: string, ask: Ask): Promise<ListedModel[]> {
  const described = [...models]
  const indexes = described.keys()
  const work = async () => {
    for (const index of indexes) {
      const model = described[index]
      if (!model || index >= maxDescribed) return
      // A model that was removed meanwhile, or whose file cannot be read, stands without its figures.
      const shown = await ask(`${root}/api/show`, { model: model.id }).catch(() => undefined)
      described[index] = { ...model, ...readShown(shown) }
    }
  }
  await Promise.all(Array.from({ length: describedAtOnce }, work))
  return described
}

/** https://docs.ollama.com/api-reference/show-model-details */
function readShown(shown: unknown): Partial<ListedModel> {
  if (!isJsonObject(shown)) return {}
  const info = isJsonObject(shown.model_info) ? shown.model_info : {}
  const capabilities = textsOf(shown.capabilities)
  return {
    contextLength: countOf(info[`${String(info['general.architecture'])}.context_length`]),
    ...(capabilities
      ? { inputModalities: capabilities.includes('vision') ? ['text', 'image'] : ['text'] }
      : {}),
  }
}

/** Ollama, where it usually is. */
export const ollama = createOllama()
