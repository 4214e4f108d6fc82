import { AppError } from '@gatehouse/contracts'
import { createTransport } from '@gatehouse/outbound'
import { createSigningKey, type OpenIdIssuer, startOpenIdIssuer } from '@gatehouse/testing'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIssuer, type Issuer } from './issuer.js'

describe('an issuer', () => {
  const transport = createTransport()
  let idp: OpenIdIssuer
  let evil: OpenIdIssuer
  let at = 0
  let issuer: Issuer

  beforeEach(async () => {
    idp = await startOpenIdIssuer()
    evil = await startOpenIdIssuer()
    at = Date.now()
    issuer = create()
  })
  afterEach(async () => {
    await Promise.all([idp.close(), evil.close()])
  })
  afterAll(() => transport.close())

  const create = (settings: { discovery?: string; documentIssuers?: string[] } = {}) =>
    createIssuer({
      discovery: idp.issuer,
      documentIssuers: [idp.issuer],
      fetch: transport.fetch,
      now: () => at,
      ...settings,
    })
  const find = (kid = idp.key().kid) => issuer.find({ alg: 'RS256', kid })
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'found',
      (error: unknown) => (error instanceof AppError ? error.code : String(error)),
    )
  const visits = () =>
    evil.requests.discovery + evil.requests.jwks + evil.requests.authorize + evil.requests.token

  it('finds its keys by its discovery document, which is fetched once', async () => {
    expect(await Promise.all(Array.from({ length: 100 }, () => find()))).toHaveLength(100)
    expect(idp.requests).toMatchObject({ discovery: 1, jwks: 1 })
  })

  it('T30: refuses a discovery document of another issuer', async () => {
    for (const other of [
      `${idp.issuer}/`,
      idp.issuer.replace('http:', 'https:'),
      idp.issuer.toUpperCase(),
      evil.issuer,
      7,
    ]) {
      idp.document = { issuer: other }
      issuer = create()
      expect(await codeOf(find())).toBe('issuer_unavailable')
    }
    expect(idp.requests.jwks).toBe(0)
  })

  it('T30: takes the issuer to the letter, a slash at its end included', async () => {
    idp.document = { issuer: `${idp.issuer}/` }
    issuer = create({ discovery: `${idp.issuer}/`, documentIssuers: [`${idp.issuer}/`] })
    expect(await find()).toHaveLength(1)
  })

  it.each([
    ['jwks_uri', 'file:///etc/passwd'],
    ['jwks_uri', undefined],
    ['jwks_uri', 'ftp://127.0.0.1/'],
    ['token_endpoint', 'javascript:alert(1)'],
  ])('T34: refuses %s %s', async (member, value) => {
    idp.document = { [member]: value }
    expect(await codeOf(find())).toBe('issuer_unavailable')
  })

  it.each<[string, () => void]>([
    [
      '5 MB',
      () => {
        idp.jwksText = JSON.stringify({ keys: [createSigningKey('new').jwk], more: 'x'.repeat(5_000_000) })
      },
    ],
    [
      '10,000 keys',
      () => {
        idp.jwksText = JSON.stringify({ keys: Array.from({ length: 10_000 }, () => ({ kty: 'oct' })) })
      },
    ],
    [
      'a symmetric key',
      () => {
        idp.jwksText = JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'new' }] })
      },
    ],
    [
      'a key of 512 bits',
      () => {
        idp.jwksText = JSON.stringify({ keys: [createSigningKey('new', 'RS256', { bits: 512 }).jwk] })
      },
    ],
    [
      'no JSON',
      () => {
        idp.jwksText = '<html>'
      },
    ],
    [
      'a redirect',
      () => {
        idp.conditions.redirectTo = `${evil.origin}/jwks`
      },
    ],
    [
      'an error',
      () => {
        idp.conditions.status = 500
      },
    ],
    [
      'a refusal',
      () => {
        idp.conditions.status = 403
      },
    ],
    [
      'a cut connection',
      () => {
        idp.conditions.down = true
      },
    ],
  ])('T34: keeps the old set when the new one is %s', async (_, spoil) => {
    const old = idp.key().kid
    await find(old)
    spoil()
    expect(await find('new')).toEqual([])
    expect(await find(old)).toHaveLength(1)
    expect(visits()).toBe(0)
  })

  it('T34: is unavailable, with the redirect not followed, when it redirects from the start', async () => {
    idp.conditions.redirectTo = `${evil.origin}/.well-known/openid-configuration`
    expect(await codeOf(find())).toBe('issuer_unavailable')
    expect(visits()).toBe(0)
  })

  it('T34: does the same by a fetch that hands redirects over', async () => {
    idp.conditions.redirectTo = `${evil.origin}/.well-known/openid-configuration`
    issuer = createIssuer({ discovery: idp.issuer, documentIssuers: [idp.issuer], fetch })
    expect(await codeOf(find())).toBe('issuer_unavailable')
    expect(visits()).toBe(0)
  })

  it('T34: gives up on a drip after 5 s', async () => {
    idp.conditions.dripMs = 300
    const start = performance.now()
    expect(await codeOf(find())).toBe('issuer_unavailable')
    const seconds = (performance.now() - start) / 1000
    expect(seconds).toBeGreaterThan(4)
    expect(seconds).toBeLessThan(9)
  })

  it('is 503 with Retry-After while an issuer is down that never answered, and recovers', async () => {
    idp.conditions.down = true
    const error = await find().catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'issuer_unavailable', status: 503, retryAfterSeconds: 5 })
    idp.conditions.down = false
    at += 6_000
    expect(await find()).toHaveLength(1)
  })

  it('serves the last good keys through an outage of less than 24 h, and is 503 after it', async () => {
    const { kid } = idp.key()
    await find(kid)
    idp.conditions.down = true
    at += 23 * 3_600_000
    expect(await find(kid)).toHaveLength(1)
    at += 2 * 3_600_000
    expect(await codeOf(find(kid))).toBe('issuer_unavailable')
  })
})
