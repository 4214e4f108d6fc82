import { AppError } from '@gatehouse/contracts'
import { describe, expect, it } from 'vitest'
import { parseJson } from './json-body.js'

const parse = (text: string) => parseJson(Buffer.from(text))

function codeOf(text: string): string {
  try {
    parse(text)
    return 'parsed'
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

/** Every letter of a name as an escape of six. */
const escaped = (name: string) =>
  [...name].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')

describe('a JSON body', () => {
  it('T39: names no prototype, in whatever spelling and at whatever depth', () => {
    for (const body of [
      '{"__proto__":{"a":1}}',
      '{"__proto__" \r\n\t :1}',
      '{"a":[{"b":{"__proto__":null}}]}',
      `{"${escaped('__proto__')}":1}`,
      '{"\\u005F\\u005fproto__":1}',
      '{"_\\u005fprot\\u006F__":1}',
      '{"a":"\\"","__proto\\u005f_":1}',
      '{"a":"\\\\","__proto__":1}',
    ]) {
      expect(codeOf(body), body).toBe('unknown_field')
    }
  })

  it('may hold that name as a text, and other names that look like it', () => {
    for (const body of [
      '{"a":"__proto__"}',
      '["__proto__" , 1]',
      '{"__proto":1,"_proto__":2,"__proto___":3,"__PROTO__":4}',
      '{"a":"\\"__proto__\\":1"}',
      `{"a":"${escaped('__proto__')}"}`,
      '{"\\u00e9":1,"a\\\\":"\\u0022"}',
    ]) {
      expect(parse(body), body).toEqual(JSON.parse(body))
    }
  })

  it('agrees with the parser on what is no JSON', () => {
    for (const body of [
      '',
      '{',
      '"',
      '"\\',
      '{"__proto__',
      '{"\\u00zz______":1}',
      '"__proto__"  ',
      '[1,,2]',
    ]) {
      expect(codeOf(body), body).toBe(body === '"__proto__"  ' ? 'parsed' : 'invalid_json')
    }
  })

  it('has at most 64 levels and 100 000 values', () => {
    expect(codeOf(`${'['.repeat(64)}${']'.repeat(64)}`)).toBe('parsed')
    expect(codeOf(`${'['.repeat(65)}${']'.repeat(65)}`)).toBe('invalid_json')
    expect(codeOf(`[${'1,'.repeat(99_000)}1]`)).toBe('parsed')
    expect(codeOf(`[${'1,'.repeat(100_000)}1]`)).toBe('invalid_json')
    expect(codeOf(`[${'[],'.repeat(60_000)}1]`)).toBe('invalid_json')
    expect(codeOf(`{"a":${JSON.stringify(',[{'.repeat(100_000))}}`)).toBe('parsed')
  })

  it('T68: costs no more for an escape in it', () => {
    const plain = `[${'1,'.repeat(90_000)}"A"]`
    const hostile = `[${'1,'.repeat(90_000)}"\\u0041"]`
    const cost = (text: string) => {
      const bytes = Buffer.from(text)
      const before = process.cpuUsage()
      for (let round = 0; round < 5; round++) parseJson(bytes)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 5 / bytes.length
    }
    cost(plain)
    // A reviver made it tens of times as much.
    expect(cost(hostile)).toBeLessThan(cost(plain) * 5)
  })
})
