import { setTimeout as delay } from 'node:timers/promises'
import { type GitHub, type StandIn, startGitHub, startOpenIdIssuer } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CookieJar, signInLocally } from './browser.js'
import {
  describeOnPostgres,
  type House,
  type InnerGateway,
  type People,
  type Person,
  startGateway,
  startHouse,
  startPair,
  until,
} from './harness.js'

interface ErrorAnswer {
  error: { message: string; param: string | null; code: string }
}
interface Profile {
  user_id: string
  identities: { id: string; provider: string }[]
}

const dayMs = 86_400_000

/** Every row of every table, as a dump of the database has them. */
async function dump({ gateway }: InnerGateway): Promise<string> {
  const { client } = gateway.database
  const tables = await client.$queryRaw<{ name: string }[]>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()`
  const rows = await Promise.all(
    tables.map(({ name }) =>
      client.$queryRawUnsafe(`SELECT row_to_json(t)::text AS row FROM "${name}" AS t`),
    ),
  )
  return JSON.stringify(rows)
}

describe('the whole life of an account', () => {
  let house: House & { gateway: InnerGateway }
  let people: People
  let github: GitHub
  let gateway: InnerGateway
  let root: Person

  beforeAll(async () => {
    github = await startGitHub()
    house = await startHouse({
      vendors: [],
      environment: {
        GITHUB_CLIENT_ID: github.clientId,
        GITHUB_CLIENT_SECRET: github.clientSecret,
        GITHUB_URL: github.origin,
        GITHUB_API_URL: github.origin,
      },
    })
    ;({ people, gateway, root } = house)
  })
  afterAll(async () => {
    await house?.close()
    await github?.close()
  })

  const profileOf = async (token: string) => (await gateway.ask<Profile>('/auth/profile', { token })).json
  const link = (token: string, id_token: string, provider = 'google') =>
    gateway.ask<Profile & ErrorAnswer>('/auth/link', { token, body: { provider, id_token } })
  const audited = async (id: string) => {
    const query = `/api/v1/admin/audit?limit=100&order=asc&actor_id=${id}`
    const { json } = await gateway.ask<{ data: { action: string; after: object }[] }>(query, root)
    return json.data
  }
  const say = async (token: string, prompt: string) => {
    const body = { provider: 'demo', model: 'echo', prompt }
    const { json } = await gateway.ask<{ history_id: string }>('/api/v1/llm/call', { token, body })
    return (await gateway.ask<{ prompt: unknown }>(`/api/v1/history/${json.history_id}`, { token })).json
  }

  describe('identities', () => {
    it('T12: is linked by a proof of that very identity alone, and never when it is somebody else’s', async () => {
      const [ua, ub] = [
        await people.register(gateway, 'link-a@example.com'),
        await people.register(gateway, 'link-b@example.com'),
      ]
      const taken = await link(ua.token, people.idToken(ub.email))
      expect([taken.status, taken.json.error.code]).toEqual([409, 'identity_in_use'])
      // A proof by one provider says nothing of an identity of another one.
      const crossed = await link(ua.token, people.idToken('link-c@example.com'), 'github')
      expect([crossed.status, crossed.json.error.message]).toEqual([401, 'Invalid github token'])
      const foreign = await link(ua.token, people.idToken('link-c@example.com', { aud: 'another-app' }))
      expect(foreign.status).toBe(401)
      // What a caller says besides counts for nothing.
      const told = await gateway.ask<ErrorAnswer>('/auth/link', {
        token: ua.token,
        body: { provider: 'google', id_token: people.idToken('link-c@example.com'), user_id: ub.id },
      })
      expect([told.status, told.json.error.param]).toEqual([400, 'user_id'])
      expect((await profileOf(ua.token)).identities).toHaveLength(1)
      expect(
        (
          await gateway.ask('/auth/link', {
            body: { provider: 'google', id_token: people.idToken('x@example.com') },
          })
        ).status,
      ).toBe(401)

      const linked = await link(ua.token, github.issueToken(), 'github')
      expect(linked.status).toBe(200)
      expect(linked.json.identities.map(({ provider }) => provider)).toEqual(['google', 'github'])
      const login = await gateway.ask<{ user_id: string }>('/auth/login', {
        body: { provider: 'github', id_token: github.issueToken() },
      })
      expect(login.json.user_id).toBe(ua.id)
      await expect
        .poll(async () => (await audited(ua.id)).map(({ action, after }) => [action, after]))
        .toEqual(
          expect.arrayContaining([
            ['identity.link_failed', { provider: 'google', reason: 'identity_in_use' }],
            ['identity.link_failed', { provider: 'github', reason: 'invalid_provider_token' }],
            ['identity.linked', expect.objectContaining({ provider: 'github' })],
          ]),
        )
    })

    it('T12: the last one stays, and one of somebody else’s is not there', async () => {
      const [ua, ub] = [
        await people.register(gateway, 'last-a@example.com'),
        await people.register(gateway, 'last-b@example.com'),
      ]
      const remove = (id: string | undefined) =>
        gateway.ask<ErrorAnswer>(`/auth/identities/${id}`, { method: 'DELETE', token: ua.token })
      const [only] = (await profileOf(ua.token)).identities
      const [theirs] = (await profileOf(ub.token)).identities
      const last = await remove(only?.id)
      expect([last.status, last.json.error.code]).toEqual([409, 'last_identity'])
      for (const id of [theirs?.id, 'nothing']) expect((await remove(id)).status).toBe(404)
      const second = people.idToken('last-a@example.com', { sub: 'last-a-2' })
      const [, added] = (await link(ua.token, second)).json.identities
      expect((await remove(added?.id)).status).toBe(204)
      expect((await remove(added?.id)).status).toBe(404)
      expect((await profileOf(ua.token)).identities).toHaveLength(1)
    })

    const signedIn = async (email: string) => {
      const jar = new CookieJar()
      await signInLocally(gateway.url, email, jar)
      return jar
    }
    const mine = async (jar: CookieJar) =>
      (await gateway.ask<Profile>('/auth/profile', { headers: { cookie: jar.header() } })).json
    const startLink = (headers: Record<string, string>) =>
      gateway.ask('/auth/local/start?link=1', { headers })

    it('is added through the browser to who is signed in there, and signs nobody in', async () => {
      const jar = await signedIn('browser-a@example.com')
      const before = await mine(jar)
      const came = await signInLocally(
        gateway.url,
        'browser-a2@example.com',
        jar,
        '/auth/local/start?link=1&next=/docs',
      )
      expect(new URL(came).pathname).toBe('/docs')
      const after = await mine(jar)
      expect(after.user_id).toBe(before.user_id)
      expect(after.identities).toHaveLength(2)
      // From now on either of the two leads to the same account.
      expect((await mine(await signedIn('browser-a2@example.com'))).user_id).toBe(before.user_id)

      await signedIn('browser-taken@example.com')
      const refused = await signInLocally(
        gateway.url,
        'browser-taken@example.com',
        jar,
        '/auth/local/start?link=1',
      )
      expect(new URL(refused).search).toBe('?link_error=identity_in_use')
      // `first-visit.e2e-spec.ts` sees what the settings make of it.
    })

    it('T12: begun by one person it is not ended by another who sits at the same browser', async () => {
      const [one, two] = [await signedIn('swap-a@example.com'), await signedIn('swap-b@example.com')]
      const started = await startLink({ cookie: one.header() })
      two.take(started.headers)
      const came = await signInLocally(
        gateway.url,
        'swap-c@example.com',
        two,
        started.headers.get('location') ?? '',
      )
      expect(new URL(came).search).toBe('?link_error=session_ended')
      expect((await mine(one)).identities).toHaveLength(1)
      expect((await mine(two)).identities).toHaveLength(1)
    })

    it('T18: is begun by nobody else’s page, and by nobody who is not signed in', async () => {
      const jar = await signedIn('csrf-a@example.com')
      for (const site of ['cross-site', 'same-site']) {
        const { headers } = await startLink({ cookie: jar.header(), 'sec-fetch-site': site })
        expect(headers.get('location')).toBe('/?link_error=cross_site_request')
      }
      expect((await startLink({})).headers.get('location')).toBe('/?link_error=session_ended')
      const body = { provider: 'google', id_token: people.idToken('csrf-b@example.com') }
      const posted = await gateway.ask('/auth/link', {
        body,
        headers: { cookie: jar.header(), origin: 'https://evil.test' },
      })
      expect(posted.status).toBe(403)
    })
  })

  it("a person's token of a trusted issuer is an account of its own until they link it; then its calls are theirs", async () => {
    const corp = await startOpenIdIssuer({ clientId: 'gatehouse' })
    const other = await startGateway({
      ...people.environment,
      OIDC_ISSUER_URL: corp.issuer,
      OIDC_CLIENT_ID: corp.clientId,
      OIDC_CLIENT_SECRET: corp.clientSecret,
      OIDC_AUDIENCE: 'gatehouse-api',
      OIDC_SIGN_IN: 'true',
    })
    try {
      const ada = await people.register(other, 'corp-a@example.com')
      const now = Math.floor(Date.now() / 1000)
      const token = corp.mint({
        payload: { iss: corp.issuer, aud: 'gatehouse-api', sub: 'ada-at-corp', iat: now, exp: now + 300 },
      })
      const call = async (prompt: string) => {
        const body = { provider: 'demo', model: 'echo', prompt }
        const { json } = await other.ask<{ history_id: string }>('/api/v1/llm/call', { token, body })
        const seen = async (by: string) =>
          (await other.ask(`/api/v1/history/${json.history_id}`, { token: by })).status
        return { byTheToken: await seen(token), byThePerson: await seen(ada.token) }
      }
      expect(await call('before')).toEqual({ byTheToken: 200, byThePerson: 404 })
      // The token of the machine proves nobody: it was not made for a sign-in.
      const linkThere = (id_token: string) =>
        other.ask('/auth/link', { token: ada.token, body: { provider: 'oidc', id_token } })
      expect((await linkThere(token)).status).toBe(401)
      const claims = { sub: 'ada-at-corp', email: 'corp-a@example.com', email_verified: true }
      expect((await linkThere(corp.mint({ claims }))).status).toBe(200)
      expect(await call('after')).toEqual({ byTheToken: 200, byThePerson: 200 })
    } finally {
      await other.close()
      await corp.close()
    }
  })

  describe('oneself', () => {
    it('tells who one is, and changes name and choice alone', async () => {
      const ada = await people.register(gateway, 'me-a@example.com')
      const me = (body?: unknown) =>
        gateway.ask<Record<string, unknown> & ErrorAnswer>('/api/v1/users/me', {
          token: ada.token,
          ...(body === undefined ? {} : { method: 'PATCH', body }),
        })
      expect((await me()).json).toMatchObject({
        user_id: ada.id,
        email: ada.email,
        name: 'me-a',
        roles: ['member'],
        keep_content: null,
        content: { kept: 'own', retention_days: 30 },
      })
      expect((await me({ name: ' Ada L. ' })).json).toMatchObject({ name: 'Ada L.' })
      for (const body of [{}, { roles: ['admin'] }, { name: '' }, { email: 'x@example.com' }, { name: null }])
        expect((await me(body)).status, JSON.stringify(body)).toBe(400)
      expect((await me()).json).toMatchObject({ name: 'Ada L.', roles: ['member'], email: ada.email })
    })

    it('nothing that one says is kept once one has said so, and it is again afterwards', async () => {
      const ada = await people.register(gateway, 'keep-a@example.com')
      const keep = (keep_content: boolean | null) =>
        gateway.ask('/api/v1/users/me', { method: 'PATCH', token: ada.token, body: { keep_content } })
      expect((await say(ada.token, 'one')).prompt).not.toBeNull()
      expect((await keep(false)).status).toBe(200)
      expect((await say(ada.token, 'two')).prompt).toBeNull()
      await keep(null)
      expect((await say(ada.token, 'three')).prompt).not.toBeNull()
      expect(await dump(gateway)).not.toContain('"two"')
    })

    it('where the operator keeps nothing, nobody can choose that something is kept', async () => {
      const strict = await startGateway({ ...people.environment, KEEP_CONTENT: 'none' })
      try {
        const ada = await people.register(strict, 'strict-a@example.com')
        const keep = (keep_content: boolean) =>
          strict.ask<ErrorAnswer>('/api/v1/users/me', {
            method: 'PATCH',
            token: ada.token,
            body: { keep_content },
          })
        const refused = await keep(true)
        expect([refused.status, refused.json.error.param]).toEqual([403, 'keep_content'])
        expect((await keep(false)).status).toBe(200)
      } finally {
        await strict.close()
      }
    })

    it('takes all that is kept away as one document', async () => {
      const ada = await people.register(gateway, 'export-a@example.com')
      const bob = await people.register(gateway, 'export-b@example.com')
      await say(ada.token, 'what Ada said')
      await say(bob.token, 'what Bob said')
      await gateway.ask('/api/v1/presets', {
        token: ada.token,
        body: { name: 'mine', provider: 'demo', model: 'echo', parameters: { temperature: 0.5 } },
      })
      const answer = await gateway.ask<Record<string, unknown>>('/api/v1/users/me/export', ada)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename=/)
      expect(answer.json).toMatchObject({
        profile: { id: ada.id, email: ada.email },
        identities: [{ provider: 'google', subject: `sub-${ada.email}` }],
        sessions: [{ kind: 'token' }],
        keys: [],
        presets: [{ name: 'mine', parameters: { temperature: 0.5 } }],
        audit: [{ action: 'register', by: 'self' }],
        calls: [{ model: 'echo', prompt: [{ role: 'user', content: 'what Ada said' }] }],
        provider_objects: [],
      })
      expect(answer.text).not.toContain('Bob')
      expect(answer.text).not.toContain(bob.id)
    })
  })

  describe('a long export', () => {
    it('T24: is broken off when its owner is disabled, so that nobody takes it for whole', async () => {
      const ada = await people.register(gateway, 'long-a@example.com')
      const { client } = gateway.gateway.database
      await say(ada.token, 'one')
      await gateway.gateway.calls.flush()
      const {
        id: firstId,
        tries: _tries,
        ...call
      } = await client.call.findFirstOrThrow({ where: { principalId: ada.id } })
      // Far more than sockets hold while nobody reads.
      for (let index = 0; index < 40; index++) {
        const id = firstId.replace(/^.{8}/, `0${String(index).padStart(7, '0')}`)
        await client.call.create({ data: { id, ...call } })
        await client.callContent.create({
          data: { callId: id, createdAt: call.createdAt, response: 'x'.repeat(1 << 20) },
        })
      }
      const response = await fetch(`${gateway.url}/api/v1/users/me/export`, {
        headers: { authorization: `Bearer ${ada.token}` },
      })
      expect(response.status).toBe(200)
      const reader = response.body?.getReader()
      await reader?.read()
      await gateway.ask(`/api/v1/admin/users/${ada.id}/disable`, { method: 'POST', token: root.token })
      await new Promise((resolve) => setTimeout(resolve, 2500))
      const rest = async () => {
        for (;;) {
          const piece = await reader?.read()
          if (piece?.done !== false) return 'whole'
        }
      }
      await expect(rest()).rejects.toThrow()
      await client.callContent.deleteMany({ where: { call: { principalId: ada.id } } })
    })
  })

  describe('its end', () => {
    it('is told before, is refused for every way in afterwards, and taken back by an admin', async () => {
      const ada = await people.register(gateway, 'end-a@example.com')
      await say(ada.token, 'before')
      const preview = await gateway.ask<{ recovery_deadline: string }>(
        '/api/v1/users/me/deletion-preview',
        ada,
      )
      expect(preview.json).toMatchObject({
        user_id: ada.id,
        email: ada.email,
        possible: true,
        removed: { identities: 1, sessions: 1, keys: 0, presets: 0, calls: 1, contents: 1 },
      })
      expect(Date.parse(preview.json.recovery_deadline)).toBeGreaterThan(Date.now() + 6.9 * dayMs)

      const deleted = await gateway.ask<{ recovery_deadline: string }>('/api/v1/users/me', {
        method: 'DELETE',
        token: ada.token,
      })
      expect(deleted.status).toBe(200)
      expect((await gateway.ask('/auth/profile', ada)).status).toBe(401)
      for (const way of ['register', 'login']) {
        const body = { provider: 'google', id_token: people.idToken(ada.email) }
        const refused = await gateway.ask<ErrorAnswer>(`/auth/${way}`, { body })
        expect([refused.status, refused.json.error.code]).toEqual([403, 'account_deleted'])
        expect(refused.json.error.message).toContain(deleted.json.recovery_deadline)
      }
      const found = await gateway.ask('/api/v1/admin/users?status=deleted', root)
      expect(found.json).toMatchObject({ data: [{ id: ada.id, status: 'deleted' }] })
      const restore = (token: string) =>
        gateway.ask(`/api/v1/admin/users/${ada.id}/restore`, { method: 'POST', token })
      const bob = await people.register(gateway, 'end-b@example.com')
      expect((await restore(bob.token)).status).toBe(403)
      expect((await restore(root.token)).json).toMatchObject({ id: ada.id, status: 'active' })
      expect((await restore(root.token)).status).toBe(409)
      const again = await gateway.ask<{ access_token: string }>('/auth/login', {
        body: { provider: 'google', id_token: people.idToken(ada.email) },
      })
      const history = await gateway.ask('/api/v1/history', { token: again.json.access_token })
      expect(history.json).toMatchObject({ data: [{ status: 'success' }] })
    })

    it('takes the cookie away in a browser, and asks for a page of ours', async () => {
      const jar = new CookieJar()
      await signInLocally(gateway.url, 'end-browser@example.com', jar)
      const remove = (origin: string) =>
        gateway.ask('/api/v1/users/me', { method: 'DELETE', headers: { cookie: jar.header(), origin } })
      expect((await remove('https://evil.test')).status).toBe(403)
      const { status, headers } = await remove(gateway.url)
      expect(status).toBe(200)
      jar.take(headers)
      expect(jar.header()).toBe('')
      const came = await signInLocally(gateway.url, 'end-browser@example.com', jar)
      expect(new URL(came).search).toBe('?sign_in_error=account_deleted')
    })

    it('T45: the last admin is deleted by nobody, and an admin deletes others alone', async () => {
      const ada = await people.register(gateway, 'victim-a@example.com')
      const remove = (path: string, token: string) =>
        gateway.ask<ErrorAnswer>(path, { method: 'DELETE', token })
      const own = await remove('/api/v1/users/me', root.token)
      expect([own.status, own.json.error.code]).toEqual([409, 'last_admin'])
      expect((await remove(`/api/v1/admin/users/${root.id}`, root.token)).status).toBe(409)
      expect((await remove(`/api/v1/admin/users/${root.id}`, ada.token)).status).toBe(403)
      expect((await remove('/api/v1/admin/users/nobody', root.token)).status).toBe(404)
      expect((await remove(`/api/v1/admin/users/${ada.id}`, root.token)).status).toBe(200)
      expect((await gateway.ask('/auth/profile', ada)).status).toBe(401)
    })

    it('T90: after seven days no name, no address and no word is in a dump of the database; the sums are', async () => {
      const marks = { email: 'forget-me@example.com', prompt: 'cqwyz-of-ada', name: 'Adaxqz' }
      const ada = await people.register(gateway, marks.email)
      await link(ada.token, people.idToken(marks.email, { sub: 'forget-me-2' }))
      await gateway.ask('/api/v1/users/me', { method: 'PATCH', token: ada.token, body: { name: marks.name } })
      await say(ada.token, marks.prompt)
      await gateway.ask('/api/v1/llm/call', {
        token: ada.token,
        body: { provider: 'demo', model: 'echo', prompt: marks.prompt, stream: true },
        headers: { 'x-request-id': `req-${marks.prompt}` },
      })
      await gateway.ask('/api/v1/presets', {
        token: ada.token,
        body: { name: marks.prompt, provider: 'demo', model: 'echo', parameters: { system: marks.prompt } },
      })
      const { json: key } = await gateway.ask<{ id: string }>('/api/v1/keys', {
        token: ada.token,
        body: { name: marks.prompt, expires_at: new Date(Date.now() + dayMs).toISOString() },
      })
      await gateway.ask(`/api/v1/keys/${key.id}/rotate`, { token: ada.token, body: {} })
      await gateway.ask(`/api/v1/keys/${key.id}`, { method: 'DELETE', token: ada.token })
      const usage = async () =>
        (await gateway.ask<{ data: object[] }>(`/api/v1/admin/usage?principal_id=${ada.id}`, root)).json.data
      await gateway.gateway.calls.flush()
      const before = await usage()
      expect(before).toMatchObject([{ total_calls: 2 }])
      await gateway.ask('/api/v1/users/me', { method: 'DELETE', token: ada.token })
      const { client } = gateway.gateway.database
      await client.principal.update({
        where: { id: ada.id },
        data: { deletedAt: new Date(Date.now() - 7 * dayMs) },
      })
      const whole = await dump(gateway)
      for (const mark of Object.values(marks)) expect(whole).toContain(mark)

      await gateway.gateway.accounts.keepHouse()
      const left = await dump(gateway)
      for (const mark of [...Object.values(marks), 'forget-me']) expect(left, mark).not.toContain(mark)
      expect(await usage()).toEqual(before)
      expect(await gateway.gateway.accounts.audit.verify()).toBeNull()
      const found = await gateway.ask(`/api/v1/admin/users/${ada.id}`, root)
      expect(found.status).toBe(404)
      expect((await people.register(gateway, marks.email)).id).not.toBe(ada.id)
    })
  })
})

describeOnPostgres('accounts at two gateways on one Postgres', () => {
  let house: Awaited<ReturnType<typeof startPair<InnerGateway>>>
  let people: People
  let openai: StandIn
  let one: InnerGateway
  let two: InnerGateway
  let root: Person

  beforeAll(async () => {
    house = await startPair(startGateway)
    ;({ people, openai, one, two, root } = house)
  })
  afterAll(() => house?.close())

  const whoami = async (gateway: InnerGateway, token: string) =>
    (await gateway.ask('/auth/profile', { token })).status

  it('T24: calls that are let in while their account is being disabled on the other one end all the same', async () => {
    const race = async (index: number) => {
      const person = await people.register(one, `race-${index}@example.com`)
      expect(await whoami(two, person.token)).toBe(200)
      const disabled = delay(60).then(() =>
        one.ask(`/api/v1/admin/users/${person.id}/disable`, { method: 'POST', token: root.token }),
      )
      // Before it, in the midst of it, and after it.
      await delay(index * 10)
      const ended = two
        .ask('/v1/chat/completions', {
          token: person.token,
          body: { model: 'openai/stall', stream: true, messages: [{ role: 'user', content: 'x' }] },
        })
        .then(({ text }) => text)
      expect((await disabled).status).toBe(200)
      // Promised are 5 s; a busy machine is given some more.
      return Promise.race([ended, delay(8000, 'it still runs')])
    }
    const before = openai.requests.length
    for (const outcome of await Promise.all([...Array(14).keys()].map(race)))
      expect(outcome).toMatch(/"code":"(?:account_disabled|session_disabled|session_ended)"/)
    // Some were let in, or there was no race.
    expect(openai.requests.length).toBeGreaterThan(before)
  })

  it('T24: who deletes themselves at one is out at the other, the stream that runs there included', async () => {
    const ada = await people.register(one, 'ada@example.com')
    expect(await whoami(two, ada.token)).toBe(200)
    const stream = two.ask('/api/v1/llm/call', {
      token: ada.token,
      body: { provider: 'openai', model: 'stall', prompt: 'x', stream: true },
    })
    await until(() =>
      openai.requests.some(({ json }) => (json as { model?: string } | undefined)?.model === 'stall'),
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    const began = performance.now()
    const gone = await one.ask('/api/v1/users/me', { method: 'DELETE', token: ada.token })
    expect(gone.status).toBe(200)
    await until(async () => (await whoami(two, ada.token)) === 401, 5000)
    const { text } = await stream
    expect(text).toMatch(/data: \{"error":\{[^\n]*"code":"account_disabled"\}\}\n\n$/)
    expect(performance.now() - began).toBeLessThan(5000)

    const login = () =>
      two.ask<ErrorAnswer>('/auth/login', {
        body: { provider: 'google', id_token: people.idToken(ada.email) },
      })
    expect((await login()).json.error.code).toBe('account_deleted')
    await two.ask(`/api/v1/admin/users/${ada.id}/restore`, { method: 'POST', token: root.token })
    expect((await login()).status).toBe(200)
    expect(await whoami(one, ada.token)).toBe(401)
  })

  it('T24: an API key of who was deleted at one is refused at the other, and works again after a restore', async () => {
    const kim = await people.register(one, 'kim@example.com')
    const { json } = await one.ask<{ key: string }>('/api/v1/keys', {
      token: kim.token,
      body: { name: 'ci', expires_at: new Date(Date.now() + dayMs).toISOString() },
    })
    const call = async () => {
      const body = { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'x' }] }
      return (await two.ask('/v1/chat/completions', { token: json.key, body })).status
    }
    expect(await call()).toBe(200)
    // A key is not its owner: it neither reads nor ends the account.
    for (const method of ['GET', 'DELETE'])
      expect((await one.ask('/api/v1/users/me', { method, token: json.key })).status).toBe(403)
    await one.ask(`/api/v1/admin/users/${kim.id}`, { method: 'DELETE', token: root.token })
    await until(async () => (await call()) === 403, 5000)
    await one.ask(`/api/v1/admin/users/${kim.id}/restore`, { method: 'POST', token: root.token })
    await until(async () => (await call()) === 200, 5000)
  })

  it('what one chooses to be kept at one holds at the other', async () => {
    const bob = await people.register(one, 'bob@example.com')
    const kept = async () => {
      const { json } = await two.ask<{ history_id: string }>('/api/v1/llm/call', {
        token: bob.token,
        body: { provider: 'openai', model: 'gpt-4o-mini', prompt: 'x' },
      })
      const found = await two.ask<{ prompt: unknown }>(`/api/v1/history/${json.history_id}`, bob)
      return found.json.prompt !== null
    }
    expect(await kept()).toBe(true)
    await one.ask('/api/v1/users/me', { method: 'PATCH', token: bob.token, body: { keep_content: false } })
    await until(async () => !(await kept()), 5000)
  })

  it('T12: an identity taken away at one signs in at the other no longer, and its sessions end there', async () => {
    const eve = await people.register(one, 'eve@example.com')
    const second = { provider: 'google', id_token: people.idToken('eve@example.com', { sub: 'eve-2' }) }
    const linked = await one.ask<Profile>('/auth/link', { token: eve.token, body: second })
    const { json } = await two.ask<{ access_token: string }>('/auth/login', { body: second })
    expect(await whoami(two, json.access_token)).toBe(200)
    await one.ask(`/auth/identities/${linked.json.identities[1]?.id}`, {
      method: 'DELETE',
      token: eve.token,
    })
    await until(async () => (await whoami(two, json.access_token)) === 401, 5000)
    expect((await two.ask('/auth/login', { body: second })).status).toBe(404)
    expect(await whoami(two, eve.token)).toBe(200)
  })

  it('T90: both remove what is over at once, and it is written of once', async () => {
    const dan = await people.register(two, 'dan@example.com')
    await two.ask('/api/v1/llm/call', {
      token: dan.token,
      body: { provider: 'openai', model: 'gpt-4o-mini', prompt: 'what Dan said' },
    })
    await two.gateway.calls.flush()
    await one.ask(`/api/v1/admin/users/${dan.id}`, { method: 'DELETE', token: root.token })
    await one.gateway.database.client.principal.update({
      where: { id: dan.id },
      data: { deletedAt: new Date(Date.now() - 8 * dayMs) },
    })
    await Promise.all([one, two].map(({ gateway }) => gateway.accounts.keepHouse()))
    const left = await dump(two)
    for (const mark of ['what Dan said', dan.email]) expect(left).not.toContain(mark)
    const { json } = await two.ask<{ data: unknown[] }>(
      `/api/v1/admin/audit?target_id=${dan.id}&action=user.purged`,
      root,
    )
    expect(json.data).toHaveLength(1)
  })
})
