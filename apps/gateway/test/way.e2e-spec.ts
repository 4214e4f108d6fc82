import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CookieJar, signInLocally } from './browser.js'
import { type InnerGateway, startGateway } from './harness.js'

describe('the whole way: sign in, call a model, find it again', () => {
  let gateway: InnerGateway

  beforeAll(async () => {
    gateway = await startGateway()
  })
  afterAll(() => gateway.close())

  it('offers the local sign-in on a machine where nothing is configured', async () => {
    const { json } = await gateway.ask('/auth/providers')
    expect(json).toEqual({ providers: ['local'], details: [{ id: 'local', name: 'Local', browser: true }] })
  })

  it('signs a newcomer in through the redirect, and keeps the session in a cookie that no script can read', async () => {
    const jar = new CookieJar()
    const landed = await signInLocally(gateway.url, 'ada@example.com', jar)
    expect(landed).toBe(`${gateway.url}/`)
    const [session] = jar.all().filter(({ name }) => name === 'gatehouse_session')
    expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })

    const profile = await gateway.ask('/auth/profile', { headers: { cookie: jar.header() } })
    expect(profile.json).toMatchObject({
      email: 'ada@example.com',
      roles: ['member'],
      identities: [{ provider: 'local' }],
    })
    const page = await gateway.ask('/', { headers: { cookie: jar.header() } })
    expect(page.text).toContain('"email":"ada@example.com"')
    expect((await gateway.ask('/')).text).toContain('"me":null')
  })

  it('calls the demo model with that session and shows the call in the history, with what was said', async () => {
    const jar = new CookieJar()
    await signInLocally(gateway.url, 'grace@example.com', jar)
    const headers = { cookie: jar.header(), origin: gateway.url }
    const called = await gateway.ask<{
      response: string
      history_id: string
      usage: { total_tokens: number }
    }>('/api/v1/llm/call', {
      headers,
      body: { provider: 'demo', model: 'echo', prompt: 'Where is my call?' },
    })
    expect(called.status).toBe(200)
    expect(called.json.response).toContain('Where is my call?')
    expect(called.json.usage.total_tokens).toBeGreaterThan(0)

    const found = await gateway.ask<Record<string, unknown>>(`/api/v1/history/${called.json.history_id}`, {
      headers,
    })
    expect(found.json).toMatchObject({
      id: called.json.history_id,
      provider: 'demo',
      model: 'echo',
      endpoint: '/api/v1/llm/call',
      status: 'success',
      prompt: [{ role: 'user', content: 'Where is my call?' }],
      response: called.json.response,
      request_id: called.headers.get('x-request-id'),
    })
    const list = await gateway.ask<{ data: { id: string }[] }>('/api/v1/history', { headers })
    expect(list.json.data.map(({ id }) => id)).toEqual([called.json.history_id])
    const stats = await gateway.ask('/api/v1/history/stats', { headers })
    expect(stats.json).toMatchObject({ total_calls: 1, failed_calls: 0, success_rate: 1 })
  })

  it('lets the local admin look that person up', async () => {
    const jar = new CookieJar()
    await signInLocally(gateway.url, 'admin@localhost', jar)
    const headers = { cookie: jar.header() }
    const found = await gateway.ask<{ data: { email: string; identities: { subject: string }[] }[] }>(
      '/api/v1/admin/users?query=grace',
      { headers },
    )
    expect(found.json.data).toHaveLength(1)
    expect(found.json.data[0]).toMatchObject({
      email: 'grace@example.com',
      roles: ['member'],
      status: 'active',
    })
    const subject = found.json.data[0]?.identities[0]?.subject ?? ''
    const bySubject = await gateway.ask<{ data: { email: string }[] }>(
      `/api/v1/admin/users?query=${encodeURIComponent(subject)}`,
      { headers },
    )
    expect(bySubject.json.data.map(({ email }) => email)).toEqual(['grace@example.com'])
  })

  it('prints a token of the local admin that works', async () => {
    const token = (await gateway.gateway.localToken()) ?? ''
    const profile = await gateway.ask('/auth/profile', { token })
    expect(profile.json).toMatchObject({ email: 'admin@localhost', roles: ['admin', 'member'] })
  })

  it('signs out: the cookie is taken away and its token is worth nothing any more', async () => {
    const jar = new CookieJar()
    await signInLocally(gateway.url, 'linus@example.com', jar)
    const before = jar.header()
    const out = await gateway.ask('/auth/logout', {
      method: 'POST',
      headers: { cookie: before, origin: gateway.url },
    })
    expect(out.status).toBe(204)
    jar.take(out.headers)
    expect(jar.all().filter(({ name }) => name === 'gatehouse_session')).toEqual([])
    const after = await gateway.ask('/auth/profile', { headers: { cookie: before } })
    expect(after.status).toBe(401)
    expect(after.json).toMatchObject({ error: { code: 'session_ended' } })
  })

  it('lets another person sign in from the same browser afterwards, and the first one again', async () => {
    const jar = new CookieJar()
    for (const email of ['linus@example.com', 'margaret@example.com', 'linus@example.com']) {
      expect(await signInLocally(gateway.url, email, jar)).toBe(`${gateway.url}/`)
      const profile = await gateway.ask('/auth/profile', { headers: { cookie: jar.header() } })
      expect(profile.json).toMatchObject({ email })
    }
  })
})
