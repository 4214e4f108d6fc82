import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { events, type InnerGateway, startGateway } from './harness.js'

interface ErrorAnswer {
  error: { message: string; type: string; param: string | null; code: string }
}

const body = { model: 'demo/echo', messages: [{ role: 'user', content: 'Hello' }] }
const served = ['/health', '/live', '/ping', '/ready', '/metrics', '/v1/chat/completions']

describe('a gateway with ENABLE_AUTH=false', () => {
  let gateway: InnerGateway

  beforeAll(async () => {
    gateway = await startGateway({
      ENABLE_AUTH: 'false',
      CORS_ORIGINS: 'http://localhost:5173',
      ALLOWED_EMAIL_DOMAINS: 'corp.com',
    })
  })
  afterAll(() => gateway.close())

  const chat = <T = ErrorAnswer>(headers: Record<string, string> = {}, sent: unknown = body) =>
    gateway.ask<T>('/v1/chat/completions', { body: sent, headers })

  it('answers whoever is on this machine, with any credential or none, as one principal whose history it is', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer sk-anything' },
      { authorization: 'Basic x' },
      { origin: new URL(gateway.url).origin },
      { 'sec-fetch-site': 'same-origin' },
      { origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[]) {
      const answer = await chat<{ choices: unknown[] }>(headers)
      expect([answer.status, answer.json.choices.length], JSON.stringify(headers)).toEqual([200, 1])
    }
    const streamed = await chat({}, { ...body, stream: true })
    expect(streamed.status).toBe(200)
    expect(streamed.text).toContain('[DONE]')
    expect(events(streamed.text.replace('data: [DONE]', '')).length).toBeGreaterThan(0)

    const { database } = gateway.gateway
    const people = await database.client.principal.findMany({ include: { identities: true } })
    expect(people).toMatchObject([
      {
        kind: 'user',
        email: 'local@localhost',
        roles: ['member'],
        status: 'active',
        identities: [{ provider: 'local' }],
      },
    ])
    await expect
      .poll(() =>
        database.client.call.count({ where: { principalId: people[0]?.id ?? '', status: 'success' } }),
      )
      .toBe(7)
    expect(await database.client.session.count()).toBe(1)
  })

  it('T47: serves nothing else, however the address is spelled', async () => {
    expect(gateway.gateway.routes.length).toBeGreaterThan(30)
    for (const { method, url } of gateway.gateway.routes) {
      if (method === 'HEAD' || method === 'OPTIONS' || served.includes(url) || url.startsWith('/v1/'))
        continue
      const path = url.replaceAll(/:\w+/g, 'x').replace('*', 'x')
      const answer = await gateway.ask<ErrorAnswer>(path, {
        method,
        ...(method === 'GET' ? {} : { body: {} }),
      })
      expect([answer.status, answer.json?.error?.code], `${method} ${url}`).toEqual([404, 'not_found'])
      expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
    }
    for (const path of [
      '/',
      '/docs',
      '/docs-json',
      '/auth/providers',
      '/%61uth/providers',
      '/api/v1/history',
      '/local/auth',
      '/v1/../auth/providers',
      '/nowhere',
    ])
      expect((await gateway.ask(path)).status, path).toBe(404)
    expect((await gateway.ask('/auth/providers', { method: 'HEAD' })).status).toBe(404)
  })

  it('is probed and measured', async () => {
    for (const path of ['/health', '/live', '/ping', '/ready'])
      expect((await gateway.ask(path)).json, path).toEqual({ status: 'ok' })
    expect((await gateway.ask('/metrics')).text).toContain('http_server_request_duration_seconds')
  })

  it('T74: pages of other sites that are open on this machine spend nobody’s money', async () => {
    const strangers: Record<string, string>[] = [
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: 'http://localhost:9999' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of strangers) {
      const answer = await chat({ ...headers, 'content-type': 'text/plain' })
      expect([answer.status, answer.json.error.code], JSON.stringify(headers)).toEqual([
        403,
        'cross_site_request',
      ])
      expect((await gateway.ask('/metrics', { headers })).status).toBe(403)
    }
    const { port } = new URL(gateway.url)
    const named = (host: string) =>
      new Promise<string>((resolve, reject) => {
        const text = JSON.stringify(body)
        const socket = connect(Number(port), '127.0.0.1', () =>
          socket.write(
            `POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
          ),
        )
        let answer = ''
        socket.on('data', (chunk) => {
          answer += chunk.toString()
        })
        socket.on('close', () => resolve(answer))
        socket.on('error', reject)
      })
    for (const host of [
      'evil.test',
      `evil.test:${port}`,
      `localhost.evil.test:${port}`,
      '10.0.0.1',
      `127.0.0.1.evil.test`,
    ])
      expect(await named(host), host).toMatch(/^HTTP\/1.1 403 /)
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      expect(await named(host), host).toMatch(/^HTTP\/1.1 200 /)
  })

  it('begins a new session where the one it had has ended, and stops where its principal was disabled', async () => {
    const { database, accounts } = gateway.gateway
    const principal = await database.client.principal.findFirstOrThrow()
    const session = await database.client.session.findFirstOrThrow()
    const actor = { principalId: null, address: null, userAgent: null, requestId: null }
    await accounts.endSession(principal.id, session.id, actor, 'session.revoked')
    const answers = await Promise.all(Array.from({ length: 10 }, () => chat()))
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(await database.client.session.count()).toBe(2)
    await accounts.people.setStatus(principal.id, 'disabled', actor)
    expect((await chat()).json.error.code).toBe('account_disabled')
    await accounts.people.setStatus(principal.id, 'active', actor)
    expect((await chat()).status).toBe(200)
  })
})
