import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { O200K_TOKEN_SPLIT_REGEX as words } from 'gpt-tokenizer/encodingParams/constants'
import { describe, expect, it } from 'vitest'
import { BytePairs } from './byte-pairs.js'

const fileOf = (tokens: (string | Buffer)[]) =>
  Buffer.from(tokens.map((token, rank) => `${Buffer.from(token).toString('base64')} ${rank}\n`).join(''))

describe('Byte pairs', () => {
  it('are merged in the order of their ranks, not in that of the text', () => {
    const pairs = new BytePairs(fileOf(['a', 'b', 'c', 'bc', 'ab', 'abcabc']))
    // a + bc, for bc comes before ab.
    expect(pairs.count('abc')).toBe(2)
    expect(pairs.count('aba')).toBe(2)
    // A word that is a token is one, whether or not its pairs lead there.
    expect(pairs.count('abcabc')).toBe(1)
    expect(pairs.count('abcabca')).toBe(5)
    expect(pairs.count('')).toBe(0)
  })

  it('count each byte of what is in no token', () => {
    const pairs = new BytePairs(
      fileOf(['a', Buffer.from([0xc3]), Buffer.from([0xa4]), Buffer.from([0xc3, 0xa4])]),
    )
    expect(pairs.count('x')).toBe(1)
    expect(pairs.count('äa')).toBe(2)
    expect(pairs.count('öa')).toBe(3)
    expect(pairs.count('a'.repeat(1000))).toBe(1000)
  })

  const path = createRequire(import.meta.url).resolve('gpt-tokenizer/data/o200k_base.tiktoken')
  const o200k = new BytePairs(readFileSync(path))
  const count = (text: string) =>
    [...text.matchAll(words)].reduce((sum, [word]) => sum + o200k.count(word), 0)

  it('count as gpt-tokenizer does', () => {
    let state = 1
    const random = (below: number) => {
      state = (state * 48_271) % 0x7fffffff
      return state % below
    }
    // Of each kind of writing something: ASCII, Latin, Cyrillic, Arabic, Indic, CJK, Hangul, emoji, halves of characters.
    const ranges = [
      [0x20, 95],
      [0x20, 95],
      [0x61, 26],
      [0xa0, 0x1b0],
      [0x400, 0x100],
      [0x600, 0x100],
      [0x900, 0x400],
      [0x4e00, 0x5200],
      [0xac00, 0x2ba0],
      [0x1f300, 0x700],
      [0xd800, 0x800],
      [0, 32],
    ] as const
    for (let round = 0; round < 5000; round++) {
      const [from, length] = ranges[random(ranges.length)] ?? ranges[0]
      let text = ''
      for (let left = random(30); left >= 0; left--) text += String.fromCodePoint(from + random(length))
      if (round % 2) text = `The answer, they said, is ${text}, isn’t it?`
      expect(count(text), JSON.stringify(text)).toBe(countTokens(text, { disallowedSpecial: new Set() }))
    }
    const page = readFileSync(new URL('../../../../docs/performance.md', import.meta.url), 'utf8')
    expect(count(page)).toBe(countTokens(page))
  })

  it('know the mark of the byte order, which gpt-tokenizer reads away', () => {
    expect(count('\ufeff')).toBe(1)
  })
})
