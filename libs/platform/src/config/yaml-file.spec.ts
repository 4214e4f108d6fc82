import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigError } from './parse.js'
import { readYamlFile } from './yaml-file.js'

const entry = z.strictObject({ name: z.string(), weight: z.number().positive('must be above 0').optional() })
const schema = z.strictObject({
  key: z.string().optional(),
  entries: z.array(z.union([z.string(), entry])).optional(),
  by: z.record(z.string().regex(/^[a-z]+$/, 'must be small letters'), z.int()).optional(),
})

describe('a file of the operator', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const read = (text: string | Uint8Array, environment: Record<string, string> = {}) => {
    const path = join(folder, 'file.yaml')
    writeFileSync(path, text)
    return readYamlFile({ variable: 'THE_FILE', path, schema, environment })
  }
  const problemOf = (text: string | Uint8Array, environment?: Record<string, string>) => {
    try {
      read(text, environment)
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      return (error as Error).message.replace(`THE_FILE: ${join(folder, 'file.yaml')}`, 'FILE')
    }
    throw new Error('it was read')
  }

  it('is read, with the variables that it refers to put in after its form is known', () => {
    const { value, refersTo } = read('key: "a ${ONE}${TWO}"\nentries: [x, {name: "${ONE}", weight: 2}]\n', {
      ONE: 'one\nentries: []',
      TWO: '${ONE}',
    })
    expect(value).toEqual({
      key: 'a one\nentries: []${ONE}',
      entries: ['x', { name: 'one\nentries: []', weight: 2 }],
    })
    expect([...refersTo]).toEqual(['ONE', 'TWO'])
    expect(read('').value).toEqual({})
    expect(read('\uFEFF# nothing\n').value).toEqual({})
    expect(read('entries: [&a {name: x}, *a]').value.entries).toEqual([{ name: 'x' }, { name: 'x' }])
  })

  it.each([
    ['key: 1\n', 'FILE:1:6: key must be a text; one of digits alone stands in quotes'],
    ['key: a\nkei: b\n', 'FILE:2:1: kei Unrecognized key: "kei"'],
    ['entries:\n  - name: a\n    weight: 0\n', 'FILE:3:13: entries[0].weight must be above 0'],
    ['entries:\n  - x\n  - nam: a\n', 'FILE:3:5: entries[1].nam Unrecognized key'],
    ['entries:\n  - weight: 1\n', 'FILE:2:5: entries[0].name is missing'],
    ['entries:\n  - 3\n', 'FILE:2:5: entries[0] Invalid input'],
    ['entries: text\n', 'FILE:1:10: entries must be a list'],
    ['by:\n  Ab: 1\n', 'FILE:2:3: by.Ab must be small letters'],
    ['by:\n  ab: 1.5\n', 'FILE:2:7: by.ab must be a whole number'],
    ['- a\n', 'FILE:1:1: the file must be names with values'],
    ['key: ${NOT_SET}\n', 'FILE:1:6: key refers to NOT_SET, which is not set. Set it, or take the line out'],
    ['key: ${a b}\n', 'FILE:1:6: key holds "${" without the name of a variable: write ${NAME}'],
    ['key: "${A"\n', 'FILE:1:6: key refers to A, which is not set. Set it, or take the line out'],
    ['key: a\nkey: b\n', 'FILE:2:1: is not YAML: Map keys must be unique'],
    ['key: [a\n', 'FILE:2:1: is not YAML: Flow sequence in block collection must be sufficiently indented'],
    ['a: 1\n---\nb: 2\n', 'FILE:2:1: is not YAML: Source contains multiple documents'],
  ])('%j is refused by line and column', (text, problem) => {
    expect(problemOf(text)).toContain(problem)
  })

  it('tells the first problem, by where it stands', () => {
    expect(problemOf('by:\n  ab: x\nkey: 1\nzzz: 1\n')).toContain('FILE:2:7: by.ab')
  })

  it('never repeats what stands in the file: it may be a secret', () => {
    for (const text of [
      'key: *sk-secret\n',
      'key: !sk-secret x\n',
      'key: @sk-secret\n',
      'key: %sk-secret\n',
      'key: "sk-secret\\q"\n',
      'key: sk: secret\n',
      'key: {sk-secret}\n',
      'entries: sk-secret\n',
      'by: {a: sk-secret}\n',
      'key: "${sk-secret}"\n',
    ])
      expect(problemOf(text), text).not.toContain('secret')
  })

  it('says of a file that is not there, is a folder or no text that it cannot be read', () => {
    for (const path of [join(folder, 'nowhere.yaml'), folder])
      expect(() => readYamlFile({ variable: 'THE_FILE', path, schema, environment: {} })).toThrow(
        /^THE_FILE: .* cannot be read \(.*\)\. Name another file$/,
      )
    expect(problemOf(new Uint8Array([0x6b, 0xff, 0xfe]))).toContain('cannot be read')
    expect(problemOf('a'.repeat((1 << 20) + 1))).toContain('cannot be read')
  })

  it('an alias bomb is refused, and a member __proto__ is one like any other', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
    for (const [one, next] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh'].map((pair) => [...pair]))
      bomb.push(`${next}: &${next} [${Array(9).fill(`*${one}`).join(',')}]`)
    expect(problemOf(bomb.join('\n'))).toContain('FILE:')
    expect(problemOf('__proto__: {key: a}\n')).toContain('FILE:1:1: __proto__')
    expect(({} as { key?: string }).key).toBeUndefined()
  })
})
