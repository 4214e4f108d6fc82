import { calcPrice } from '@pydantic/genai-prices'
import { describe, expect, it } from 'vitest'
import { createPrices, isPriced } from './price.js'

const usage = (inputTokens: number, outputTokens: number, cachedTokens = 0) => ({
  inputTokens,
  outputTokens,
  cachedTokens,
  reasoningTokens: 0,
  estimated: false,
})

type Figures = Parameters<ReturnType<typeof createPrices>['price']>[1]
const priceOf = (priceList: string | null, model: string, figures: Figures) =>
  createPrices().price({ provider: 'any', priceList, model }, figures)

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

  it.each([
    'models/gemini-2.5-flash',
    'google/gemini-2.5-flash',
    'publishers/google/models/gemini-2.5-flash',
    'projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash',
  ])('is that of Google’s model by its longer name %s', (model) => {
    const figures = usage(1000, 100, 10)
    expect(priceOf('google', model, figures)).toEqual(priceOf('google', 'gemini-2.5-flash', figures))
    expect(priceOf('google', model, figures).usd).not.toBeNull()
    const facts = createPrices().facts({ provider: 'any', priceList: 'google', model })
    expect(facts.contextLength).toBeGreaterThan(0)
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
    expect(priceOf(null, 'llama', usage(1000, 100))).toEqual({ usd: null, source: null })
  })

  it('is null where the figures cannot be', () => {
    expect(priceOf('openai', 'gpt-4o-mini', usage(1, 1, 5))).toEqual({ usd: null, source: null })
  })

  it('is nothing, and known, for a provider that asks nothing', () => {
    expect(priceOf('free', 'echo', usage(1000, 100))).toEqual({ usd: '0.0000000000', source: 'free' })
  })
})

describe('a price that the operator names', () => {
  const perToken = (input: number, output: number, cached = input) => ({
    input: input / 1e6,
    output: output / 1e6,
    cached: cached / 1e6,
  })
  const prices = createPrices([
    { provider: 'custom', model: 'llama', price: perToken(0.2, 0.6, 0.1) },
    { provider: 'custom', model: '*', price: perToken(1, 1) },
    { provider: 'azure', model: 'ours', price: { priceList: 'openai', model: 'gpt-4o-mini' } },
    { provider: 'azure', model: 'stepped', price: { priceList: 'google', model: 'gemini-2.5-pro' } },
    { provider: 'openai', model: 'gpt-4o-mini', price: perToken(0, 0) },
  ])
  const of = (provider: string, model: string, priceList: string | null = null) => ({
    provider,
    model,
    priceList,
  })

  it('counts before the built-in list, a model’s own before that of its provider', () => {
    const million = usage(1_000_000, 1_000_000, 500_000)
    expect(prices.price(of('custom', 'llama'), million)).toEqual({
      usd: '0.7500000000',
      source: 'gatehouse.yaml',
    })
    expect(prices.price(of('custom', 'other'), million).usd).toBe('2.0000000000')
    expect(prices.price(of('openai', 'gpt-4o-mini', 'openai'), million)).toEqual({
      usd: '0.0000000000',
      source: 'gatehouse.yaml',
    })
    expect(prices.price(of('openai', 'gpt-4o', 'openai'), million).source).toBe('genai-prices')
    expect(prices.price(of('ollama', 'llama'), million).usd).toBeNull()
  })

  it('may be that of another model, with its steps and its facts', () => {
    const list = createPrices()
    for (const [own, other] of [
      [of('azure', 'ours', 'azure'), of('openai', 'gpt-4o-mini', 'openai')],
      [of('azure', 'stepped', 'azure'), of('google', 'gemini-2.5-pro', 'google')],
    ] as const) {
      for (const figures of [usage(1000, 10), usage(500_000, 1000, 100)])
        expect(prices.price(own, figures)).toEqual({
          ...list.price(other, figures),
          source: 'gatehouse.yaml',
        })
      expect(prices.facts(own)).toEqual(list.facts(other))
      expect(prices.facts(own).name).not.toBeNull()
    }
    expect(isPriced({ priceList: 'openai', model: 'gpt-4o-mini' })).toBe(true)
    expect(isPriced({ priceList: 'openai', model: 'ours' })).toBe(false)
    expect(isPriced({ priceList: null, model: 'gpt-4o-mini' })).toBe(false)
  })

  it('is null for figures that cannot be', () => {
    expect(prices.price(of('custom', 'llama'), usage(1, 1, 5))).toEqual({ usd: null, source: null })
  })
})
