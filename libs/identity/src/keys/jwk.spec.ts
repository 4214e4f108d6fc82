import { createSigningKey } from '@gatehouse/testing'
import { describe, expect, it } from 'vitest'
import { readKeys } from './jwk.js'

const good = createSigningKey('good').jwk
const kids = (...keys: unknown[]) => readKeys({ keys }).map(({ kid }) => kid)

describe('readKeys', () => {
  it('takes RSA, EC and Ed25519 keys', () => {
    const ec = createSigningKey('ec', 'ES256').jwk
    const ed = createSigningKey('ed', 'EdDSA').jwk
    expect(kids(good, ec, ed, { ...good, kid: undefined, use: undefined, alg: undefined })).toEqual([
      'good',
      'ec',
      'ed',
      undefined,
    ])
  })

  it.each<[string, () => unknown]>([
    ['a symmetric key', () => ({ kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', kid: 'bad' })],
    ['an RSA key of 512 bits', () => createSigningKey('bad', 'RS256', { bits: 512 }).jwk],
    ['an RSA key of 1024 bits', () => createSigningKey('bad', 'RS256', { bits: 1024 }).jwk],
    [
      'an RSA key of 16384 bits',
      () => ({ ...good, kid: 'bad', n: Buffer.alloc(2048, 0xff).toString('base64url') }),
    ],
    ['the exponent 1', () => ({ ...good, kid: 'bad', e: 'AQ' })],
    ['a huge exponent', () => ({ ...good, kid: 'bad', e: Buffer.alloc(64, 0xff).toString('base64url') })],
    ['a key for encryption', () => ({ ...good, kid: 'bad', use: 'enc' })],
    ['key_ops without verify', () => ({ ...good, kid: 'bad', key_ops: ['encrypt'] })],
    ['a point that is not on the curve', () => ({ ...createSigningKey('bad', 'ES256').jwk, x: 'AAAA' })],
    [
      'an X25519 key',
      () => ({ kty: 'OKP', crv: 'X25519', x: Buffer.alloc(32, 9).toString('base64url'), kid: 'bad' }),
    ],
    ['a kid of 10 kB', () => ({ ...good, kid: 'k'.repeat(10_000) })],
    ['a text', () => 'key'],
    ['null', () => null],
  ])('T34: leaves out %s', (_, bad) => {
    expect(kids(bad(), good)).toEqual(['good'])
    expect(() => kids(bad())).toThrow()
  })

  it.each<[string, unknown]>([
    ['no keys', { keys: [] }],
    ['10,000 keys', { keys: Array.from({ length: 10_000 }, () => good) }],
    ['no list', { keys: good }],
    ['an array', [good]],
    ['nothing', undefined],
  ])('T34: refuses a document with %s', (_, document) => {
    expect(() => readKeys(document)).toThrow()
  })

  it('keeps the public members alone of a private key published by mistake', () => {
    const { privateKey } = createSigningKey('leak')
    const [key] = readKeys({ keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'leak' }] })
    expect(key?.key.type).toBe('public')
  })
})
