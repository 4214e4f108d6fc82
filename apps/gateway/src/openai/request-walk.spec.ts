import { describe, expect, it } from 'vitest'
import { maxDepth } from './json-walk.js'
import { walkBody } from './request-walk.js'

const walk = (text: string) => walkBody(Buffer.from(text))

describe('the walk over a request body', () => {
  it('finds what decides over a call, wherever it stands', () => {
    const text =
      ' {"messages":[{"role":"user","content":"a \\"model\\": \\"x\\" {"}], "model" : "openai/gpt-4o","n":1 ,"stream":true}\n'
    const found = walk(text)
    expect(found).toMatchObject({
      model: 'openai/gpt-4o',
      stream: true,
      hasStreamOptions: false,
      bodyStart: 2,
    })
    if (typeof found === 'string') return
    expect(text.slice(found.modelStart, found.modelEnd)).toBe('"openai/gpt-4o"')
  })

  it('gives nothing for a body without them', () => {
    expect(walk('{}')).toMatchObject({ model: undefined, stream: false })
    expect(walk('{"stream":false,"stream_options":null}')).toMatchObject({
      stream: false,
      hasStreamOptions: true,
    })
  })

  it('T64: never guesses at names that two parsers read in two ways', () => {
    for (const text of [
      '{"model":"cheap","model":"dear"}',
      '{"model":"cheap","mod\\u0065l":"dear"}',
      '{"model":"cheap","Model":"dear"}',
      '{"MODEL":"dear"}',
      '{"\u017ftream":true,"model":"x"}',
      '{"model":"ch\\u0065ap"}',
      '{"model":17}',
      '{"model":null}',
      '{"stream":true,"stream":false}',
    ]) {
      expect(walk(text), text).toBe('unclear')
    }
  })

  it('refuses what is not one JSON object', () => {
    for (const text of [
      '',
      ' ',
      '[]',
      'null',
      '"x"',
      '{',
      '{"a"}',
      '{"a":}',
      '{"a":1,}',
      '{,}',
      '{"a":1}{"b":2}',
      '{"a":1} x',
      "{'a':1}",
      '{a:1}',
      '{"a":01}',
      '{"a":+1}',
      '{"a":1.}',
      '{"a":.5}',
      '{"a":NaN}',
      '{"a":tru}',
      '{"a":"\n"}',
      '{"a":"\\x"}',
      '{"a":"\\u12g4"}',
      '{"a":[1,]}',
      '{"a":[1}',
      '{"a":{"b":1]}',
      '{"a":1 "b":2}',
      '{"a":"unfinished',
      '\ufeff{}',
      '{"a":1}\u0000',
    ]) {
      expect(walk(text), text).toBe('invalid')
    }
  })

  it('takes no escape that JSON.parse refuses, near the beginning of a text and far from it', () => {
    const isJson = (text: string) => {
      try {
        return JSON.parse(text) !== null
      } catch {
        return false
      }
    }
    for (const before of ['', 'x'.repeat(300)])
      for (let code = 0; code < 256; code++) {
        const character = String.fromCharCode(code)
        const escapes = [0, 1, 2, 3].map(
          (place) => `\\u${'0'.repeat(place)}${character}${'0'.repeat(3 - place)}`,
        )
        for (const piece of [`\\${character}0000`, ...escapes]) {
          const body = `{"model":"gpt","user":"${before}${piece}"}`
          expect(typeof walkBody(Buffer.from(body)) === 'object', JSON.stringify(body)).toBe(isJson(body))
        }
      }
  })

  it('refuses nesting beyond the limit and takes what is just within', () => {
    const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    expect(walk(nested(maxDepth))).toMatchObject({ model: undefined })
    expect(walk(nested(maxDepth + 1))).toBe('deep')
    expect(walk(`{"a":${'{"b":'.repeat(20_000)}`)).toBe('deep')
  })

  it('refuses more values than may be parsed, and takes 300 000 tokens', () => {
    const list = (value: string, times: number) =>
      `{"model":"x","input":[${Array(times).fill(value).join()}]}`
    expect(walk(list('[]', 99_990))).toMatchObject({ model: 'x' })
    for (const value of ['[]', '{}', '""']) expect(walk(list(value, 100_000)), value).toBe('many')
    expect(walk(list('{"a":1}', 50_000))).toBe('many')
    expect(walk(list('7', 300_000))).toMatchObject({ model: 'x' })
    expect(walk(list('7', 500_000))).toBe('many')
    expect(walk(`{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join()}}`)).toBe('many')
  })

  it('agrees with JSON.parse on random bodies, at every alignment of memory', () => {
    let state = 42
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
      return state % below
    }
    const characters = [
      'a',
      '"',
      '\\',
      '\n',
      'ü',
      '好',
      '👋',
      '{',
      '}',
      '[',
      ',',
      ':',
      ' ',
      '\u0000',
      '/',
      '\u2028',
    ]
    const text = () => [...Array(random(40))].map(() => characters[random(characters.length)]).join('')
    const value = (depth: number): unknown => {
      const kind = random(depth > 4 ? 4 : 6)
      if (kind === 0) return text()
      if (kind === 1) return (random(2_000_000) - 1_000_000) / (random(3) + 1)
      if (kind === 2) return [true, false, null][random(3)]
      if (kind === 3) return text().repeat(random(20))
      if (kind === 4) return [...Array(random(4))].map(() => value(depth + 1))
      return Object.fromEntries([...Array(random(4))].map(() => [text(), value(depth + 1)]))
    }
    for (let round = 0; round < 3000; round++) {
      const model = `openai/gpt-${random(99)}`
      const body: Record<string, unknown> = {}
      for (let index = random(4); index > 0; index--) body[`field_${index}`] = value(0)
      body.model = model
      if (random(2)) body.stream = random(2) === 1
      body.messages = value(0)
      const json = JSON.stringify(body, null, random(2))
      const padded = Buffer.from(' '.repeat(random(4)) + json)
      const aligned = Buffer.alloc(padded.length + 3)
      const offset = random(4)
      padded.copy(aligned, offset)
      const bytes = aligned.subarray(offset, offset + padded.length)
      expect(walkBody(bytes), json).toMatchObject({ model, stream: body.stream === true })

      // A body with one byte changed passes only where JSON.parse takes it as well.
      const broken = Buffer.from(bytes)
      broken[random(broken.length)] = random(128)
      const found = walkBody(broken)
      if (typeof found === 'string') continue
      const parsed = JSON.parse(broken.toString()) as Record<string, unknown>
      expect({ model: found.model, stream: found.stream }).toEqual({
        model: parsed.model,
        stream: parsed.stream === true,
      })
    }
  })
})
