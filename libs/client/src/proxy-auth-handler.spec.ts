import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startTokenEndpoint, type TokenEndpoint } from '../test/stand-ins.js'
import type { AccessToken } from './access-token.js'
import { GenericOAuth2Credential } from './generic-oauth2-credential.js'
import { ProxyAuthHandler } from './proxy-auth-handler.js'

const minute = 60_000

/** Numbers its tokens; each lives as long as it is told. */
function numbering(lifeMs = 60 * minute) {
  const state = { count: 0, lifeMs, fail: undefined as Error | undefined, scopes: [] as string[] }
  const getToken = async (scope: string): Promise<AccessToken> => {
    state.scopes.push(scope)
    if (state.fail) throw state.fail
    return { token: `token-${++state.count}`, expiresOnTimestamp: Date.now() + state.lifeMs }
  }
  return { state, credential: { getToken } }
}

describe('a handler over a credential', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

  it('hands the scope on, gives the token with its end in milliseconds, and the header', async () => {
    const { state, credential } = numbering()
    const handler = new ProxyAuthHandler({ credential, scope: 'api://gatehouse/.default' })
    const end = Date.now() + 60 * minute
    expect(await handler.getToken()).toEqual({ token: 'token-1', expiresOnTimestamp: end })
    expect(await handler.getAuthHeaders()).toEqual({ Authorization: 'Bearer token-1' })
    expect(state.scopes).toEqual(['api://gatehouse/.default'])
  })

  it('keeps a token until a minute before its end', async () => {
    const { state, credential } = numbering()
    const handler = new ProxyAuthHandler({ credential })
    await handler.getToken()
    pass(59 * minute - 1)
    expect((await handler.getToken()).token).toBe('token-1')
    pass(1)
    expect((await handler.getToken()).token).toBe('token-2')
    expect(state.count).toBe(2)
  })

  it('serves the old token in its last minute while the issuer is down, and throws once it has ended', async () => {
    const { state, credential } = numbering()
    const handler = new ProxyAuthHandler({ credential })
    await handler.getToken()
    state.fail = new Error('the issuer is down')
    pass(59 * minute + 1)
    for (let turn = 0; turn < 5; turn++) expect((await handler.getToken()).token).toBe('token-1')
    // One of five waited for the issuer.
    expect(state.scopes).toHaveLength(2)
    pass(5_000)
    expect((await handler.getToken()).token).toBe('token-1')
    expect(state.scopes).toHaveLength(3)
    pass(minute)
    await expect(handler.getToken()).rejects.toThrow('the issuer is down')
    state.fail = undefined
    expect((await handler.getToken()).token).toBe('token-2')
  })

  it('never gives a refused token again, and lets refusals cause one refresh in five seconds', async () => {
    const { state, credential } = numbering()
    const handler = new ProxyAuthHandler({ credential })
    await handler.getToken()
    handler.refuse('token-1')
    expect((await handler.getToken()).token).toBe('token-2')
    // The answer to a request of before.
    handler.refuse('token-1')
    handler.refuse('token-2')
    expect((await handler.getToken()).token).toBe('token-2')
    pass(5_000)
    handler.refuse('token-2')
    state.fail = new Error('the issuer is down')
    await expect(handler.getToken()).rejects.toThrow('the issuer is down')
  })

  it('asks again where the credential wishes it, and falls back to what it has', async () => {
    const end = Date.now() + 60 * minute
    const state = { count: 0 }
    const getToken = async () => {
      if (++state.count === 3) throw new Error('not now')
      return { token: `token-${state.count}`, expiresOnTimestamp: end, refreshAfterTimestamp: 0 }
    }
    const handler = new ProxyAuthHandler({ credential: { getToken } })
    const tokens = []
    for (let turn = 0; turn < 4; turn++) {
      tokens.push((await handler.getToken()).token)
      pass(5_000)
    }
    expect(tokens).toEqual(['token-1', 'token-2', 'token-2', 'token-4'])
  })

  it.each([undefined, Number.NaN, Number.POSITIVE_INFINITY])(
    'takes a token whose end is %s for five minutes',
    async (end) => {
      const credential = { getToken: async () => ({ token: 'opaque', expiresOnTimestamp: end as number }) }
      const { expiresOnTimestamp } = await new ProxyAuthHandler({ credential }).getToken()
      expect(expiresOnTimestamp).toBe(Date.now() + 5 * minute)
    },
  )

  it.each([
    null,
    { token: '', expiresOnTimestamp: 9e12 },
    { token: 'secret-value\r\nx-admin: 1', expiresOnTimestamp: 9e12 },
    { token: 'secret-value ü', expiresOnTimestamp: 9e12 },
  ])(
    'throws for an answer without a token that a header can hold, and does not repeat it',
    async (answer) => {
      const handler = new ProxyAuthHandler({ credential: { getToken: async () => answer } })
      const error = await handler.getToken().catch((reason: unknown) => reason)
      expect(error).toMatchObject({ name: 'TokenError', code: 'no_token' })
      expect(inspect(error)).not.toContain('secret-value')
    },
  )

  it('shows nothing of a token to whoever logs it', async () => {
    const { credential } = numbering()
    const handler = new ProxyAuthHandler({ credential })
    await handler.getToken()
    expect(inspect(handler, { depth: 9, showHidden: true }) + JSON.stringify(handler)).not.toContain(
      'token-1',
    )
  })

  it('with onTokenError "continue" warns and gives no header; the token itself still throws', async () => {
    const { state, credential } = numbering()
    state.fail = new Error('no such client')
    const warnings: string[] = []
    const warn = (message: string) => void warnings.push(message)
    const handler = new ProxyAuthHandler({ credential, onTokenError: 'continue', warn })
    expect(await handler.getAuthHeaders()).toEqual({})
    expect(warnings).toEqual(['Failed to get proxy auth headers: no such client'])
    await expect(handler.getToken()).rejects.toThrow('no such client')
    state.fail = undefined
    expect(await handler.getAuthHeaders()).toEqual({ Authorization: 'Bearer token-1' })
  })
})

describe('a handler over a token endpoint', () => {
  let endpoint: TokenEndpoint
  const handlerFor = ({ url: tokenUrl, clientId, clientSecret }: TokenEndpoint) =>
    new ProxyAuthHandler({ credential: new GenericOAuth2Credential({ tokenUrl, clientId, clientSecret }) })

  beforeEach(async () => {
    endpoint = await startTokenEndpoint()
  })
  afterEach(() => endpoint.close())

  it('500 callers, at the start and again at expiry, make one token request each time', async () => {
    endpoint.delayMs = 50
    const handler = handlerFor(endpoint)
    const all = async () =>
      new Set(
        (await Promise.all(Array.from({ length: 500 }, () => handler.getToken()))).map(({ token }) => token),
      )
    // More than a minute is left now, and less in a second.
    endpoint.answer = { expires_in: 61 }
    expect(await all()).toEqual(new Set(['token-1']))
    await delay(1_100)
    endpoint.answer = {}
    expect(await all()).toEqual(new Set(['token-2']))
    expect(endpoint.requests).toHaveLength(2)
  })

  it('500 callers share a failure too, and the next one asks anew', async () => {
    endpoint.delayMs = 50
    endpoint.next({ status: 503, body: 'busy' })
    const handler = handlerFor(endpoint)
    const outcomes = await Promise.allSettled(Array.from({ length: 500 }, () => handler.getToken()))
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']))
    expect(endpoint.requests).toHaveLength(1)
    expect((await handler.getToken()).token).toBe('token-1')
  })
})
