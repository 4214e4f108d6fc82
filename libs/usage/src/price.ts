import { calcPrice } from '@pydantic/genai-prices'
import type { Usage } from './record.js'

/** What a call cost. */
export interface Cost {
  /** US dollars as a decimal string with ten places; null where no price is known, never 0 for unknown. */
  usd: string | null
  source: string | null
}

/** The price list that is built in; offline. */
const source = 'genai-prices'

/**
 * Prices a call by the built-in list of prices (https://github.com/pydantic/genai-prices).
 * Where the list has no price, or no sense can be made of the figures, there is none.
 * @param priceList the provider's name in that list; null for a provider whose prices nobody publishes
 * @param model as the provider was asked for it
 */
export function priceOf(priceList: string | null, model: string, usage: Usage): Cost {
  if (priceList === null) return { usd: null, source: null }
  try {
    const result = calcPrice(
      {
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens,
        ...(usage.cachedTokens > 0 ? { cache_read_tokens: usage.cachedTokens } : {}),
      },
      model,
      { providerId: priceList },
    )
    if (result) return { usd: result.total_price.toFixed(10), source }
  } catch {
    // The list refuses figures that cannot be, such as more tokens from the cache than there were.
  }
  return { usd: null, source: null }
}
