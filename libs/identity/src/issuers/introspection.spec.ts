import type { AppError } from '@gatehouse/contracts'
import { type OpaqueIssuer, startOpaqueIssuer } from '@gatehouse/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { completeIssuer } from './presets.js'
import { createTrustedIssuers, type TrustedIssuers } from './trusted-issuers.js'

describe('opaque tokens', () => {
  let server: OpaqueIssuer
  let now: number
  let issuers: TrustedIssuers
  const second = 1000
  beforeAll(async () => {
    server = await startOpaqueIssuer({ clientId: 'gate house', clientSecret: 'a:b%c é' })
  })
  afterAll(() => server.close())
  beforeEach(() => {
    now = Date.now()
    server.tokens.clear()
    server.asked.length = 0
    Object.assign(server, { methods: undefined, offered: true })
    Object.assign(server.conditions, { down: false, status: null })
    issuers = create('a:b%c é')
  })

  const create = (clientSecret: string) =>
    createTrustedIssuers({
      issuers: [
        completeIssuer({
          id: 'one',
          issuer: server.issuer,
          audiences: ['gatehouse'],
          clients: ['batch'],
          introspection: { clientId: 'gate house', clientSecret },
        }),
      ],
      fetch,
      signInAudiences: new Set(['people']),
      now: () => now,
    })

  const grant = (token: string, claims: Record<string, unknown> = {}) =>
    server.tokens.set(token, {
      active: true,
      iss: server.issuer,
      sub: 'batch-1',
      aud: 'gatehouse',
      client_id: 'batch',
      exp: Math.floor(now / second) + 300,
      ...claims,
    })
  const problemOf = async (token: string, by = issuers) =>
    (async () => by.verify(token))().then(
      () => 'accepted',
      (error: AppError) => `${error.status} ${error.message}`,
    )

  it('are asked about once for many callers, and again after half a minute', async () => {
    grant('opaque-1')
    const found = await Promise.all(Array.from({ length: 50 }, async () => issuers.verify('opaque-1')))
    expect(found[0]).toMatchObject({ provider: 'one', subject: 'batch-1', clientId: 'batch' })
    expect(server.asked).toEqual(['opaque-1'])
    now += 29 * second
    expect(issuers.verify('opaque-1')).not.toBeInstanceOf(Promise)
    server.tokens.set('opaque-1', { active: false })
    now += 2 * second
    expect(await problemOf('opaque-1')).toMatch(/^401 The issuer does not know the token/)
  })

  it.each([undefined, ['client_secret_post'], ['client_secret_basic', 'client_secret_post']])(
    'are asked about with our secret as the issuer takes it: %j',
    async (methods) => {
      server.methods = methods
      grant('opaque-1')
      expect(await problemOf('opaque-1')).toBe('accepted')
    },
  )

  it('that are refused are not asked about again for some seconds, and floods are cut', async () => {
    for (let time = 0; time < 20; time++) expect(await problemOf('unknown')).toMatch(/^401/)
    expect(server.asked).toHaveLength(1)
    now += 11 * second
    await problemOf('unknown')
    expect(server.asked).toHaveLength(2)
    const flood = await Promise.all(Array.from({ length: 300 }, (_, index) => problemOf(`flood-${index}`)))
    expect(flood.filter((problem) => problem.startsWith('429')).length).toBeGreaterThanOrEqual(90)
    expect(server.asked.length).toBeLessThan(250)
  })

  it('that are known are asked about again however many strangers come', async () => {
    grant('opaque-1')
    expect(await problemOf('opaque-1')).toBe('accepted')
    now += 31 * second
    const flood = await Promise.all(Array.from({ length: 300 }, (_, index) => problemOf(`flood-${index}`)))
    expect(flood.some((problem) => problem.startsWith('429'))).toBe(true)
    expect(await problemOf('opaque-1')).toBe('accepted')
  })

  it.each<[name: string, claims: Record<string, unknown>, status: number]>([
    ['T27: without an audience', { aud: undefined }, 401],
    ['T27: for another audience', { aud: ['other'] }, 401],
    ['T28: for the client of our sign-in', { aud: ['gatehouse', 'people'] }, 401],
    ['T29: of another client', { client_id: 'other' }, 403],
    ['T31: of another issuer', { iss: 'https://other.test' }, 401],
    ['past their end', { exp: 1 }, 401],
    ['without an end', { exp: undefined }, 401],
    ['without a subject', { sub: undefined }, 401],
    ['active in another sense', { active: 'true' }, 401],
    ['T28: for refreshing', { token_use: 'refresh_token' }, 401],
  ])('%s are refused', async (_name, claims, status) => {
    grant('opaque-1', claims)
    expect(await problemOf('opaque-1')).toMatch(new RegExp(`^${status}`))
  })

  it('are 503 while the issuer is down, refuses our secret, or answers nonsense', async () => {
    grant('opaque-1')
    expect(await problemOf('opaque-1', create('wrong'))).toMatch(/^503/)
    server.conditions.status = 200
    expect(await problemOf('opaque-1', create('a:b%c é'))).toMatch(/^503/)
    server.conditions.status = null
    server.conditions.down = true
    expect(await problemOf('opaque-1', create('a:b%c é'))).toMatch(/^503/)
  })

  it('are refused where the issuer has no endpoint for them, or nobody may ask', async () => {
    server.offered = false
    expect(await problemOf('opaque-1')).toMatch(/^401 The token is not a signed JWT, and issuer one/)
    const mute = createTrustedIssuers({
      issuers: [completeIssuer({ id: 'one', issuer: server.issuer, audiences: ['gatehouse'] })],
      fetch,
      signInAudiences: new Set(),
    })
    expect(await problemOf('opaque-1', mute)).toMatch(/^401 The token is not a signed JWT/)
    expect(server.asked).toEqual([])
  })

  it('a JWT is never shown to the issuer', async () => {
    expect(await problemOf('a.b.c')).toMatch(/^401/)
    expect(server.asked).toEqual([])
  })
})
