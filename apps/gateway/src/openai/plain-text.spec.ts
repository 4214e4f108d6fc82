import { describe, expect, it } from 'vitest'
import { escapePassed, skipPlain } from './plain-text.js'
import { walkBody } from './request-walk.js'

const skip = (text: string, at = 0) => {
  const bytes = Buffer.from(text)
  const skipped = skipPlain?.(bytes, at, bytes.length) ?? Number.NaN
  return { at: skipped & ~escapePassed, escaped: (skipped & escapePassed) !== 0 }
}

/** Where the windows begin that a text is copied to. */
const seams = [1 << 10, 3 << 10, 7 << 10, 63 << 10, 127 << 10, 191 << 10]

describe('What is plain in a text', () => {
  it('ends at a quote, a control character, an escape that does not exist, and the end', () => {
    for (const length of [0, 1, 15, 16, 17, 31, 32, 1000, 1023, 1024, 5000, 200_000]) {
      const plain = 'x'.repeat(length)
      for (const stop of ['"', '\n', '\u0000', '\u001f', '\\x', '\\', '\\u12', '\\u12g4', '\\u', '\\U1234'])
        expect(skip(`${plain}${stop}`), `${length} ${stop}`).toEqual({ at: length, escaped: false })
      expect(skip(plain)).toEqual({ at: length, escaped: false })
    }
  })

  it('goes on over every other byte and every escape', () => {
    const plain = 'grüße 好 👋 \u007f\u2028 !#[]^{}'
    const escapes = '\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uD83d\\uDc4B\\u00fF'
    expect(skip(`${plain}"`)).toEqual({ at: Buffer.byteLength(plain), escaped: false })
    expect(skip(`${escapes}"`)).toEqual({ at: escapes.length, escaped: true })
    const both = `${plain}${escapes}`.repeat(14)
    expect(skip(`${both}"`)).toEqual({ at: Buffer.byteLength(both), escaped: true })
    expect(skip(`"${plain}"`, 1)).toEqual({ at: 1 + Buffer.byteLength(plain), escaped: false })
  })

  it('is found by the walk as by JSON.parse, wherever the windows meet', () => {
    const bodies = (text: string) => `{"model":"a/b","messages":[{"role":"user","content":"${text}"}]}`
    const start = bodies('').indexOf('""') + 1
    const isJson = (text: string) => {
      try {
        return JSON.parse(text) !== null
      } catch {
        return false
      }
    }
    const whole = 'y'.repeat(200 << 10)
    // The first bytes of a text are read elsewhere.
    for (const seam of [0, ...seams])
      for (const piece of ['\\"', '\\n', '\\u00e4', '\\u00x4', '\\q', '\n', '"', '\\\\', 'ü', '\\u12'])
        for (let shift = -8; shift <= 8; shift++) {
          const place = 128 + seam + shift
          const body = bodies(`${whole.slice(0, place)}${piece}${whole.slice(place)}`)
          const found = walkBody(Buffer.from(body))
          expect(typeof found === 'object', `${piece} at ${start + place}`).toBe(isJson(body))
        }
  })
})
