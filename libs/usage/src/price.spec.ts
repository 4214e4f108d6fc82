import { calcPrice } from '@pydantic/genai-prices'
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

  it('is the list’s own for every model, with steps and without, at any size', () => {
    for (const [list, model] of [
      ['openai', 'gpt-4o'],
      ['openai', 'gpt-4o-mini-2024-07-18'],
      ['google', 'gemini-2.5-pro'],
      ['anthropic', 'claude-sonnet-4-5'],
      ['anthropic', 'claude-3-5-haiku-latest'],
      ['aws', 'amazon.nova-lite-v1:0'],
      ['deepseek', 'deepseek-chat'],
      ['x-ai', 'grok-4'],
    ] as const) {
      for (const [input, output, cached] of [
        [1, 0, 0],
        [1000, 500, 200],
        [150_000, 10, 150_000],
        [1_000_000, 64_000, 3],
      ] as const) {
        const expected = calcPrice(
          {
            input_tokens: input,
            output_tokens: output,
            ...(cached > 0 ? { cache_read_tokens: cached } : {}),
          },
          model,
          { providerId: list },
        )
        const { usd } = priceOf(list, model, usage(input, output, cached))
        if (!expected) expect(usd, model).toBeNull()
        else expect(Number(usd), `${model} ${input} ${cached}`).toBeCloseTo(expected.total_price, 9)
      }
    }
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
