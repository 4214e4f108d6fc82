import { describe, expect, it } from 'vitest'
import { priceOf } from './price.js'

const usage = (inputTokens: number, outputTokens: number, cachedTokens = 0) => ({
  inputTokens,
  outputTokens,
  cachedTokens,
  reasoningTokens: 0,
  estimated: false,
})

describe('the price of a call', () => {
  it('is input and output by the published prices', () => {
    // gpt-4o-mini: 0.15 and 0.60 US dollars for a million tokens.
    expect(priceOf('openai', 'gpt-4o-mini', usage(1_000_000, 1_000_000)).usd).toBe('0.7500000000')
    expect(priceOf('openai', 'gpt-4o-mini', usage(1000, 100)).source).toBe('genai-prices')
  })

  it('is lower for tokens that the provider had in its cache', () => {
    const cached = Number(priceOf('openai', 'gpt-4o-mini', usage(1000, 0, 1000)).usd)
    expect(cached).toBeGreaterThan(0)
    expect(cached).toBeLessThan(Number(priceOf('openai', 'gpt-4o-mini', usage(1000, 0)).usd))
  })

  it('is known for the clouds by their own model ids', () => {
    expect(priceOf('aws', 'anthropic.claude-3-sonnet-20240229-v1:0', usage(1000, 100)).usd).toBe(
      '0.0045000000',
    )
    expect(priceOf('google', 'gemini-2.5-flash', usage(1000, 100)).usd).not.toBeNull()
  })

  it('is null, never 0, where nobody knows it', () => {
    expect(priceOf('openai', 'my-fine-tuned-model', usage(1000, 100))).toEqual({ usd: null, source: null })
    expect(priceOf('nobody', 'gpt-4o', usage(1000, 100))).toEqual({ usd: null, source: null })
    expect(priceOf(null, 'echo', usage(1000, 100))).toEqual({ usd: null, source: null })
  })

  it('is null where the figures cannot be', () => {
    expect(priceOf('openai', 'gpt-4o-mini', usage(1, 1, 5))).toEqual({ usd: null, source: null })
  })
})
