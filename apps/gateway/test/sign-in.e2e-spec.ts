import { type GitHub, startGitHub } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CookieJar, signInLocally } from './browser.js'
import {
  adminEmail,
  type InnerGateway,
  type People,
  spawnGateway,
  startGateway,
  startPeople,
  until,
} from './harness.js'

interface ErrorAnswer {
  error: { message: string; type: string; param: string | null; code: string }
}

describe('sign-in with a token', () => {
  let people: People
  let github: GitHub
  let gateway: InnerGateway

  beforeAll(async () => {
    people = await startPeople()
    github = await startGitHub()
    gateway = await startGateway({
      ...people.environment,
      GITHUB_CLIENT_ID: github.clientId,
      GITHUB_CLIENT_SECRET: github.clientSecret,
      GITHUB_URL: github.origin,
      GITHUB_API_URL: github.origin,
    })
  })
  afterAll(async () => {
    await gateway.close()
    await people.close()
    await github.close()
  })

  const post = <T = ErrorAnswer>(path: string, body: unknown) => gateway.ask<T>(path, { body })
  const count = () => gateway.gateway.database.client.principal.count()

  it('walks the README of the original line by line, with tokens that are really verified', async () => {
    const providers = await gateway.ask<{ providers: string[] }>('/auth/providers')
    expect(providers.json.providers).toEqual(expect.arrayContaining(['google', 'github', 'local']))

    const id_token = people.idToken('walk@example.com')
    const registered = await post<Record<string, unknown>>('/auth/register', { provider: 'google', id_token })
    expect(registered.status).toBe(201)
    expect(registered.json).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 3600,
      user_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      user_email: 'walk@example.com',
      is_new_user: true,
      provider: 'google',
    })
    // T11: the same fresh token may be used to register and then to log in.
    const loggedIn = await post<Record<string, unknown>>('/auth/login', { provider: 'google', id_token })
    expect(loggedIn.status).toBe(200)
    expect(loggedIn.json).toMatchObject({
      user_id: registered.json.user_id,
      is_new_user: false,
      provider: 'google',
    })

    const token = String(loggedIn.json.access_token)
    const profile = await gateway.ask('/auth/profile', { token })
    expect(profile.json).toMatchObject({ user_id: registered.json.user_id, email: 'walk@example.com' })
    const call = await gateway.ask('/api/v1/llm/call', {
      token,
      body: { provider: 'demo', model: 'echo', prompt: 'Hello AI!' },
    })
    expect(call.status).toBe(200)

    expect((await post('/auth/register', { provider: 'google', id_token })).json.error).toMatchObject({
      code: 'user_exists',
      message: 'User already registered. Use login instead.',
    })
    const stranger = await post('/auth/login', {
      provider: 'google',
      id_token: people.idToken('nobody@example.com'),
    })
    expect(stranger.status).toBe(404)
    expect(stranger.json.error.message).toBe('User not found. Please register first.')
    const forged = await post('/auth/login', { provider: 'google', id_token: `${id_token}x` })
    expect(forged.status).toBe(401)
    expect(forged.json.error.message).toBe('Invalid google token')
    expect((await gateway.ask('/auth/logout', { method: 'POST', token })).status).toBe(204)
    expect((await gateway.ask('/auth/profile', { token })).status).toBe(401)
  })

  it("T01: another app's GitHub token signs nobody in, and GitHub is not asked who it belongs to", async () => {
    const before = await count()
    const asked = github.requests.user
    const answer = await post('/auth/login', {
      provider: 'github',
      id_token: github.issueToken('another-app'),
    })
    expect(answer.status).toBe(401)
    expect(answer.json.error.message).toBe('Invalid github token')
    expect(github.requests.user).toBe(asked)
    expect(await count()).toBe(before)
  })

  it('T02: a GitHub token that was never issued to our app signs nobody in', async () => {
    const answer = await post('/auth/register', {
      provider: 'github',
      id_token: 'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
    })
    expect(answer.status).toBe(401)
  })

  it("signs in with our own app's GitHub token, by the primary verified address", async () => {
    const answer = await post<Record<string, unknown>>('/auth/register', {
      provider: 'github',
      id_token: github.issueToken(),
    })
    expect(answer.status).toBe(201)
    expect(answer.json).toMatchObject({ user_email: 'octocat@example.com', provider: 'github' })
  })

  it('T04: an ID token for another app is refused, whatever else it says', async () => {
    for (const claims of [
      { aud: 'another-app' },
      { aud: ['another-app', people.issuer.clientId], azp: 'another-app' },
      { aud: ['another-app', people.issuer.clientId] },
    ]) {
      const answer = await post('/auth/register', {
        provider: 'google',
        id_token: people.idToken('aud@example.com', claims),
      })
      expect(answer.status, JSON.stringify(claims)).toBe(401)
    }
  })

  it('T05: a provider whose client id is blank is not there at all', async () => {
    const other = await startGateway({ GOOGLE_CLIENT_ID: '  ' })
    try {
      const { json } = await other.ask<{ providers: string[] }>('/auth/providers')
      expect(json.providers).not.toContain('google')
      const body = { provider: 'google', id_token: people.idToken('blank@example.com') }
      const answer = await other.ask<ErrorAnswer>('/auth/register', { body })
      expect(answer.status).toBe(400)
      expect(answer.json.error.message).toBe('Unsupported provider')
    } finally {
      await other.close()
    }
  })

  it("T06: a second identity with another account's verified address is not linked by that address", async () => {
    const owner = await people.register(gateway, 'owner@example.com')
    const answer = await post('/auth/register', {
      provider: 'google',
      id_token: people.idToken('owner@example.com', { sub: 'somebody-else' }),
    })
    expect(answer.status).toBe(409)
    expect(answer.json.error.code).toBe('link_required')
    const profile = await gateway.ask<{ identities: unknown[] }>('/auth/profile', { token: owner.token })
    expect(profile.json.identities).toHaveLength(1)
  })

  it('T08: an address that the issuer has not verified conflicts with nothing and gives no right', async () => {
    const claims = { sub: 'unverified-root', email_verified: false }
    const answer = await post<{ access_token: string }>('/auth/register', {
      provider: 'google',
      id_token: people.idToken(adminEmail, claims),
    })
    expect(answer.status).toBe(201)
    const profile = await gateway.ask('/auth/profile', { token: answer.json.access_token })
    expect(profile.json).toMatchObject({ roles: ['member'] })
    const admin = await gateway.ask<ErrorAnswer>('/api/v1/admin/users', { token: answer.json.access_token })
    expect(admin.status).toBe(403)
    expect(admin.json.error.code).toBe('admin_required')
  })

  it('T09: a domain rule is met by the domain of a verified address and by nothing that looks like it', async () => {
    const strict = await startGateway({
      ...people.environment,
      ALLOWED_EMAIL_DOMAINS: 'corp.com',
      ADMIN_EMAILS: '',
    })
    try {
      const tried = async (email: string, claims = {}) => {
        const body = { provider: 'google', id_token: people.idToken(email, claims) }
        return (await strict.ask('/auth/register', { body })).status
      }
      expect(await tried('a@CORP.com')).toBe(201)
      for (const email of [
        'a@evil@corp.com',
        'a@corp.com.',
        'b@corp.com\u0000',
        'a@corp.com.evil.test',
        `${'a'.repeat(300)}@corp.com`,
        'a@c\u0131rp.com',
        'a@evilcorp.com',
        'a@sub.corp.com',
      ]) {
        expect([401, 403], email).toContain(await tried(email))
      }
      expect(await strict.gateway.database.client.principal.count()).toBe(1)
      expect(await tried('c@corp.com', { email_verified: false })).toBe(403)
      expect(await tried('d@corp.com', { email_verified: 'false' })).toBe(403)
    } finally {
      await strict.close()
    }
  })

  it('T10: of many who register at once, only the one named in ADMIN_EMAILS is an admin', async () => {
    const emails = [...Array(20).keys()].map((number) => `crowd-${number}@example.com`)
    await Promise.all([...emails, adminEmail].map((email) => people.register(gateway, email)))
    const admins = await gateway.gateway.database.client.principal.findMany({
      where: { roles: { has: 'admin' } },
    })
    expect(admins.map(({ email }) => email)).toEqual([adminEmail])
  })

  it('makes one account of one identity that registers many times at once', async () => {
    const id_token = people.idToken('twice@example.com')
    const answers = await Promise.all(
      [...Array(10)].map(() => post('/auth/register', { provider: 'google', id_token })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)])
  })

  it('T11: an ID token that is older than ten minutes is refused', async () => {
    const iat = Math.floor(Date.now() / 1000) - 11 * 60 - 60
    const answer = await post('/auth/register', {
      provider: 'google',
      id_token: people.idToken('old@example.com', { iat }),
    })
    expect(answer.status).toBe(401)
  })

  it('T13: odd claims make an account or a clear refusal, never a crash', async () => {
    const odd: Record<string, unknown>[] = [
      { sub: 'odd-1', email: undefined },
      { sub: 'odd-2', email: undefined, name: null },
      { sub: 'odd-3', email: undefined, name: '<b>bold</b>' },
      { sub: 'x'.repeat(300), email: undefined },
      { sub: '', email: undefined },
      { sub: 17, email: undefined },
      { sub: 'odd-4', email: undefined, name: 'n'.repeat(5_000) },
    ]
    const statuses = []
    for (const claims of odd) {
      const answer = await post('/auth/register', {
        provider: 'google',
        id_token: people.idToken('odd@example.com', claims),
      })
      statuses.push(answer.status)
    }
    expect(statuses).toEqual([201, 201, 201, 401, 401, 401, 201])
  })

  it('T14: a provider that does not exist is refused in the words of the original, whatever it looks like', async () => {
    for (const provider of [
      '__proto__',
      'constructor',
      'toString',
      ' google',
      ['google'],
      { $ne: 1 },
      'g'.repeat(10_000),
      '',
      17,
      null,
    ]) {
      const answer = await post('/auth/register', { provider, id_token: 'x' })
      expect(answer.status, JSON.stringify(provider)).toBe(400)
      expect(answer.json.error.message).toBe('Unsupported provider')
    }
  })

  it('T25: a disabled account is refused by register and by login, and does not come back to life', async () => {
    const person = await people.register(gateway, 'disabled@example.com')
    const { json } = await post<{ access_token: string }>('/auth/login', {
      provider: 'google',
      id_token: people.idToken(adminEmail),
    })
    await gateway.ask(`/api/v1/admin/users/${person.id}/disable`, {
      method: 'POST',
      token: json.access_token,
    })
    for (const path of ['/auth/register', '/auth/login']) {
      const answer = await post(path, { provider: 'google', id_token: people.idToken(person.email) })
      expect(answer.status, path).toBe(403)
      expect(answer.json.error.code).toBe('account_disabled')
    }
  })

  it('refuses a field that does not exist, by its name', async () => {
    const answer = await post('/auth/register', { provider: 'google', id_token: 'x', role: 'admin' })
    expect(answer.status).toBe(400)
    expect(answer.json.error).toMatchObject({ code: 'unknown_field', param: 'role' })
  })

  it('lists the sessions of oneself alone and ends one of them', async () => {
    const person = await people.register(gateway, 'sessions@example.com')
    const second = await post<{ access_token: string }>('/auth/login', {
      provider: 'google',
      id_token: people.idToken(person.email),
    })
    const list = await gateway.ask<{ data: { id: string; current: boolean }[] }>('/auth/sessions', {
      token: person.token,
    })
    expect(list.json.data).toHaveLength(2)
    const other = list.json.data.find(({ current }) => !current)
    const stranger = await people.register(gateway, 'stranger@example.com')
    const refused = await gateway.ask(`/auth/sessions/${other?.id}`, {
      method: 'DELETE',
      token: stranger.token,
    })
    expect(refused.status).toBe(404)
    const ended = await gateway.ask(`/auth/sessions/${other?.id}`, { method: 'DELETE', token: person.token })
    expect(ended.status).toBe(204)
    expect((await gateway.ask('/auth/profile', { token: second.json.access_token })).status).toBe(401)
    expect((await gateway.ask('/auth/profile', { token: person.token })).status).toBe(200)
  })

  it('gives sessions page by page, and lists of admins in the one shape', async () => {
    const person = await people.register(gateway, 'pages@example.com')
    const body = { provider: 'google', id_token: people.idToken(person.email) }
    for (let index = 0; index < 22; index++) await post('/auth/login', body)
    interface Listed {
      data: { id: string }[]
      first_id: string | null
      last_id: string | null
      has_more: boolean
    }
    const list = async (query: string, path = '/auth/sessions', token = person.token) =>
      (await gateway.ask<Listed>(`${path}${query}`, { token })).json
    const first = await list('')
    expect(first).toMatchObject({ has_more: true, last_id: first.data.at(-1)?.id })
    expect(first.data).toHaveLength(20)
    const rest = await list(`?after=${first.last_id}`)
    expect(rest).toMatchObject({ has_more: false })
    expect(new Set([...first.data, ...rest.data].map(({ id }) => id)).size).toBe(23)
    const oldest = await list('?limit=5&order=asc')
    expect(oldest.data.map(({ id }) => id)).toEqual(
      rest.data
        .map(({ id }) => id)
        .toReversed()
        .concat(first.data.map(({ id }) => id).toReversed())
        .slice(0, 5),
    )
    expect((await gateway.ask('/auth/sessions?limit=101', { token: person.token })).status).toBe(400)

    const admin = await post<{ access_token: string }>('/auth/login', {
      provider: 'google',
      id_token: people.idToken(adminEmail),
    })
    const providers = await list('', '/api/v1/admin/providers', admin.json.access_token)
    expect(providers).toMatchObject({
      object: 'list',
      first_id: providers.data[0]?.id,
      last_id: providers.data.at(-1)?.id,
      has_more: false,
    })
  })
})

describe('the log of refused sign-ins', () => {
  it('has every one with its reason and without its token, also beyond the rate of the audit log', async () => {
    const people = await startPeople()
    const gateway = await spawnGateway({ ...people.environment, LOG_LEVEL: 'info' })
    try {
      const id_token = people.idToken('late@example.com', { aud: 'another-app' })
      const body = { provider: 'google', id_token }
      for (let index = 0; index < 13; index++)
        await Promise.all([...Array(10)].map(() => gateway.ask('/auth/login', { body })))
      const lines = () =>
        gateway
          .output()
          .split('\n')
          .filter((line) => line.includes('"sign-in refused"'))
      await until(() => lines().length >= 130)
      expect(lines()).toHaveLength(130)
      expect(JSON.parse(lines()[0] ?? '')).toMatchObject({
        level: 'info',
        provider: 'google',
        code: 'invalid_provider_token',
        reason: 'aud is not this client',
        address: '127.0.0.1',
        request_id: expect.stringMatching(/^req_/),
      })
      for (const part of id_token.split('.')) expect(gateway.output()).not.toContain(part)

      await fetch(`${gateway.url}/auth/google/callback?state=x&code=y`, { redirect: 'manual' })
      await until(() => lines().length > 130)
      expect(JSON.parse(lines().at(-1) ?? '')).toMatchObject({ provider: 'google', code: 'sign_in_failed' })
    } finally {
      await gateway.close()
      await people.close()
    }
  })
})

describe('sign-in through the browser', () => {
  let people: People
  let gateway: InnerGateway

  beforeAll(async () => {
    people = await startPeople()
    gateway = await startGateway(people.environment)
  })
  afterAll(async () => {
    await gateway.close()
    await people.close()
  })

  it('goes to the provider and back, and on to where one was going', async () => {
    const jar = new CookieJar()
    const landed = await signInLocally(gateway.url, '', jar, '/auth/google/start?next=%2Fdocs%3Fa%3D1')
    expect(landed).toBe(`${gateway.url}/docs?a=1`)
    expect((await gateway.ask('/auth/profile', { headers: { cookie: jar.header() } })).status).toBe(200)
  })

  it('begins under the name that PUBLIC_URL has, also for who came by another name of this machine', async () => {
    const other = gateway.url.replace('localhost', '127.0.0.1')
    const there = async (path: string) => {
      const { status, headers } = await fetch(`${other}${path}`, { redirect: 'manual' })
      return [status, headers.get('location'), headers.getSetCookie()]
    }
    expect(await there('/?sign_in_error=x')).toEqual([302, `${gateway.url}/?sign_in_error=x`, []])
    const start = '/auth/google/start?next=%2Fdocs'
    expect(await there(start)).toEqual([302, `${gateway.url}${start}`, []])
    expect((await fetch(`${other}/auth/providers`)).status).toBe(200)
    expect((await fetch(gateway.url, { redirect: 'manual' })).status).toBe(200)
  })

  it('writes down a refused callback, whatever its address holds', async () => {
    await gateway.ask('/auth/x%00y/callback?state=%00')
    await until(async () => {
      const { data } = await gateway.gateway.accounts.audit.list({
        limit: 1,
        order: 'desc',
        action: 'sign_in.failed',
      })
      return JSON.stringify(data[0]?.after).includes('x\ufffdy')
    })
  })

  it('T76: leads to no other site afterwards', async () => {
    for (const next of [
      '//evil.test',
      '/\\evil.test',
      'https:evil.test',
      'javascript:alert(1)',
      'https://evil.test/',
      '/\t/evil.test',
      '%2F%2Fevil.test',
    ]) {
      const landed = await signInLocally(
        gateway.url,
        '',
        new CookieJar(),
        `/auth/google/start?next=${encodeURIComponent(next)}`,
      )
      expect(new URL(landed).origin, next).toBe(gateway.url)
    }
  })

  it('T73: a callback without the state that this browser was given signs nobody in', async () => {
    const victim = new CookieJar()
    const start = await fetch(`${gateway.url}/auth/google/start`, { redirect: 'manual' })
    const back = await fetch(start.headers.get('location') ?? '', { redirect: 'manual' })
    const callback = back.headers.get('location') ?? ''
    const answer = await fetch(callback, { redirect: 'manual', headers: { cookie: victim.header() } })
    expect(answer.headers.get('location')).toMatch(/^\/\?sign_in_error=/)
    expect(answer.headers.getSetCookie().some((cookie) => cookie.startsWith('gatehouse_session='))).toBe(
      false,
    )
  })

  it('brings a person who said no back with a code, and never repeats what stands in the address', async () => {
    people.issuer.refuseWith = 'access_denied'
    const landed = await signInLocally(gateway.url, '', new CookieJar(), '/auth/google/start')
    people.issuer.refuseWith = null
    // The sentences of the codes are those of the web app's `refusals.ts`.
    expect(landed).toBe(`${gateway.url}/?sign_in_error=sign_in_cancelled`)
    const nowhere = await gateway.ask('/auth/nope/start')
    expect(nowhere.headers.get('location')).toBe('/?sign_in_error=unsupported_provider')
    const planted = await gateway.ask('/?sign_in_error=<script>alert(1)</script>')
    expect(planted.text).not.toContain('alert(1)')
  })

  it('T73: the session of the browser changes at each sign-in, and the one before it ends', async () => {
    const jar = new CookieJar()
    await signInLocally(gateway.url, '', jar, '/auth/google/start')
    const first = jar.header()
    await signInLocally(gateway.url, '', jar, '/auth/google/start')
    expect(jar.header()).not.toBe(first)
    expect((await gateway.ask('/auth/profile', { headers: { cookie: first } })).status).toBe(401)
    expect((await gateway.ask('/auth/profile', { headers: { cookie: jar.header() } })).status).toBe(200)
  })

  it('T73: a request that another site makes the browser send changes nothing', async () => {
    const jar = new CookieJar()
    await signInLocally(gateway.url, '', jar, '/auth/google/start')
    const cookie = jar.header()
    const attempts: Record<string, string>[] = [
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: gateway.url },
      {},
    ]
    for (const headers of attempts) {
      const answer = await gateway.ask('/auth/logout', { method: 'POST', headers: { cookie, ...headers } })
      expect(answer.status, JSON.stringify(headers)).toBe(403)
    }
    const form = await gateway.ask('/api/v1/llm/call', {
      headers: { cookie, origin: gateway.url, 'content-type': 'text/plain' },
      body: '{"provider":"demo","model":"echo","prompt":"x"}',
    })
    expect(form.status).toBe(415)
    expect((await gateway.ask('/auth/profile', { headers: { cookie } })).status).toBe(200)
  })
})
