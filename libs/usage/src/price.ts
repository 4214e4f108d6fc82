import { calcPrice } from '@pydantic/genai-prices'
import { LRUCache } from 'lru-cache'
import type { Usage } from './record.js'

/** What a call cost. */
export interface Cost {
  /** US dollars as a decimal string with ten places; null where no price is known, never 0 for unknown. */
  usd: string | null
  source: string | null
}

/** The price list that is built in; offline. */
const source = 'genai-prices'
const unknown: Cost = { usd: null, source: null }

/** US dollars for one token, where a price has no steps. */
interface Rates {
  input: number
  output: number
  cached: number
}

/** Finding a model in the list costs more than all the rest of a call; prices may depend on the hour. */
const ratesMs = 60_000
const known = new LRUCache<string, { rates: Rates | 'stepped' | 'unknown' }>({
  max: 2000,
  ttl: ratesMs,
  ttlResolution: 1000,
})

/**
 * Prices a call by the built-in list of prices (https://github.com/pydantic/genai-prices).
 * Where the list has no price, or no sense can be made of the figures, there is none.
 * @param priceList the provider's name in that list; null for a provider whose prices nobody publishes
 * @param model as the provider was asked for it
 */
export function priceOf(priceList: string | null, model: string, usage: Usage): Cost {
  if (priceList === null) return unknown
  const { inputTokens, outputTokens, cachedTokens } = usage
  const key = `${priceList} ${model}`
  let entry = known.get(key)
  if (!entry) {
    entry = { rates: ratesOf(priceList, model) }
    known.set(key, entry)
  }
  const { rates } = entry
  if (rates === 'unknown') return unknown
  // More tokens from the cache than there were: the list refuses such figures, and so do we.
  if (rates !== 'stepped' && cachedTokens <= inputTokens) {
    const { input, output, cached } = rates
    const usd = (inputTokens - cachedTokens) * input + cachedTokens * cached + outputTokens * output
    return { usd: usd.toFixed(10), source }
  }
  const total = listed(priceList, model, inputTokens, outputTokens, cachedTokens)
  return total === null ? unknown : { usd: total.toFixed(10), source }
}

/** What the list of prices says of a model beside its price. */
export interface ListedFacts {
  name: string | null
  /** Tokens of question and answer together. */
  contextLength: number | null
}

/** @param priceList see `priceOf`; nulls where the list does not have the model */
export function factsOf(priceList: string | null, model: string): ListedFacts {
  const nothing = { name: null, contextLength: null }
  if (priceList === null) return nothing
  try {
    const found = calcPrice({ input_tokens: 1 }, model, { providerId: priceList })?.model
    return { name: found?.name ?? null, contextLength: found?.context_window ?? null }
  } catch {
    return nothing
  }
}

/** Rates of a model whose price is the same for every token. */
function ratesOf(priceList: string, model: string): Rates | 'stepped' | 'unknown' {
  try {
    const million = calcPrice({ input_tokens: 1e6, output_tokens: 1e6 }, model, { providerId: priceList })
    if (!million) return 'unknown'
    const cached = listed(priceList, model, 1e6, 0, 1e6)
    const isFlat = Object.values(million.model_price).every((price) => typeof price === 'number')
    if (!isFlat || cached === null) return 'stepped'
    return { input: million.input_price / 1e6, output: million.output_price / 1e6, cached: cached / 1e6 }
  } catch {
    return 'stepped'
  }
}

function listed(
  priceList: string,
  model: string,
  inputTokens: number,
  outputTokens: number,
  cachedTokens: number,
): number | null {
  try {
    const usage = {
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      ...(cachedTokens > 0 ? { cache_read_tokens: cachedTokens } : {}),
    }
    return calcPrice(usage, model, { providerId: priceList })?.total_price ?? null
  } catch {
    // The list refuses figures that cannot be.
    return null
  }
}
