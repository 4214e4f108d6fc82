import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { estimateTokens, preloadTokenizer } from './estimate.js'

const { cache } = createRequire(import.meta.url)
const isLoaded = (part: string) => Object.keys(cache).some((file) => file.endsWith(`${part}/o200k_base.js`))

it('The tokenizer is loaded part by part, while nobody waits, and then counts at once', async () => {
  const seen: [ranks: boolean, encoding: boolean][] = []
  const answers = [false, false, true, false, true]
  await preloadTokenizer(() => {
    seen.push([isLoaded('bpeRanks'), isLoaded('encoding')])
    return answers[seen.length - 1] ?? true
  })
  expect(seen).toEqual([
    [false, false],
    [false, false],
    [false, false],
    [true, false],
    [true, false],
  ])
  expect(isLoaded('encoding')).toBe(true)
  expect(estimateTokens('Hello, world!')).toBe(4)
})
