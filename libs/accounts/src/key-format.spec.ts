import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { keyHash, newKey } from './key-format.js'

it('T36: a key is 256 random bits that are found by their SHA-256, and known by a prefix that tells next to nothing', () => {
  const keys = [...Array(2000)].map(() => newKey())
  expect(new Set(keys.map(({ hash }) => hash)).size).toBe(keys.length)
  for (const { text, hash, prefix } of keys) {
    expect(text).toMatch(/^gh_[0-9A-Za-z]{49}$/)
    expect(hash).toBe(createHash('sha256').update(text).digest('base64url'))
    expect(keyHash(text)).toBe(hash)
    expect(text.startsWith(prefix)).toBe(true)
    expect(prefix).toHaveLength(10)
  }
  // Every digit in every place but the first, which 256 bits do not fill.
  for (let place = 4; place < 46; place++)
    expect(new Set(keys.map(({ text }) => text[place])).size, `place ${place}`).toBe(62)
})

it('tells any one wrong character, two that changed places, and a key that was cut, without a look at the database', () => {
  const { text } = newKey()
  for (let place = 0; place < text.length; place++) {
    const other = text[place] === 'x' ? 'y' : 'x'
    expect(keyHash(text.slice(0, place) + other + text.slice(place + 1)), text).toBe('malformed')
    expect(keyHash(text.slice(0, place))).toBe('malformed')
    const next = text[place + 1]
    if (next !== undefined && next !== text[place])
      expect(keyHash(text.slice(0, place) + next + text[place] + text.slice(place + 2)), text).toBe(
        'malformed',
      )
  }
  for (const wrong of [
    '',
    `${text} `,
    ` ${text}`,
    `${text}\n`,
    text.toLowerCase(),
    text.replace('gh_', 'ghp_'),
  ])
    expect(keyHash(wrong), wrong).toBe('malformed')
})
