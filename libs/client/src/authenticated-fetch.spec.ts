import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTokenGateway, type TokenGateway } from '../test/stand-ins.js'
import { authenticatedFetch, type Fetch } from './authenticated-fetch.js'
import { ProxyAuthHandler, type ProxyAuthHandlerOptions } from './proxy-auth-handler.js'

let gateway: TokenGateway
let elsewhere: TokenGateway
let asked: number
let call: Fetch

/** A new `fetch` whose handler numbers its tokens. */
function fetchWith(options: Partial<ProxyAuthHandlerOptions> = {}): Fetch {
  asked = 0
  const credential = {
    getToken: async () => ({ token: `token-${++asked}`, expiresOnTimestamp: Date.now() + 3_600_000 }),
  }
  return authenticatedFetch(new ProxyAuthHandler({ credential, ...options }), {
    baseUrl: `${gateway.url}/v1`,
  })
}
const tokens = (at: TokenGateway) => at.requests.map(({ headers }) => headers.authorization)

beforeEach(async () => {
  gateway = await startTokenGateway()
  elsewhere = await startTokenGateway()
  call = fetchWith()
})
afterEach(() => Promise.all([gateway.close(), elsewhere.close()]))

describe('a request to the gateway', () => {
  it.each<[string, () => Promise<Response>]>([
    ['a text', () => call(`${gateway.url}/v1/models`)],
    ['a URL', () => call(new URL('/v1/models', gateway.url))],
    ['a Request', () => call(new Request(`${gateway.url}/v1/models`, { headers: { 'x-own': 'kept' } }))],
    ['a path beside the base', () => call(`${gateway.url}/api/v1/history`)],
  ])('carries the token, its address given as %s', async (_, ask) => {
    expect(await (await ask()).text()).toBe('welcome')
    expect(tokens(gateway)).toEqual(['Bearer token-1'])
  })

  it('carries it in the place of any other, and the rest as it was', async () => {
    await call(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer placeholder', 'content-type': 'application/json', 'x-own': 'kept' },
      body: '{"model":"m"}',
    })
    const [request] = gateway.requests
    expect(request).toMatchObject({ method: 'POST', body: '{"model":"m"}' })
    expect(request?.headers).toMatchObject({ authorization: 'Bearer token-1', 'x-own': 'kept' })
  })

  it('leaves the arguments of its caller as they are', async () => {
    const init = Object.freeze({ method: 'POST', headers: Object.freeze({ 'x-own': 'kept' }), body: '{}' })
    await call(`${gateway.url}/v1`, init)
    expect(init.headers).toEqual({ 'x-own': 'kept' })
  })

  it('is not sent when there is no token', async () => {
    const failing = { getToken: () => Promise.reject(new Error('no such client')) }
    await expect(fetchWith({ credential: failing })(`${gateway.url}/v1`)).rejects.toThrow('no such client')
    expect(gateway.requests).toEqual([])
  })

  it('is sent without one, after a warning, with onTokenError "continue"', async () => {
    const failing = { getToken: () => Promise.reject(new Error('no such client')) }
    const warnings: string[] = []
    const send = fetchWith({
      credential: failing,
      onTokenError: 'continue',
      warn: (message) => void warnings.push(message),
    })
    const { status } = await send(`${gateway.url}/v1`, { headers: { authorization: 'Bearer placeholder' } })
    expect(status).toBe(200)
    expect(tokens(gateway)).toEqual([undefined])
    expect(warnings).toEqual(['Failed to get proxy auth headers: no such client'])
  })

  it('is given up while it waits for a token, and another caller gets that token', async () => {
    let answer = (_: { token: string; expiresOnTimestamp: number }) => {}
    const credential = {
      getToken: () =>
        new Promise<{ token: string; expiresOnTimestamp: number }>((resolve) => {
          answer = resolve
        }),
    }
    const send = fetchWith({ credential })
    const leave = new AbortController()
    const leaving = send(`${gateway.url}/v1/left`, { signal: leave.signal })
    const staying = send(`${gateway.url}/v1/stayed`, { signal: AbortSignal.timeout(20_000) })
    leave.abort(new Error('left'))
    await expect(leaving).rejects.toThrow('left')
    await expect(send(`${gateway.url}/v1`, { signal: AbortSignal.abort() })).rejects.toThrow('abort')
    answer({ token: 'late', expiresOnTimestamp: Date.now() + 3_600_000 })
    expect((await staying).status).toBe(200)
    expect(gateway.requests.map(({ path }) => path)).toEqual(['/v1/stayed'])
  })
})

describe('a request to anybody else', () => {
  it('goes out as its caller made it, without the token', async () => {
    await call(`${elsewhere.url}/v1/chat`, { headers: { authorization: 'Bearer theirs' } })
    await call(new Request(elsewhere.url))
    expect(tokens(elsewhere)).toEqual(['Bearer theirs', undefined])
    expect(asked).toBe(0)
  })

  it.each([
    (url: URL) => `http://localhost:${url.port}/v1`,
    (url: URL) => `http://user@localhost:${url.port}/v1`,
    (url: URL) => `http://127.0.0.2:${url.port}/v1`,
    (url: URL) => `https://127.0.0.1:${url.port}/v1`,
    () => '/v1/models',
    () => 'data:,hello',
  ])('is whatever has another scheme, host or port', async (address) => {
    await call(address(new URL(gateway.url))).catch(() => undefined)
    expect(asked).toBe(0)
    expect(tokens(gateway).filter(Boolean)).toEqual([])
  })

  it('a redirect is handed back, and neither token nor body goes where it points', async () => {
    for (const redirectTo of [`${elsewhere.url}/steal`, `${gateway.url}/other`]) {
      gateway.redirectTo = redirectTo
      const response = await call(`${gateway.url}/v1`, {
        method: 'POST',
        body: 'a prompt',
        redirect: 'follow',
      })
      expect([response.status, response.headers.get('location')]).toEqual([307, redirectTo])
    }
    await expect(call(`${gateway.url}/v1`, { redirect: 'error' })).rejects.toThrow()
    expect(elsewhere.requests).toEqual([])
    expect(gateway.requests.map(({ path }) => path)).toEqual(['/v1', '/v1', '/v1'])
  })
})

describe('after a 401', () => {
  const form = new FormData()
  form.set('file', new Blob(['bytes']), 'name.txt')
  const replayable: [string, RequestInit][] = [
    ['no body', {}],
    ['a text', { method: 'POST', body: 'text' }],
    ['bytes', { method: 'POST', body: new TextEncoder().encode('bytes') }],
    ['a buffer', { method: 'POST', body: new TextEncoder().encode('bytes').buffer }],
    ['a blob', { method: 'POST', body: new Blob(['bytes']) }],
    ['a form', { method: 'POST', body: new URLSearchParams({ a: 'b' }) }],
    ['a form with a file', { method: 'POST', body: form }],
  ]
  it.each(replayable)('the token is refreshed and the request sent once more, with %s', async (_, init) => {
    gateway.accepts = (token) => token === 'token-2'
    const response = await call(`${gateway.url}/v1`, init)
    expect([response.status, await response.text()]).toEqual([200, 'welcome'])
    expect(tokens(gateway)).toEqual(['Bearer token-1', 'Bearer token-2'])
    const bodies = gateway.requests.map(({ body }) => body.replaceAll(/-{2,}formdata\S+/g, ''))
    expect(bodies[1]).toBe(bodies[0])
  })

  const unrepeatable: [string, () => [string | Request, RequestInit?]][] = [
    [
      'a web stream',
      () => [gateway.url, { method: 'POST', body: new Blob(['bytes']).stream(), duplex: 'half' }],
    ],
    [
      'a stream of Node',
      () => [
        gateway.url,
        { method: 'POST', body: Readable.from(['bytes']) as unknown as Blob, duplex: 'half' },
      ],
    ],
    ['a Request with a body', () => [new Request(gateway.url, { method: 'POST', body: 'text' })]],
  ]
  it.each(unrepeatable)('%s is not sent again; the next request has the new token', async (_, given) => {
    gateway.accepts = (token) => token === 'token-2'
    const response = await call(...given())
    expect([response.status, await response.text()]).toEqual([401, 'no'])
    expect((await call(gateway.url)).status).toBe(200)
    expect(tokens(gateway)).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  it('a second 401 is handed back: one refresh, one retry', async () => {
    gateway.accepts = () => false
    for (let turn = 0; turn < 3; turn++) {
      const response = await call(gateway.url)
      expect([response.status, await response.text()]).toEqual([401, 'no'])
    }
    // The two requests after the first find that the refresh was a moment ago.
    expect(asked).toBe(2)
    expect(gateway.requests).toHaveLength(4)
  })

  it('fifty requests with the same stale token cause one refresh, and all succeed', async () => {
    gateway.accepts = (token) => token === 'token-2'
    const responses = await Promise.all(Array.from({ length: 50 }, () => call(gateway.url)))
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
    expect(asked).toBe(2)
  })

  it('a credential that has no other token leaves it at that', async () => {
    gateway.accepts = () => false
    const credential = {
      getToken: async () => ({ token: 'only', expiresOnTimestamp: Date.now() + 3_600_000 }),
    }
    const response = await fetchWith({ credential })(gateway.url)
    expect([response.status, await response.text()]).toEqual([401, 'no'])
    expect(gateway.requests).toHaveLength(1)
  })

  it.each(['throw', 'continue'] as const)('a refresh that fails: %s', async (onTokenError) => {
    gateway.accepts = () => false
    let count = 0
    const getToken = async () => {
      if (++count > 1) throw new Error('the issuer is down')
      return { token: 'first', expiresOnTimestamp: Date.now() + 3_600_000 }
    }
    const send = fetchWith({ credential: { getToken }, onTokenError, warn: () => undefined })(gateway.url)
    if (onTokenError === 'throw') await expect(send).rejects.toThrow('the issuer is down')
    else expect((await send).status).toBe(401)
    expect(gateway.requests).toHaveLength(1)
  })
})

describe('the way it is made', () => {
  it.each(['', 'gatehouse', '/v1', 'ftp://gatehouse', 'file:///v1'])('refuses the address %j', (baseUrl) => {
    const handler = new ProxyAuthHandler({ credential: { getToken: () => null } })
    expect(() => authenticatedFetch(handler, { baseUrl })).toThrow('http or https')
  })

  it('uses the fetch it is given', async () => {
    const handler = new ProxyAuthHandler({
      credential: { getToken: () => ({ token: 'token', expiresOnTimestamp: 9e12 }) },
    })
    const seen: (string | null)[] = []
    const own: Fetch = async (_, init) => {
      seen.push(new Headers(init?.headers).get('authorization'))
      return new Response('own')
    }
    const send = authenticatedFetch(handler, { baseUrl: 'https://gatehouse.test/v1', fetch: own })
    expect(await (await send('https://gatehouse.test/v1/models')).text()).toBe('own')
    expect(seen).toEqual(['Bearer token'])
  })
})
