import { describe, expect, it } from 'vitest'
import { call, serve, sidecarTo } from './harness.js'

/** An upstream that tells what it was asked. */
async function echo() {
  const seen: { url: string; host: string | undefined; authorization: string[]; keys: string[] }[] = []
  const server = await serve((request, response) => {
    const all = (name: string) =>
      request.rawHeaders.filter(
        (_, index, fields) => index % 2 === 1 && fields[index - 1]?.toLowerCase() === name,
      )
    seen.push({
      url: request.url ?? '',
      host: request.headers.host,
      authorization: all('authorization'),
      keys: [...all('api-key'), ...all('proxy-authorization')],
    })
    response.end('served')
  })
  return { url: server.url, host: new URL(server.url).host, seen }
}

describe('T83: whatever a caller writes, its request goes to the one upstream', () => {
  it.each([
    ['/..//', '/..//'],
    ['//EVIL/x', '//EVIL/x'],
    ['/a/../../b', '/a/../../b'],
    ['http://EVIL/x?y=/z', '/x?y=/z'],
    ['http://EVIL', '/'],
    ['http://EVIL?q', '/?q'],
    ['https://user@EVIL:443//a', '//a'],
    ['/@EVIL', '/@EVIL'],
    ['/\\EVIL', '/\\EVIL'],
    ['/http://EVIL/', '/http://EVIL/'],
  ])('T83: %s', async (written, arrives) => {
    let visits = 0
    const evil = await serve((_request, response) => {
      visits++
      response.end('evil')
    })
    const upstream = await echo()
    const sidecar = await sidecarTo(upstream.url)
    const target = written.replace(/EVIL(:443)?/, new URL(evil.url).host)
    const caller = call(sidecar.url, `GET ${target} HTTP/1.1\r\nHost: ${new URL(evil.url).host}\r\n\r\n`)
    await caller.until('served')
    expect(upstream.seen).toMatchObject([
      { url: arrives.replace('EVIL', new URL(evil.url).host), host: upstream.host },
    ])
    expect(visits).toBe(0)
  })

  it('T83: CONNECT is refused, and nothing is connected', async () => {
    const upstream = await echo()
    const sidecar = await sidecarTo(upstream.url)
    const caller = call(sidecar.url, `CONNECT ${upstream.host} HTTP/1.1\r\nHost: ${upstream.host}\r\n\r\n`)
    expect(await caller.until('\r\n\r\n')).toContain('HTTP/1.1 405 ')
    expect(upstream.seen).toEqual([])
  })

  it('T83: a base with a path stays in front, and nothing climbs out of it', async () => {
    const upstream = await echo()
    const sidecar = await sidecarTo(`${upstream.url}/tenant/openai/`)
    const status = async (target: string) => {
      const caller = call(sidecar.url, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      return Number((await caller.until('never')).slice(9, 12))
    }
    const climbing = [
      '/../x',
      '/..',
      '/a/../../x',
      '/%2e%2E/x',
      '/..%2fx',
      '/..%5cx',
      '/..;a=b/x',
      'http://a/../x',
      '/./..//',
    ]
    for (const target of climbing) expect([target, await status(target)]).toEqual([target, 400])
    expect(upstream.seen).toEqual([])
    for (const target of ['/v1/models?a=..', '/a/../b', '/...', '//x', '/a..b/..c'])
      expect(await status(target)).toBe(200)
    expect(upstream.seen.map(({ url }) => url)).toEqual([
      '/tenant/openai/v1/models?a=..',
      '/tenant/openai/a/../b',
      '/tenant/openai/...',
      '/tenant/openai//x',
      '/tenant/openai/a..b/..c',
    ])
  })

  it('T83: with one Authorization, ours, whatever credentials the caller brought', async () => {
    const upstream = await echo()
    const sidecar = await sidecarTo(upstream.url)
    const credentials = [
      'Authorization: Bearer mine',
      'authorization: Basic bWU6bWU=',
      'API-Key: sk-mine',
      'Proxy-Authorization: Basic bWU6bWU=',
      'Connection: authorization, x-secret',
      'X-Secret: of this hop',
    ]
    const caller = call(sidecar.url, `GET / HTTP/1.1\r\nHost: x\r\n${credentials.join('\r\n')}\r\n\r\n`)
    await caller.until('served')
    expect(upstream.seen).toMatchObject([{ authorization: ['Bearer entra-token-1'], keys: [] }])
  })
})

describe('T82: who may use the identity', () => {
  const key = 'a-key-of-24-characters-xx'

  it('T82: with a key, whoever brings it in either header; it never goes on', async () => {
    const upstream = await echo()
    const sidecar = await sidecarTo(upstream.url, { HOST: '0.0.0.0', SIDECAR_API_KEY: key })
    const url = sidecar.url.replace('0.0.0.0', '127.0.0.1')
    const status = async (header: string) => {
      const caller = call(url, `GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header}\r\n\r\n`)
      return (await caller.until('never')).split('\r\n')[0]
    }
    for (const header of [`Authorization: Bearer ${key}`, `authorization: bearer ${key}`, `api-key: ${key}`])
      expect(await status(header)).toBe('HTTP/1.1 200 OK')
    for (const header of [
      'X: y',
      `Authorization: ${key}`,
      `Authorization: Bearer ${key}x`,
      'api-key: wrong',
      'api-key:',
    ])
      expect(await status(header)).toBe('HTTP/1.1 401 Unauthorized')
    expect(upstream.seen).toHaveLength(3)
    for (const { authorization, keys } of upstream.seen)
      expect([authorization, keys]).toEqual([['Bearer entra-token-1'], []])
    const refused = call(url, 'GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await refused.until('missing_api_key')).toMatch(/www-authenticate: Bearer\r\n/i)
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket'
    expect(await status(upgrade)).toBe('HTTP/1.1 401 Unauthorized')
    expect(upstream.seen).toHaveLength(3)
    const health = call(url, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await health.until('ok"}')).toContain('HTTP/1.1 200 OK')
  })

  it('T82: without one, no page of another origin that a browser of this machine shows', async () => {
    const upstream = await echo()
    const sidecar = await sidecarTo(upstream.url)
    for (const [origin, status] of [
      ['https://evil.example', 403],
      ['null', 403],
      ['http://localhost.evil.example', 403],
      ['http://localhost:3000', 200],
      ['http://[::1]:3000', 200],
    ] as const) {
      const caller = call(
        sidecar.url,
        `POST / HTTP/1.1\r\nHost: x\r\nOrigin: ${origin}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      )
      expect([origin, (await caller.until('never')).slice(9, 12)]).toEqual([origin, String(status)])
    }
    expect(upstream.seen).toHaveLength(2)
  })
})
