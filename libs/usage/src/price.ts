import { calcPrice } from '@pydantic/genai-prices'
import { LRUCache } from 'lru-cache'
import type { Usage } from './record.js'

/** What a call cost. */
export interface Cost {
  /** US dollars as a decimal string with ten places; null where no price is known, never 0 for unknown. */
  usd: string | null
  source: string | null
}

/** What has a price: an answer of a provider's model. */
export interface Priced {
  provider: string
  /**
   * The provider's name in the built-in list (https://github.com/pydantic/genai-prices); `free` for one that asks nothing
   * for its answers, null for one whose prices nobody publishes.
   */
  priceList: string | null
  /** As the provider was asked for it. */
  model: string
}

/** US dollars for one token, where a price has no steps. */
export interface Rates {
  input: number
  output: number
  /** For what the provider had in its cache, which is part of the input. */
  cached: number
}

/** A price that the operator names; it stands before the built-in list. */
export interface OwnPrice {
  provider: string
  /** A model as the provider is asked for it; `*` for those of the provider that have no price of their own here. */
  model: string
  /** Or the entry of the built-in list that it is the same as. */
  price: Rates | Omit<Priced, 'provider'>
}

/** What the list of prices says of a model beside its price. */
export interface ListedFacts {
  name: string | null
  /** Tokens of question and answer together. */
  contextLength: number | null
}

/** What calls cost. */
export interface Prices {
  /**
   * Prices a call by what the operator named, else by the built-in list.
   * Where neither has a price, or no sense can be made of the figures, there is none.
   */
  price(priced: Priced, usage: Usage): Cost
  /** Nulls where the built-in list does not have the model. */
  facts(priced: Priced): ListedFacts
}

const unknown: Cost = { usd: null, source: null }
const nothing: Rates = { input: 0, output: 0, cached: 0 }

/** Finding a model in the list costs more than all the rest of a call; prices may depend on the hour. */
const ratesMs = 60_000

interface Entry {
  rates: Rates | 'stepped' | 'unknown'
  source: string
  /** Where it stands in the built-in list. */
  listed: Omit<Priced, 'provider'>
  /** Looked up once somebody asks. */
  facts?: ListedFacts
}

/** @param own at most one for each model, and one `*` for each provider */
export function createPrices(own: readonly OwnPrice[] = []): Prices {
  const named = new Map(own.map((entry) => [`${entry.provider}/${entry.model}`, entry.price]))
  const known = new LRUCache<string, Entry>({ max: 2000, ttl: ratesMs, ttlResolution: 1000 })

  const entryOf = ({ provider, model, priceList }: Priced): Entry => {
    const key = `${provider}/${model}`
    let entry = known.get(key)
    if (entry) return entry
    const price = named.get(key) ?? named.get(`${provider}/*`)
    const listed = { priceList, model }
    if (!price)
      entry = { rates: ratesOf(listed), source: priceList === 'free' ? 'free' : 'genai-prices', listed }
    else if ('input' in price) entry = { rates: price, source: 'gatehouse.yaml', listed }
    else entry = { rates: ratesOf(price), source: 'gatehouse.yaml', listed: price }
    known.set(key, entry)
    return entry
  }

  return {
    price(priced, { inputTokens, outputTokens, cachedTokens }) {
      const { rates, source, listed } = entryOf(priced)
      if (rates === 'unknown') return unknown
      // More tokens from the cache than there were: the list refuses such figures, and so do we.
      if (rates !== 'stepped' && cachedTokens <= inputTokens) {
        const { input, output, cached } = rates
        const usd = (inputTokens - cachedTokens) * input + cachedTokens * cached + outputTokens * output
        return { usd: usd.toFixed(10), source }
      }
      const total = rates === 'stepped' ? totalOf(listed, inputTokens, outputTokens, cachedTokens) : null
      return total === null ? unknown : { usd: total.toFixed(10), source }
    },

    facts(priced) {
      const entry = entryOf(priced)
      entry.facts ??= factsOf(entry.listed)
      return entry.facts
    },
  }
}

/** Whether the built-in list has a price for a model. */
export const isPriced = (listed: Omit<Priced, 'provider'>): boolean => ratesOf(listed) !== 'unknown'

function factsOf({ priceList, model }: Omit<Priced, 'provider'>): ListedFacts {
  const nothing = { name: null, contextLength: null }
  if (priceList === null) return nothing
  try {
    const found = listed({ input_tokens: 1 }, priceList, model)?.model
    return { name: found?.name ?? null, contextLength: found?.context_window ?? null }
  } catch {
    return nothing
  }
}

/** Rates of a model whose price is the same for every token. */
function ratesOf({ priceList, model }: Omit<Priced, 'provider'>): Entry['rates'] {
  if (priceList === null) return 'unknown'
  if (priceList === 'free') return nothing
  try {
    const million = listed({ input_tokens: 1e6, output_tokens: 1e6 }, priceList, model)
    if (!million) return 'unknown'
    const cached = totalOf({ priceList, model }, 1e6, 0, 1e6)
    const isFlat = Object.values(million.model_price).every((price) => typeof price === 'number')
    if (!isFlat || cached === null) return 'stepped'
    return { input: million.input_price / 1e6, output: million.output_price / 1e6, cached: cached / 1e6 }
  } catch {
    return 'stepped'
  }
}

function totalOf(
  { priceList, model }: Omit<Priced, 'provider'>,
  inputTokens: number,
  outputTokens: number,
  cachedTokens: number,
): number | null {
  if (priceList === null) return null
  try {
    const usage = {
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      ...(cachedTokens > 0 ? { cache_read_tokens: cachedTokens } : {}),
    }
    return listed(usage, priceList, model)?.total_price ?? null
  } catch {
    // The list refuses figures that cannot be.
    return null
  }
}

/** Looks a model up in a provider's list. @throws Error for figures that cannot be */
function listed(usage: Parameters<typeof calcPrice>[0], priceList: string, model: string) {
  // Google's have longer names too: https://ai.google.dev/api/models, and of Vertex AI with publisher and project.
  const name = priceList === 'google' ? model.slice(model.lastIndexOf('/') + 1) : model
  return calcPrice(usage, name, { providerId: priceList })
}
