import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { serve, sidecarTo, until } from './harness.js'

/** An upstream that takes what it is told to take; every other token is 401. */
async function checking(accepts: (token: string) => boolean = () => true) {
  const tokens: string[] = []
  const bodies: string[] = []
  const state = { accepts }
  const server = await serve(async (request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? 'none'
    tokens.push(token)
    bodies.push(Buffer.concat(await request.toArray()).toString())
    if (state.accepts(token)) response.end('served')
    else response.writeHead(401, { 'x-upstream': 'yes' }).end('{"error":{"code":"401"}}')
  })
  return { url: server.url, tokens, bodies, state }
}

const status = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init)
  await response.text()
  return response.status
}

describe('the token', () => {
  it('T84: is asked for once by 500 callers', async () => {
    const upstream = await checking()
    const sidecar = await sidecarTo(upstream.url)
    const answers = await Promise.all(Array.from({ length: 500 }, () => status(sidecar.url)))
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(new Set(upstream.tokens)).toEqual(new Set(['entra-token-1']))
    expect(sidecar.entra.issued).toHaveLength(1)
    expect(sidecar.entra.refusal()).toBeUndefined()
  })

  it('T84: F23: serves while it is valid and the issuer is down; afterwards no request goes without one', async () => {
    const upstream = await checking()
    const sidecar = await sidecarTo(upstream.url, {}, { expiresInSeconds: 6 })
    expect(await status(sidecar.url)).toBe(200)
    sidecar.entra.failNext(...Array<number>(1000).fill(503))
    const asked = sidecar.entra.requests.length
    const began = Date.now()
    expect(await status(`${sidecar.url}/health`)).toBe(200)
    expect(await until(async () => (await status(sidecar.url)) === 503)).toBe(true)
    expect(Date.now() - began).toBeGreaterThan(3_000)
    expect(await status(`${sidecar.url}/health`)).toBe(503)
    const refused = await fetch(sidecar.url)
    expect([refused.status, refused.headers.has('retry-after')]).toEqual([503, true])
    expect(await refused.json()).toMatchObject({ error: { code: 'upstream_auth_unavailable' } })
    const seconds = (Date.now() - began) / 1000
    expect(sidecar.entra.requests.length - asked).toBeLessThanOrEqual(seconds + 2)
    expect(new Set(upstream.tokens)).toEqual(new Set(['entra-token-1']))
    expect(sidecar.log.some(({ msg, reason }) => msg === 'no token' && String(reason).includes('503'))).toBe(
      true,
    )
  })

  it('T84: comes back by itself when the issuer does, without anybody asking', async () => {
    const upstream = await checking()
    const sidecar = await sidecarTo(upstream.url, {}, { expiresInSeconds: 6 })
    expect(await until(() => sidecar.entra.issued.length === 1)).toBe(true)
    sidecar.entra.failNext(503)
    expect(await until(() => sidecar.entra.issued.length >= 2)).toBe(true)
    expect(await status(`${sidecar.url}/health`)).toBe(200)
  })

  it.each([60, '3599', null, -1, 0, 1e12, 'soon'])(
    'T84: that says it lives %s seconds makes no hot loop',
    async (expiresInSeconds) => {
      const upstream = await checking()
      const sidecar = await sidecarTo(upstream.url, {}, { expiresInSeconds })
      for (const end = Date.now() + 2_000; Date.now() < end; await delay(50))
        expect(await status(sidecar.url)).toBe(200)
      expect(sidecar.entra.requests.length).toBeLessThanOrEqual(2)
    },
  )

  it('T84: that the upstream refuses is replaced once, and the request sent again, for all who wait', async () => {
    const upstream = await checking()
    const sidecar = await sidecarTo(upstream.url)
    expect(await status(sidecar.url)).toBe(200)
    upstream.state.accepts = (token) => token !== 'entra-token-1'
    const bodies = Array.from({ length: 20 }, (_, index) => `body ${index}`)
    const answers = await Promise.all(bodies.map((body) => status(sidecar.url, { method: 'POST', body })))
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(sidecar.entra.issued).toHaveLength(2)
    expect(upstream.bodies.length).toBeGreaterThan(21)
    for (const body of bodies) expect(upstream.bodies).toContain(body)
  })

  it('T84: that is always refused costs one new token, and the caller gets the answer of the upstream', async () => {
    const upstream = await checking(() => false)
    const sidecar = await sidecarTo(upstream.url)
    for (let count = 0; count < 5; count++) {
      const response = await fetch(sidecar.url, { method: 'POST', body: 'x' })
      expect([response.status, response.headers.get('x-upstream'), await response.text()]).toEqual([
        401,
        'yes',
        '{"error":{"code":"401"}}',
      ])
    }
    expect(sidecar.entra.issued.length).toBeLessThanOrEqual(2)
    expect(upstream.tokens.length).toBeLessThanOrEqual(6)
  })

  it('T84: that is refused while the issuer is down stays: the refusal may be about one resource alone', async () => {
    const upstream = await checking()
    const sidecar = await sidecarTo(upstream.url)
    expect(await status(sidecar.url)).toBe(200)
    sidecar.entra.failNext(...Array<number>(100).fill(500))
    upstream.state.accepts = () => false
    expect(await status(sidecar.url)).toBe(401)
    upstream.state.accepts = () => true
    expect(await status(sidecar.url)).toBe(200)
  })

  it('T84: a chunked body is sent again as well, as far as it can be kept', async () => {
    const upstream = await checking()
    const sidecar = await sidecarTo(upstream.url)
    expect(await status(sidecar.url)).toBe(200)
    upstream.state.accepts = (token) => token !== 'entra-token-1'
    const post = (size: number) =>
      status(sidecar.url, {
        method: 'POST',
        body: new ReadableStream({
          start(controller) {
            for (let left = size; left > 0; left -= 10_000) controller.enqueue(Buffer.alloc(10_000, 'x'))
            controller.close()
          },
        }),
        duplex: 'half',
      })
    expect(await post(200_000)).toBe(200)
    expect(upstream.bodies.slice(1).map((body) => body.length)).toEqual([200_000, 200_000])
    upstream.state.accepts = () => false
    expect(await post(3_000_000)).toBe(401)
    expect(upstream.bodies).toHaveLength(4)
  })

  it('is what health is about', async () => {
    const upstream = await checking()
    const sidecar = await sidecarTo(upstream.url, { METRICS_PORT: '0' })
    expect(await until(async () => (await status(`${sidecar.url}/health`)) === 200)).toBe(true)
    expect(await (await fetch(`${sidecar.url}/health?probe`)).json()).toEqual({ status: 'ok' })
    // Everything else there is the upstream's.
    for (const [path, method] of [
      ['/health', 'POST'],
      ['/health/', 'GET'],
      ['/metrics', 'GET'],
      ['/ready', 'GET'],
    ] as const)
      expect(await (await fetch(sidecar.url + path, { method })).text()).toBe('served')
    const metrics = await (await fetch(`${sidecar.metricsUrl}/metrics`)).text()
    expect(metrics).toContain('gatehouse_sidecar_certificate_days_left 0\n')
    expect(metrics).toContain('gatehouse_sidecar_token_requests_total{outcome="succeeded"} 1\n')
    expect(metrics).toMatch(/gatehouse_sidecar_requests_total\{status="2xx"\} [4-9]\n/)
    expect(metrics).toMatch(/gatehouse_sidecar_token_valid_seconds 35\d\d\n/)
  })

  it('is in no line of the log, whatever happens', async () => {
    const upstream = await checking(() => false)
    const sidecar = await sidecarTo(upstream.url)
    await status(`${sidecar.url}/path?api-key=sk-secret`, { headers: { authorization: 'Bearer sk-secret' } })
    expect(await until(() => sidecar.log.some(({ msg }) => msg === 'request'))).toBe(true)
    const text = JSON.stringify(sidecar.log)
    expect(text).not.toMatch(/entra-token|sk-secret|PRIVATE KEY/)
  })
})
