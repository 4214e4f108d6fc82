import { connect } from 'node:net'
import { webPages } from '@gatehouse/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  adminEmail,
  type InnerGateway,
  type People,
  type Person,
  startGateway,
  startPeople,
} from './harness.js'

interface ErrorAnswer {
  error: { message: string; type: string; param: string | null; code: string }
}

/** The routes that anybody may reach. A route that is added to this list is added on purpose. */
const publicRoutes = [
  ...webPages.map((page) => `GET ${page}`),
  'GET /assets/*',
  'GET /health',
  'GET /live',
  'GET /ping',
  'GET /ready',
  'GET /auth/providers',
  'POST /auth/register',
  'POST /auth/login',
  'GET /auth/:provider/start',
  'GET /auth/:provider/callback',
  'GET /.well-known/oauth-protected-resource',
]

describe('the edge', () => {
  let people: People
  let gateway: InnerGateway
  let ada: Person
  let bob: Person
  let root: Person

  beforeAll(async () => {
    people = await startPeople()
    gateway = await startGateway({
      ...people.environment,
      CORS_ORIGINS: 'https://app.example.com',
      METRICS_TOKEN: 'metrics-token-0123456789',
    })
    ada = await people.register(gateway, 'ada@example.com')
    bob = await people.register(gateway, 'bob@example.com')
    root = await people.register(gateway, adminEmail)
  })
  afterAll(async () => {
    await gateway.close()
    await people.close()
  })

  /** Sends bytes as they are and gives back all that comes. */
  const raw = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => socket.end(text))
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk.toString()
      })
      socket.on('close', () => resolve(answer))
      socket.on('error', reject)
      socket.setTimeout(5000, () => socket.destroy())
    })

  it('T49: every live route is closed to those without a credential, but for a list that is kept by hand', async () => {
    expect(gateway.gateway.routes.length).toBeGreaterThan(30)
    const open: string[] = []
    for (const { method, url, access } of gateway.gateway.routes) {
      if (method === 'HEAD' || method === 'OPTIONS') continue
      // The embedded issuer answers for itself, and is there in development alone.
      if (url.startsWith('/local')) {
        expect(access, url).toBe('public')
        continue
      }
      const path = url.replaceAll(/:\w+/g, 'x').replace('*', 'x')
      const answer = await gateway.ask<ErrorAnswer>(path, {
        method,
        ...(method === 'GET' ? {} : { body: {} }),
      })
      if (answer.status === 401) expect(answer.json.error.code, `${method} ${url}`).toBe('missing_credential')
      else open.push(`${method} ${url}`)
    }
    const documentation = open.filter((route) => /^GET \/docs/.test(route))
    expect(open.filter((route) => !documentation.includes(route)).sort()).toEqual([...publicRoutes].sort())
    for (const { method, url, access } of gateway.gateway.routes) {
      expect(access === 'public', `${method} ${url}`).toBe(
        publicRoutes.includes(`${method === 'HEAD' ? 'GET' : method} ${url}`) ||
          /^\/(docs|local\/|metrics)/.test(url),
      )
    }
  })

  it('a raw route that says nothing is closed', async () => {
    const other = await startGateway({})
    try {
      expect(other.gateway.routes.find(({ url }) => url === '/v1/chat/completions')).toMatchObject({
        access: 'caller',
      })
      expect((await other.ask('/v1/chat/completions', { body: {} })).status).toBe(401)
    } finally {
      await other.close()
    }
  })

  it('T68, T70: a stranger is refused before their body is read or understood', async () => {
    const began = performance.now()
    for (const body of ['{', '[1', `{"a":[${'1,'.repeat(4_000_000)}1]}`]) {
      const answer = await gateway
        .ask<ErrorAnswer>('/api/v1/llm/call', { method: 'POST', body })
        .catch(() => null)
      if (answer) expect([answer.status, answer.json.error.code]).toEqual([401, 'missing_credential'])
    }
    const text = await raw(
      `POST /api/v1/llm/call HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 30000000\r\n\r\n{`,
    )
    expect(text).toMatch(/^HTTP\/1.1 401/)
    expect(performance.now() - began).toBeLessThan(5000)
  })

  it('T49: probes and scanners get nothing more than others', async () => {
    for (const agent of ['kube-probe/1.30', 'GoogleHC/1.0']) {
      expect((await gateway.ask('/metrics', { headers: { 'user-agent': agent } })).status).toBe(401)
    }
    for (const path of ['/.git/config', '/.env', '/main.js.map', '/package.json', '/docs/../package.json']) {
      expect((await gateway.ask(path)).status, path).toBe(404)
    }
  })

  it('answers every failure in the one shape, with a request id', async () => {
    const failures: [method: string, path: string, status: number][] = [
      ['GET', '/nowhere', 404],
      ['GET', '/%', 400],
      ['GET', '/v1/nowhere', 404],
      ['POST', '/health', 405],
      ['GET', '/auth/profile', 401],
      ['GET', `/${'a'.repeat(3000)}`, 404],
      ['PATCH', '/api/v1/history', 405],
      ['GET', '/api/v1/admin/users/%E0%A4%A', 400],
    ]
    for (const [method, path, status] of failures) {
      const answer = await gateway.ask<ErrorAnswer>(path, { method })
      expect(answer.status, path.slice(0, 40)).toBe(status)
      expect(Object.keys(answer.json.error).sort(), path.slice(0, 40)).toEqual([
        'code',
        'message',
        'param',
        'type',
      ])
      expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    }
  })

  it('tells a method that an address does not take, and which ones it does', async () => {
    for (const [method, path, allow] of [
      ['GET', '/api/v1/llm/call', 'POST'],
      ['GET', '/v1/chat/completions', 'POST'],
      ['POST', '/health', 'GET, HEAD'],
      ['POST', '/', 'GET, HEAD'],
      ['PUT', '/api/v1/presets', 'GET, HEAD, POST'],
      ['POST', '/api/v1/presets/018f0000-0000-7000-8000-000000000000', 'DELETE, GET, HEAD, PUT'],
    ] as const) {
      const answer = await gateway.ask<ErrorAnswer>(path, { method })
      expect([answer.status, answer.headers.get('allow')], path).toEqual([405, allow])
      expect(answer.json.error.code, path).toBe('method_not_allowed')
    }
    expect((await gateway.ask('/nowhere', { method: 'POST' })).status).toBe(404)
  })

  it('T47: a slash at the end changes neither the answer nor who gets it', async () => {
    for (const { method, url, access } of gateway.gateway.routes) {
      if (
        method !== 'GET' ||
        url === '/' ||
        url.endsWith('/') ||
        url.includes('*') ||
        url.startsWith('/docs')
      )
        continue
      const path = `${url.replaceAll(/:\w+/g, 'x')}/`
      const answer = await gateway.ask(path)
      if (access !== 'public') expect(answer.status, path).toBe(401)
      else expect(answer.status, path).toBe((await gateway.ask(path.slice(0, -1))).status)
    }
    expect((await gateway.ask('/auth/profile/', { token: ada.token })).status).toBe(200)
    expect((await gateway.ask('/api/v1/admin/users/', { token: ada.token })).status).toBe(403)
    expect((await gateway.ask('/api/v1/admin/users/', { token: root.token })).status).toBe(200)
    expect((await gateway.ask('/docs/')).status).toBe(200)
  })

  it('refuses a cursor that cannot be an id and filters that are not there, and takes an id that is unknown', async () => {
    const unknown = '018f0000-0000-7000-8000-000000000000'
    for (const [path, person] of [
      ['/api/v1/history', ada],
      ['/api/v1/presets', ada],
      ['/auth/sessions', ada],
      ['/api/v1/admin/users', root],
      ['/api/v1/admin/audit', root],
    ] as const) {
      const malformed = await gateway.ask<ErrorAnswer>(`${path}?after=abc`, { token: person.token })
      expect([malformed.status, malformed.json.error.param], path).toEqual([400, 'after'])
      const empty = await gateway.ask<{ data: unknown[] }>(`${path}?after=${unknown}`, {
        token: person.token,
      })
      expect([empty.status, empty.json.data], path).toEqual([200, []])
    }
    for (const query of ['provider=demo', 'from=2026-01-01', 'x=1']) {
      const { status, json } = await gateway.ask<ErrorAnswer>(`/api/v1/history/stats?${query}`, {
        token: ada.token,
      })
      expect([status, json.error.code], query).toEqual([400, 'unknown_field'])
    }
    expect((await gateway.ask('/api/v1/history/stats', { token: ada.token })).status).toBe(200)
  })

  it('tells a person in a browser on a page what it tells a program in JSON', async () => {
    const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'sec-fetch-dest': 'document' }
    for (const [path, status] of [
      ['/nowhere', 404],
      ['/%', 400],
      ['/nowhere?<script>alert(1)</script>', 404],
      ['/docs/nowhere', 404],
    ] as const) {
      const page = await gateway.ask(path, { headers: browser })
      const { json } = await gateway.ask<ErrorAnswer>(path)
      expect([page.status, page.headers.get('content-type')], path).toEqual([
        status,
        'text/html; charset=utf-8',
      ])
      for (const part of [json.error.message, page.headers.get('x-request-id') ?? '-', '<a href="/">'])
        expect(page.text, path).toContain(part)
      expect(page.text).not.toContain('alert(1)')
      expect(page.headers.get('content-security-policy'), path).toContain("default-src 'self'")
    }
    for (const [path, headers] of [
      ['/api/v1/nowhere', browser],
      ['//api/v1/nowhere', browser],
      ['/v1/nowhere', browser],
      ['/auth/profile', browser],
      ['/auth/nowhere', browser],
      ['/nowhere', { ...browser, 'sec-fetch-dest': 'empty' }],
      ['/nowhere', { accept: '*/*' }],
    ] as const) {
      const answer = await gateway.ask<ErrorAnswer>(path, { headers })
      expect(answer.headers.get('content-type'), path).toMatch(/^application\/json/)
      expect(answer.json.error.code, path).toEqual(expect.any(String))
    }
    const posted = await gateway.ask('/nowhere', { method: 'POST', headers: browser })
    expect(posted.headers.get('content-type')).toMatch(/^application\/json/)
  })

  it('keeps a well-formed request id of the caller and replaces any other', async () => {
    const kept = await gateway.ask('/health', { headers: { 'x-request-id': 'my-request-0001' } })
    expect(kept.headers.get('x-request-id')).toBe('my-request-0001')
    for (const id of ['short', 'with space 123', 'x'.repeat(300), '<script>12345678']) {
      const answer = await gateway.ask('/health', { headers: { 'x-request-id': id } })
      expect(answer.headers.get('x-request-id')).toMatch(/^req_[A-Za-z0-9_-]{24}$/)
    }
  })

  it('T26: one strict form of the Authorization header', async () => {
    const tried = async (authorization: string, path = '/auth/profile') =>
      (await gateway.ask(path, { headers: { authorization } })).status
    expect(await tried(`bearer ${ada.token}`)).toBe(200)
    for (const header of [
      `Bearer\t${ada.token}`,
      'Bearer',
      'Basic YTpi',
      ada.token,
      `Bearer ${ada.token}, Bearer ${bob.token}`,
      `Bearer  ${ada.token}`,
      `Bearer ${'x'.repeat(12_000)}`,
    ]) {
      expect(await tried(header), header.slice(0, 20)).toBe(401)
    }
    expect((await gateway.ask(`/auth/profile?access_token=${ada.token}`)).status).toBe(400)
    expect((await gateway.ask(`/auth/profile?key=${ada.token}`)).status).toBe(401)
    const two = await raw(
      `GET /auth/profile HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\nAuthorization: Bearer ${bob.token}\r\nConnection: close\r\n\r\n`,
    )
    expect(two).toMatch(/^HTTP\/1.1 400/)
  })

  it('says what is missing as RFC 6750 asks, and where to get it as RFC 9728 does', async () => {
    const none = await gateway.ask<ErrorAnswer>('/auth/profile')
    expect(none.json.error.message).toBe('Authorization header missing')
    const where = `resource_metadata="${gateway.url}/.well-known/oauth-protected-resource"`
    expect(none.headers.get('www-authenticate')).toBe(`Bearer realm="gatehouse", ${where}`)
    // Of Nest's routes and of the raw ones.
    for (const path of ['/auth/profile', '/v1/models']) {
      const wrong = await gateway.ask(path, { token: 'x.y.z' })
      const challenge = wrong.headers.get('www-authenticate') ?? ''
      expect(challenge).toMatch(
        /^Bearer realm="gatehouse", error="invalid_token", error_description="[^"]+", resource_metadata="[^"]+"$/,
      )
      expect(challenge).toContain(where)
    }
    const metadata = await gateway.ask('/.well-known/oauth-protected-resource')
    expect(metadata).toMatchObject({ status: 200, json: { resource: gateway.url } })
  })

  it('T16, T22: a session token is checked in every part, not only by its signature', async () => {
    const [header = '', payload = '', signature = ''] = ada.token.split('.')
    const changed = Buffer.from(payload, 'base64url').toString().replace(ada.id, bob.id)
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    for (const token of [
      `${header}.${Buffer.from(changed).toString('base64url')}.${signature}`,
      `${none}.${payload}.`,
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}`,
      `${ada.token}.x.y`,
    ]) {
      expect((await gateway.ask('/auth/profile', { token })).status).toBe(401)
    }
  })

  it('T39: fields that would change more than a route is for are refused by name, and change nothing', async () => {
    for (const field of ['role', 'isAdmin', 'budget', 'id', 'createdAt', 'constructor']) {
      const answer = await gateway.ask<ErrorAnswer>('/api/v1/presets', {
        token: ada.token,
        body: { name: 'x', provider: 'demo', model: 'echo', parameters: {}, [field]: 'admin' },
      })
      expect([answer.status, answer.json.error.param], field).toEqual([400, field])
    }
    const polluted = await gateway.ask('/api/v1/presets', {
      token: ada.token,
      body: '{"name":"x","provider":"demo","model":"echo","parameters":{},"__proto__":{"isAdmin":true}}',
    })
    expect(polluted.status).toBe(400)
    const profile = await gateway.ask('/auth/profile', { token: ada.token })
    expect(profile.json).toMatchObject({ roles: ['member'] })
  })

  it("T40: somebody else's object is not distinguishable from one that does not exist", async () => {
    const call = await gateway.ask<{ id: string }>('/api/v1/llm/call', {
      token: ada.token,
      body: { provider: 'demo', model: 'echo', prompt: 'mine' },
    })
    const preset = await gateway.ask<{ id: string }>('/api/v1/presets', {
      token: ada.token,
      body: { name: 'mine', provider: 'demo', model: 'echo', parameters: {} },
    })
    const sessions = await gateway.ask<{ data: { id: string }[] }>('/auth/sessions', { token: ada.token })
    const nobodys = '018f0000-0000-7000-8000-000000000000'
    const body = { name: 'x', provider: 'demo', model: 'echo', parameters: {} }
    const targets: [method: string, path: (id: string) => string, id: string, body?: unknown][] = [
      ['GET', (id) => `/api/v1/history/${id}`, call.json.id],
      ['DELETE', (id) => `/api/v1/history/${id}`, call.json.id],
      ['GET', (id) => `/api/v1/presets/${id}`, preset.json.id],
      ['PUT', (id) => `/api/v1/presets/${id}`, preset.json.id, body],
      ['DELETE', (id) => `/api/v1/presets/${id}`, preset.json.id],
      ['DELETE', (id) => `/auth/sessions/${id}`, sessions.json.data[0]?.id ?? ''],
    ]
    for (const [method, path, id, sent] of targets) {
      const answers = []
      for (const tried of [id, nobodys, 'not-an-id', "' OR 1=1--"]) {
        const asking = { method, token: bob.token, ...(sent ? { body: sent } : {}) }
        answers.push(await gateway.ask(path(encodeURIComponent(tried)), asking))
      }
      for (const answer of answers) {
        expect(answer.status, `${method} ${path(id)}`).toBe(404)
        expect(answer.text).toBe(answers[0]?.text)
      }
    }
    expect((await gateway.ask(`/api/v1/history/${call.json.id}`, { token: ada.token })).status).toBe(200)
  })

  it('T44: the admin lookup is for admins, and never means everybody by mistake', async () => {
    expect((await gateway.ask('/api/v1/admin/users?query=ada', { token: ada.token })).status).toBe(403)
    for (const query of [
      'query=',
      'query[contains]=a',
      'query=a&query=b',
      `query=${'%25'.repeat(10_000)}`.slice(0, 12_000),
      'email=ada@example.com',
      'limit=1000',
    ]) {
      expect(
        (await gateway.ask(`/api/v1/admin/users?${query}`, { token: root.token })).status,
        query.slice(0, 30),
      ).toBe(400)
    }
    for (const pattern of ['%25', '_', '%5C']) {
      const { json } = await gateway.ask<{ data: unknown[] }>(`/api/v1/admin/users?query=${pattern}`, {
        token: root.token,
      })
      expect(json.data, pattern).toEqual([])
    }
    const found = async (query: string) => {
      const { json } = await gateway.ask<{ data: { id: string }[] }>(`/api/v1/admin/users?${query}`, {
        token: root.token,
      })
      return json.data.map(({ id }) => id)
    }
    expect(await found('query=ADA@example')).toEqual([ada.id])
    expect(await found(`query=${ada.id}`)).toEqual([ada.id])
    expect(await found('query=sub-ada@example.com')).toEqual([ada.id])
    expect(await found('role=admin')).toEqual([root.id])
    expect(await found('status=disabled')).toEqual([])
    expect((await gateway.ask(`/api/v1/admin/users/${ada.id}`, { token: root.token })).json).toMatchObject({
      email: 'ada@example.com',
    })
    expect((await gateway.ask('/api/v1/admin/users/nobody', { token: root.token })).status).toBe(404)
  })

  it('T45: the last admin stays, and nobody changes their own role', async () => {
    const patch = (id: string, roles: string[], token: string) =>
      gateway.ask<ErrorAnswer>(`/api/v1/admin/users/${id}`, { method: 'PATCH', token, body: { roles } })
    expect((await patch(root.id, ['member'], root.token)).json.error.code).toBe('last_admin')
    expect(
      (
        await gateway.ask<ErrorAnswer>(`/api/v1/admin/users/${root.id}/disable`, {
          method: 'POST',
          token: root.token,
        })
      ).json.error.code,
    ).toBe('last_admin')
    const second = await people.register(gateway, 'second-root@example.com')
    expect((await patch(second.id, ['admin', 'member'], root.token)).status).toBe(200)
    expect((await patch(root.id, ['member'], root.token)).json.error.code).toBe('conflict')
    // Each takes the role from the other at once: one of them stays.
    const both = await Promise.all([
      patch(second.id, ['member'], root.token),
      patch(root.id, ['member'], second.token),
    ])
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1)
    const admins = await gateway.gateway.database.client.principal.findMany({
      where: { roles: { has: 'admin' }, status: 'active' },
    })
    expect(admins).toHaveLength(1)
    await gateway.gateway.database.client.principal.update({
      where: { id: root.id },
      data: { roles: ['admin', 'member'] },
    })
    await new Promise((resolve) => setTimeout(resolve, 5100))
  })

  it('T24: a role that was taken away and an account that was disabled are so within 5 s', async () => {
    const person = await people.register(gateway, 'demoted@example.com')
    await gateway.ask(`/api/v1/admin/users/${person.id}`, {
      method: 'PATCH',
      token: root.token,
      body: { roles: ['admin'] },
    })
    expect((await gateway.ask('/api/v1/admin/audit', { token: person.token })).status).toBe(200)
    await gateway.ask(`/api/v1/admin/users/${person.id}`, {
      method: 'PATCH',
      token: root.token,
      body: { roles: ['member'] },
    })
    expect((await gateway.ask('/api/v1/admin/audit', { token: person.token })).status).toBe(403)

    const stream = gateway.ask('/api/v1/llm/call', {
      token: person.token,
      body: { provider: 'demo', model: 'echo', prompt: 'long '.repeat(100), stream: true },
    })
    await gateway.ask(`/api/v1/admin/users/${person.id}/disable`, { method: 'POST', token: root.token })
    expect((await gateway.ask('/auth/profile', { token: person.token })).status).toBe(401)
    await stream
    await gateway.ask(`/api/v1/admin/users/${person.id}/enable`, { method: 'POST', token: root.token })
    // Enabled again: old tokens stay dead, a new sign-in is needed.
    expect((await gateway.ask('/auth/profile', { token: person.token })).status).toBe(401)
  })

  it('T24: who was disabled while their body was on its way does nothing with it', async () => {
    const person = await people.register(gateway, 'slow-sender@example.com')
    const promote = (roles: string[]) =>
      gateway.ask(`/api/v1/admin/users/${person.id}`, { method: 'PATCH', token: root.token, body: { roles } })
    await promote(['admin', 'member'])
    const body = JSON.stringify({ roles: ['admin', 'member'] })
    const answer = new Promise<string>((resolve) => {
      const head = `PATCH /api/v1/admin/users/${bob.id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${person.token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () =>
        socket.write(head + body.slice(0, 5)),
      )
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString()
      })
      socket.on('close', () => resolve(text))
      setTimeout(async () => {
        await promote(['member'])
        await gateway.ask(`/api/v1/admin/users/${person.id}/disable`, { method: 'POST', token: root.token })
        socket.write(body.slice(5))
      }, 300)
    })
    expect(await answer).toMatch(/^HTTP\/1.1 401/)
    expect((await gateway.ask(`/api/v1/admin/users/${bob.id}`, { token: root.token })).json).toMatchObject({
      roles: ['member'],
    })
  })

  it('T46: a text that looks like SQL is a text', async () => {
    const strings = [
      "' OR '1'='1",
      "sk-' UNION SELECT 1--",
      '"; DROP TABLE "Principal"; --',
      "\\'; SELECT pg_sleep(5)--",
      '%00',
      '\u202e',
    ]
    const before = await gateway.gateway.database.client.principal.count()
    for (const text of strings) {
      const encoded = encodeURIComponent(text)
      const asked = await Promise.all([
        gateway.ask('/auth/profile', { headers: { authorization: `Bearer ${encoded}` } }),
        gateway.ask(`/api/v1/history/${encoded}`, { token: ada.token }),
        gateway.ask(`/api/v1/history?model=${encoded}`, { token: ada.token }),
        gateway.ask(`/api/v1/admin/users?query=${encoded}`, { token: root.token }),
        gateway.ask('/auth/login', { body: { provider: text, id_token: text } }),
      ])
      for (const answer of asked) expect(answer.status, text).toBeLessThan(500)
    }
    expect(await gateway.gateway.database.client.principal.count()).toBe(before)
  })

  it('T47: no other spelling of a closed path opens it', async () => {
    for (const path of [
      '//api/v1/admin/users',
      '/api/v1/admin/users/',
      '/Api/V1/Admin/Users',
      '/api/v1/%61dmin/users',
      '/api/v1/admin/users/.',
      '/api/v1/admin/users;x=1',
      '/health/../api/v1/admin/users',
      '/api/v1/admin/users?/health',
      '/health%2f..%2fapi/v1/admin/users',
    ]) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      expect(answer, path).toMatch(/^HTTP\/1.1 (400|401|404)/)
    }
    for (const request of [
      'GET http://a/api/v1/admin/users HTTP/1.1\r\nHost: x',
      'GET /api/v1/admin/users#/health HTTP/1.1\r\nHost: x',
      'GET /api/v1/admin/users HTTP/1.1\r\nHost: a/?x=/health',
    ]) {
      expect(await raw(`${request}\r\nConnection: close\r\n\r\n`), request).toMatch(
        /^HTTP\/1.1 (400|401|404)/,
      )
    }
  })

  it('T48: headers in which a proxy would tell something are believed from nobody', async () => {
    const headers = {
      'x-forwarded-uri': '/health',
      'x-original-url': '/health',
      'x-forwarded-user': root.email,
      'x-http-method-override': 'DELETE',
      'x-forwarded-for': '10.0.0.1',
    }
    expect((await gateway.ask('/api/v1/admin/users', { headers })).status).toBe(401)
    const login = { provider: 'google', id_token: people.idToken('forwarded@example.com') }
    const registered = await gateway.ask<{ access_token: string }>('/auth/register', { headers, body: login })
    const sessions = await gateway.ask<{ data: { address: string }[] }>('/auth/sessions', {
      token: registered.json.access_token,
    })
    expect(sessions.json.data[0]?.address).not.toBe('10.0.0.1')
  })

  it('T65: requests that another program would read in another way are refused', async () => {
    const refused = [
      'GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      'POST /auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      'POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'GET http://b/health HTTP/1.1\r\nHost: a\r\n\r\n',
      `GET /health HTTP/1.1\r\nHost: a\r\n${[...Array(150).keys()].map((index) => `x-${index}: 1\r\n`).join('')}\r\n`,
      `GET /health HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(17_000)}\r\n\r\n`,
      'GET /health HTTP/1.1\r\n\r\n',
    ]
    for (const request of refused) {
      const answer = await raw(request)
      expect(answer, request.slice(0, 60)).toMatch(/^HTTP\/1.1 (400|431)/)
      expect(answer).toContain('"error":{"message":')
      expect(answer.toLowerCase()).toContain('x-request-id: ')
    }
  })

  it('T68: hostile JSON is refused, and the process lives', async () => {
    const pid = process.pid
    const bodies = [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '17',
      '{"a":1e999}',
      '['.repeat(20_000),
      `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`,
      '{"provider":"google"}',
      '{"provider":"\ud800","id_token":"x"}',
      '{"a":1}{"b":2}',
      `{${[...Array(100_000).keys()].map((index) => `"k${index}":1`).join(',')}}`,
    ]
    for (const body of bodies) {
      const answer = await gateway.ask<ErrorAnswer>('/auth/login', { method: 'POST', body })
      expect([400, 413], body.slice(0, 30)).toContain(answer.status)
      expect(answer.json.error.code).toEqual(expect.any(String))
    }
    const broken = await fetch(`${gateway.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]),
    })
    expect(broken.status).toBe(400)
    expect((await gateway.ask('/health')).status).toBe(200)
    expect(process.pid).toBe(pid)
  })

  it('T70: sets a limit on bodies where they are not prompts, and takes JSON alone', async () => {
    const large = await gateway
      .ask<ErrorAnswer>('/auth/login', { body: { provider: 'google', id_token: 'x'.repeat(2 << 20) } })
      .catch(() => null)
    if (large) expect([large.status, large.json.error.code]).toEqual([413, 'request_too_large'])
    const form = await gateway.ask<ErrorAnswer>('/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'provider=google',
    })
    expect([form.status, form.json.error.code]).toEqual([415, 'unsupported_media_type'])
  })

  it('T70: clients that never finish their request are let go of with 408, and are in nobody’s way meanwhile', async () => {
    const answers = [...Array(200)].map(
      () =>
        new Promise<string>((resolve) => {
          const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () =>
            socket.write('GET /health HTTP/1.1\r\nHost: x\r\nx-slow: '),
          )
          const drip = setInterval(() => socket.write('y'), 1000)
          let answer = ''
          socket.on('data', (chunk) => {
            answer += chunk.toString()
          })
          socket.on('error', () => {})
          socket.on('close', () => {
            clearInterval(drip)
            resolve(answer)
          })
        }),
    )
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect((await gateway.ask('/health')).status).toBe(200)
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatch(/^HTTP\/1.1 408/)
      expect(answer).toContain('"code":"request_timeout"')
    }
  })

  it('T74: another origin is let in only where it is named', async () => {
    const allowed = await gateway.ask('/auth/providers', { headers: { origin: 'https://app.example.com' } })
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(allowed.headers.get('vary')).toMatch(/origin/i)
    expect(allowed.headers.get('access-control-expose-headers')).toContain('x-request-id')
    for (const origin of [
      'https://evil.test',
      'null',
      'https://app.example.com.evil.test',
      'http://app.example.com',
      'https://app.example.com:8443',
    ]) {
      for (const method of ['GET', 'OPTIONS']) {
        const answer = await gateway.ask('/auth/providers', {
          method,
          headers: { origin, 'access-control-request-method': 'GET' },
        })
        expect(answer.headers.get('access-control-allow-origin'), origin).toBeNull()
      }
    }
  })

  it('T75: every answer has the headers that keep a browser from harm', async () => {
    for (const path of ['/', '/health', '/docs', '/auth/providers', '/nowhere', '/auth/profile']) {
      const { headers } = await gateway.ask(path)
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
      expect(headers.get('referrer-policy'), path).toBe('same-origin')
      expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin')
      expect(headers.get('content-security-policy'), path).toMatch(
        /default-src 'self'.*script-src 'self';.*frame-ancestors 'none'/,
      )
      expect(headers.get('x-powered-by'), path).toBeNull()
    }
    for (const path of ['/auth/providers', '/auth/profile', '/api/v1/history']) {
      expect((await gateway.ask(path)).headers.get('cache-control'), path).toBe('no-store')
    }
    // The pages hold who is signed in, and take no style but their own.
    const nonces = new Set<string>()
    for (const path of webPages) {
      const { headers, text } = await gateway.ask(path)
      const [, nonce = ''] =
        /style-src 'self' 'nonce-([^']{20,})'$/.exec(headers.get('content-security-policy') ?? '') ?? []
      expect(headers.get('content-security-policy'), path).not.toContain('unsafe')
      expect(text, path).toContain(`<style nonce="${nonce}">`)
      expect(headers.get('cache-control'), path).toBe('no-store')
      nonces.add(nonce)
    }
    expect(nonces.size).toBe(webPages.length)
    expect((await gateway.ask('/assets/appearance.js')).headers.get('cache-control')).toBe(
      'public, max-age=300',
    )
  })

  it('T81: each deed of an admin and each refused sign-in is one row of the audit log, and the chain holds', async () => {
    const name = 'x\n{"level":"info"}'
    const body = { provider: 'google', id_token: people.idToken('audited@example.com', { name }) }
    const { json: audited } = await gateway.ask<{ user_id: string }>('/auth/register', {
      body,
      headers: { 'user-agent': 'a"b' },
    })
    const id = audited.user_id
    await gateway.ask(`/api/v1/admin/users/${id}`, {
      method: 'PATCH',
      token: root.token,
      body: { roles: ['admin', 'member'] },
    })
    await gateway.ask(`/api/v1/admin/users/${id}/disable`, { method: 'POST', token: root.token })
    await gateway.ask('/auth/login', { body })
    const { json } = await gateway.ask<{ data: Record<string, unknown>[] }>(
      `/api/v1/admin/audit?target_id=${id}&order=asc`,
      { token: root.token },
    )
    expect(json.data.map(({ action, actor_id }) => [action, actor_id])).toEqual([
      ['register', id],
      ['role.changed', root.id],
      ['user.disabled', root.id],
    ])
    expect(json.data[1]).toMatchObject({
      before: { roles: ['member'] },
      after: { roles: ['admin', 'member'] },
      request_id: expect.any(String),
    })
    const failed = await gateway.ask<{ data: { after: unknown }[] }>(
      '/api/v1/admin/audit?action=sign_in.failed&limit=1',
      { token: root.token },
    )
    expect(failed.json.data[0]?.after).toEqual({ provider: 'google', reason: 'account_disabled' })
    expect(await gateway.gateway.accounts.audit.verify()).toBeNull()
    const { client } = gateway.gateway.database
    const victim = await client.audit.findFirstOrThrow({ where: { action: 'role.changed', targetId: id } })
    await client.audit.update({ where: { sequence: victim.sequence }, data: { actorId: ada.id } })
    expect(await gateway.gateway.accounts.audit.verify()).toBe(victim.id)
    await client.audit.update({ where: { sequence: victim.sequence }, data: { actorId: root.id } })
  })

  it('gives metrics to admins and to the metrics token, in the names of the GenAI conventions', async () => {
    await gateway.ask('/api/v1/llm/call', {
      token: ada.token,
      body: { provider: 'demo', model: 'echo', prompt: 'count me' },
    })
    expect((await gateway.ask('/metrics', { token: ada.token })).status).toBe(403)
    expect((await gateway.ask('/metrics', { token: 'metrics-token-0123456780' })).status).toBe(401)
    expect((await gateway.ask('/metrics', { token: root.token })).status).toBe(200)
    const { text } = await gateway.ask('/metrics', { token: 'metrics-token-0123456789' })
    expect(text).toMatch(
      /gen_ai_client_operation_duration_seconds_count\{[^}]*gen_ai_provider_name="demo"[^}]*\} \d/,
    )
    expect(text).toMatch(/gen_ai_client_token_usage_sum\{[^}]*gen_ai_token_type="input"[^}]*\} \d/)
    expect(text).not.toContain(ada.id)
  })

  it('serves the documentation, with Authorize, and describes every route of its own', async () => {
    const page = await gateway.ask('/docs')
    expect(page.text).toContain('swagger-ui')
    const { json } = await gateway.ask<{
      openapi: string
      paths: Record<string, unknown>
      components: { securitySchemes: unknown }
    }>('/docs-json')
    expect(json.openapi).toBe('3.1.0')
    expect(Object.keys(json.paths)).toEqual(
      expect.arrayContaining([
        '/auth/register',
        '/api/v1/llm/call',
        '/api/v1/history',
        '/api/v1/admin/users/{id}',
      ]),
    )
    expect(json.components.securitySchemes).toHaveProperty('bearer')
  })
})
