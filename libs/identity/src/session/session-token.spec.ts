import { createHmac } from 'node:crypto'
import { AppError } from '@gatehouse/contracts'
import { createSigningKey, encodePart, signCompact } from '@gatehouse/testing'
import { describe, expect, it } from 'vitest'
import { createSessionTokens } from './session-token.js'

const secret = 'Zk3vQ8sN1xW6rT0yB5uE9oL2iC7mH4pA'
const previousSecret = 'pR6wY1dK8nF3tG0zV5xS9jM2qB7cU4hE'
const issuer = 'https://gate.example.com'
const tokens = createSessionTokens({ secret, previousSecret, issuer })
const { token: genuine } = tokens.sign({ subject: 'user-1', sessionId: 'session-1', expiresInSeconds: 3600 })
const [genuineHeader = '', genuinePayload = '', genuineSignature = ''] = genuine.split('.')
const header = JSON.parse(Buffer.from(genuineHeader, 'base64url').toString()) as Record<string, unknown>
const claims = JSON.parse(Buffer.from(genuinePayload, 'base64url').toString()) as Record<string, unknown>
const now = Math.floor(Date.now() / 1000)

/** Signed with the real secret, so that only the claims or the header can be at fault. */
const signed = (changes: {
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
  payload?: unknown
}) =>
  signCompact(
    { ...header, ...changes.header },
    changes.payload ?? { ...claims, ...changes.claims },
    secret,
    'HS256',
  )

const codeOf = (token: string): string => {
  try {
    tokens.verify(token)
    return 'accepted'
  } catch (error) {
    return error instanceof AppError ? error.code : String(error)
  }
}

describe('session tokens', () => {
  it("are known by their looks, also where another gateway signed them, and so is nobody else's token", () => {
    const others = createSessionTokens({ secret: previousSecret, issuer: 'https://other.test' })
    const { token } = others.sign({ subject: 's', sessionId: 's', expiresInSeconds: 60 })
    expect([genuine, token].map((each) => tokens.resembles(each))).toEqual([true, true])
    const key = createSigningKey('key')
    for (const header of [{ alg: 'RS256', typ: 'at+jwt' }, { alg: 'HS256', typ: 'JWT' }, { typ: 'at+jwt' }])
      expect(tokens.resembles(signCompact(header, claims, key.privateKey))).toBe(false)
    expect(tokens.resembles('opaque')).toBe(false)
  })

  it('verifies what it signed, and the helper of these tests signs alike', () => {
    const session = tokens.verify(genuine)
    expect(session).toMatchObject({ subject: 'user-1', sessionId: 'session-1' })
    expect(session.expiresAt.getTime() - session.issuedAt.getTime()).toBe(3_600_000)
    expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: expect.any(String) })
    expect(claims).toMatchObject({ iss: issuer, aud: 'gatehouse', sub: 'user-1', sid: 'session-1' })
    expect(codeOf(signed({}))).toBe('accepted')
  })

  it.each(['none', 'None', 'nOnE', undefined, 'HS384', 'HS512', 'RS256', 'ES256'])(
    'T15: refuses alg %s',
    (alg) => {
      const kept = alg?.startsWith('HS') ? alg : 'HS256'
      const input = { ...header, alg }
      expect(codeOf(signCompact(input, claims, secret, kept))).toBe('invalid_token')
      expect(codeOf(signCompact(input, claims, null))).toBe('invalid_token')
      expect(codeOf(`${encodePart(input)}.${genuinePayload}.${genuineSignature}`)).toBe('invalid_token')
    },
  )

  it('T15: refuses a token signed with the public key of an issuer as the secret', () => {
    const { privateKey, jwk } = createSigningKey('k1')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    for (const key of [pem, JSON.stringify(jwk)]) {
      expect(codeOf(signCompact(header, claims, Buffer.from(key), 'HS256'))).toBe('invalid_token')
    }
    expect(codeOf(signCompact({ ...header, alg: 'RS256' }, claims, privateKey))).toBe('invalid_token')
  })

  it.each<[string, Record<string, unknown>]>([
    ['no exp', { exp: undefined }],
    ['exp as a text', { exp: String(now + 60) }],
    ['exp 1e300', { exp: 1e300 }],
    ['exp as a fraction', { exp: now + 0.5 }],
    ['exp negative', { exp: -1 }],
    ['exp null', { exp: null }],
    ['exp more than 24 h ahead', { exp: now + 24 * 3600 + 120 }],
    ['exp before iat', { iat: now, exp: now - 10 }],
    ['no iat', { iat: undefined }],
    ['iat an hour ahead', { iat: now + 3600, exp: now + 7200 }],
    ['iat as a text', { iat: String(now) }],
    ['no aud', { aud: undefined }],
    ['aud as an array', { aud: ['gatehouse'] }],
    ['aud like a pattern', { aud: 'gate.*' }],
    ['another aud', { aud: 'other' }],
    ['no iss', { iss: undefined }],
    ['another iss', { iss: 'https://other.example.com' }],
    ['iss with a slash', { iss: `${issuer}/` }],
    ['no sub', { sub: undefined }],
    ['sub empty', { sub: '' }],
    ['sub as a number', { sub: 7 }],
    ['sub as an object', { sub: { id: 'user-1' } }],
    ['sub as an array', { sub: ['user-1'] }],
    ['sub of 300 characters', { sub: 'u'.repeat(300) }],
    ['no sid', { sid: undefined }],
    ['sid as a number', { sid: 1 }],
    ['nbf', { nbf: now + 3600 }],
  ])('T16: refuses %s', (_, changes) => {
    expect(codeOf(signed({ claims: changes }))).toBe('invalid_token')
  })

  it.each<[string, Record<string, unknown>]>([
    ['an unknown crit', { crit: ['exp'] }],
    ['b64 false', { b64: false, crit: ['b64'] }],
    ['no typ', { typ: undefined }],
    ['typ JWT', { typ: 'JWT' }],
    ['the typ of a link', { typ: 'link+jwt' }],
    ['another writing of typ', { typ: 'AT+JWT' }],
    ['zip', { zip: 'DEF' }],
  ])('T16: refuses a header with %s', (_, changes) => {
    expect(codeOf(signed({ header: changes }))).toBe('invalid_token')
  })

  it.each<[string, unknown]>([
    ['a text', '"user-1"'],
    ['an array', [claims]],
    ['null', 'null'],
    ['a number', '7'],
    ['nothing', ''],
    ['no JSON', '{'],
    ['a repeated sub', JSON.stringify(claims).replace('{', '{"sub":"admin",')],
    ['a repeated sub in another spelling', JSON.stringify(claims).replace('{', '{"\\u0073ub":"admin",')],
  ])('T16: refuses %s as the payload', (_, payload) => {
    expect(codeOf(signed({ payload }))).toBe('invalid_token')
  })

  it.each<[string, Record<string, unknown>]>([
    ['jwk', { jwk: { kty: 'oct', k: 'AAAA' } }],
    ['jku', { jku: 'http://127.0.0.1:9/keys' }],
    ['x5u', { x5u: 'http://127.0.0.1:9/cert' }],
    ['x5c', { x5c: ['AAAA'] }],
    ['a kid that is a path', { kid: '../../dev/null' }],
    ['a kid that is SQL', { kid: "' OR 1=1--" }],
    ['a kid of 10 kB', { kid: 'k'.repeat(10_000) }],
    ['a kid that is a prototype', { kid: '__proto__' }],
    ['no kid', { kid: undefined }],
    ['a kid that is no text', { kid: ['k'] }],
  ])('T18: refuses a header with %s', (_, changes) => {
    expect(codeOf(signed({ header: changes }))).toBe('invalid_token')
  })

  it.each<[string, string]>([
    ['a JWE', 'a.b.c.d.e'],
    ['two parts', `${genuineHeader}.${genuinePayload}`],
    ['an empty signature', `${genuineHeader}.${genuinePayload}.`],
    ['a space before', ` ${genuine}`],
    ['a line break at the end', `${genuine}\n`],
    ['padding', `${genuine}=`],
    ['padding in the payload', `${genuineHeader}.${genuinePayload}==.${genuineSignature}`],
    ['standard base64', `${genuineHeader}.${genuinePayload}.++//${genuineSignature.slice(4)}`],
    ['UTF-16', Buffer.from(genuine, 'utf16le').toString('latin1')],
    ['3 MB', `${genuineHeader}.${'A'.repeat(3_000_000)}.${genuineSignature}`],
    ['an empty text', ''],
    ['a byte order mark', signed({ payload: `\uFEFF${JSON.stringify(claims)}` })],
  ])('T19: refuses %s', (_, token) => {
    expect(codeOf(token)).toBe('invalid_token')
  })

  it('T19: refuses another spelling of the same signature', () => {
    const last = genuineSignature.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    // 32 bytes leave two unused bits in the last letter; a lenient decoder ignores them.
    const twin = alphabet[alphabet.indexOf(last) ^ 1] ?? ''
    expect(Buffer.from(genuineSignature.slice(0, -1) + twin, 'base64url')).toEqual(
      Buffer.from(genuineSignature, 'base64url'),
    )
    expect(codeOf(genuine.slice(0, -1) + twin)).toBe('invalid_token')
  })

  it('T19: refuses 3 MB without decoding it', () => {
    const huge = `${genuineHeader}.${'A'.repeat(3_000_000)}.${genuineSignature}`
    const start = performance.now()
    for (let round = 0; round < 100; round++) codeOf(huge)
    expect((performance.now() - start) / 100).toBeLessThan(50)
  })

  it('T22: takes the previous secret, and neither a removed nor an unknown one', () => {
    const session = { subject: 'user-1', sessionId: 'session-1', expiresInSeconds: 60 }
    const before = createSessionTokens({ secret: previousSecret, issuer })
    expect(codeOf(before.sign(session).token)).toBe('accepted')
    const removed = createSessionTokens({ secret: 'a-removed-one-5VhX2kQ9ZpL7wN3cR8tY', issuer })
    expect(codeOf(removed.sign(session).token)).toBe('invalid_token')
    // The right kid with the wrong secret.
    expect(codeOf(signCompact(header, claims, previousSecret, 'HS256'))).toBe('invalid_token')
    expect(
      codeOf(signed({ header: { kid: createHmac('sha256', 'x').digest('base64url').slice(0, 12) } })),
    ).toBe('invalid_token')
  })

  it('tells an expired token from one that is not ours', () => {
    expect(codeOf(signed({ claims: { iat: now - 7200, exp: now - 3600 } }))).toBe('token_expired')
    expect(codeOf(signed({ claims: { iat: now - 7200, exp: now - 3600, aud: 'other' } }))).toBe(
      'invalid_token',
    )
    const stolen = signed({ claims: { iat: now - 7200, exp: now - 3600 } })
    expect(codeOf(`${stolen.slice(0, -6)}AAAAAA`)).toBe('invalid_token')
  })

  it('signs for 1 s to 24 h only', () => {
    for (const expiresInSeconds of [0, -1, 0.5, 86_401, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => tokens.sign({ subject: 'u', sessionId: 's', expiresInSeconds })).toThrow(RangeError)
  })

  it('T17: refuses a weak secret without printing it', () => {
    expect(() => createSessionTokens({ secret: 'short-and-known', issuer })).toThrow(
      /^(?!.*short-and-known).*15 bytes/,
    )
  })
})
