import {
  AdminUserDetail,
  AuditActions,
  AuditList,
  Catalog,
  DeletionPreview,
  SystemStatus,
} from '@gatehouse/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  adminEmail,
  describeOnPostgres,
  type InnerGateway,
  type People,
  type Person,
  startGateway,
  startPair,
  startPeople,
} from './harness.js'

const nobody = '019a3f6c-2d41-7b8e-9c05-6f1e2a7d4b30'
const metricsToken = 'metrics-0123456789abcdef'

describe('what the pages of admins ask for', () => {
  let people: People
  let gateway: InnerGateway
  let root: Person
  let ada: Person

  beforeAll(async () => {
    people = await startPeople()
    gateway = await startGateway({
      ...people.environment,
      DEMO_PROVIDER: 'true',
      METRICS_TOKEN: metricsToken,
    })
    root = await people.register(gateway, adminEmail)
    ada = await people.register(gateway, 'ada@example.com')
    await gateway.ask('/api/v1/keys', {
      token: ada.token,
      body: { name: '+nightly', expires_at: new Date(Date.now() + 86_400_000).toISOString() },
    })
    for (let index = 0; index < 2; index++)
      await gateway.ask('/api/v1/llm/call', {
        token: ada.token,
        body: { provider: 'demo', model: 'echo', prompt: 'what Ada said' },
      })
    await gateway.gateway.calls.flush()
  })
  afterAll(async () => {
    await gateway?.close()
    await people?.close()
  })

  const ask = <T = Record<string, unknown>>(path: string, method = 'GET', token = root.token) =>
    gateway.ask<T>(`/api/v1/admin/${path}`, { method, token })

  it('T44: is for admins alone, each of it', async () => {
    for (const path of [
      `users/${ada.id}/detail`,
      `users/${ada.id}/deletion-preview`,
      `service-accounts/${ada.id}/detail`,
      'audit/actions',
      'audit/export',
      'status',
    ])
      expect([path, (await ask(path, 'GET', ada.token)).status]).toEqual([path, 403])
    expect((await ask(`users/${ada.id}/sessions/${nobody}`, 'DELETE', ada.token)).status).toBe(403)
  })

  it('shows a person whole: identities, sessions, keys, thirty days of usage, the log; and nothing they said', async () => {
    const { status, json, text } = await ask(`users/${ada.id}/detail`)
    expect(status, text).toBe(200)
    const detail = AdminUserDetail.parse(json)
    expect(detail.user).toMatchObject({ id: ada.id, email: ada.email, identities: [{ provider: 'google' }] })
    expect(detail.admin_by_environment).toBe(false)
    expect(detail.sessions).toMatchObject([{ provider: 'google', current: false }])
    expect(detail.keys).toMatchObject([{ name: '+nightly', status: 'active' }])
    expect(detail.last_30_days.totals.calls).toBe(2)
    expect(detail.last_30_days.days).toHaveLength(30)
    expect(detail.last_30_days.days.at(-1)?.calls).toBe(2)
    expect(detail.last_30_days.models).toMatchObject([{ provider: 'demo', model: 'echo', calls: 2 }])
    expect(detail.audit.map(({ action }) => action)).toContain('key.created')
    expect(detail.audit.find(({ action }) => action === 'key.created')).toMatchObject({
      actor: { id: ada.id, kind: 'user', name: 'ada', email: ada.email },
      target_name: '+nightly',
    })
    expect(text).not.toContain('what Ada said')
    const own = AdminUserDetail.parse((await ask(`users/${root.id}/detail`)).json)
    expect(own).toMatchObject({ admin_by_environment: true, sessions: [{ current: true }] })
  })

  it('T40: who is not there is not there, whatever the id looks like', async () => {
    const answers = await Promise.all(
      [nobody, 'not-an-id', "' OR 1=1--"].flatMap((id) =>
        ['detail', 'deletion-preview'].map((path) => ask(`users/${encodeURIComponent(id)}/${path}`)),
      ),
    )
    for (const answer of answers) expect([answer.status, answer.text]).toEqual([404, answers[0]?.text])
    // A person is no service account.
    expect((await ask(`service-accounts/${ada.id}/detail`)).status).toBe(404)
  })

  it('says what a deletion would remove', async () => {
    const preview = DeletionPreview.parse((await ask(`users/${ada.id}/deletion-preview`)).json)
    expect(preview).toMatchObject({
      user_id: ada.id,
      possible: true,
      removed: { identities: 1, sessions: 1, keys: 1, calls: 2, contents: 2 },
    })
    expect((await ask(`users/${root.id}/deletion-preview`)).json).toMatchObject({ possible: false })
  })

  it('ends one session of a person, and none of anybody else’s', async () => {
    const bob = await people.register(gateway, 'bob@example.com')
    const sessionsOf = async (id: string) =>
      AdminUserDetail.parse((await ask(`users/${id}/detail`)).json).sessions
    const [session] = await sessionsOf(bob.id)
    expect((await ask(`users/${ada.id}/sessions/${session?.id}`, 'DELETE')).status).toBe(404)
    expect((await gateway.ask('/auth/profile', { token: bob.token })).status).toBe(200)
    expect((await ask(`users/${bob.id}/sessions/${session?.id}`, 'DELETE')).status).toBe(204)
    expect((await gateway.ask('/auth/profile', { token: bob.token })).status).toBe(401)
    expect(await sessionsOf(bob.id)).toEqual([])
    expect((await ask(`users/${bob.id}/sessions/${session?.id}`, 'DELETE')).status).toBe(404)
    const { data } = AuditList.parse((await ask('audit?action=session.revoked')).json)
    expect(data[0]).toMatchObject({ actor: { id: root.id }, target: { kind: 'session', id: session?.id } })
  })

  describe('the audit log', () => {
    it('is filtered by request, action and time, and tells who is meant by name', async () => {
      const changed = await gateway.ask(`/api/v1/admin/users/${ada.id}`, {
        method: 'PATCH',
        token: root.token,
        body: { roles: ['member'] },
      })
      const id = changed.headers.get('x-request-id')
      const { data } = AuditList.parse((await ask(`audit?query=${id}`)).json)
      expect(data).toMatchObject([
        {
          action: 'role.changed',
          request_id: id,
          actor: { id: root.id, kind: 'user', email: root.email },
          target: { kind: 'principal', id: ada.id },
          target_name: 'ada',
        },
      ])
      const at = data[0]?.at ?? ''
      const count = async (query: string) =>
        AuditList.parse((await ask(`audit?limit=100&${query}`)).json).data.length
      expect(await count(`from=${at}&action=role.changed`)).toBe(1)
      expect(await count(`to=${at}&action=role.changed`)).toBe(0)
      expect(await count('to=2020-01-01')).toBe(0)
      // Whole: a part of an id finds nothing.
      expect(await count(`query=${id?.slice(0, 8)}`)).toBe(0)
    })

    it('knows every action that it tells of', async () => {
      const { actions } = AuditActions.parse((await ask('audit/actions')).json)
      const { data } = AuditList.parse((await ask('audit?limit=100')).json)
      for (const { action } of data) expect(actions).toContain(action)
      expect(actions).toEqual([...actions].sort())
    })

    it('T76: goes out as a table and as lines of JSON, oldest first, and says so in itself', async () => {
      const lines = await ask(`audit/export?format=jsonl&target_id=${ada.id}`)
      expect(lines.headers.get('content-type')).toMatch(/^application\/jsonl/)
      const entries = lines.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { at: string })
      expect(entries.length).toBeGreaterThan(0)
      expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).sort())
      const table = await ask('audit/export?action=key.created')
      expect(table.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"')
      expect(table.text.split('\r\n')[0]).toMatch(/^at,action,actor_id,actor_name,/)
      expect(table.text).toContain(",'+nightly,")
      const { data } = AuditList.parse((await ask('audit?action=audit.exported')).json)
      expect(data.map(({ actor_id, after }) => [actor_id, after])).toEqual([
        [root.id, { format: 'csv', action: 'key.created' }],
        [root.id, { format: 'jsonl', target_id: ada.id }],
      ])
      expect(await gateway.gateway.accounts.audit.verify()).toBeNull()
    })
  })

  it('T57: tells how the process stands, and of secrets only that they are set', async () => {
    const { status, text, json } = await ask('status')
    expect(status, text).toBe(200)
    const found = SystemStatus.parse(json)
    expect(found).toMatchObject({
      environment: 'development',
      public_url: gateway.url,
      node_version: process.versions.node,
      database: { kind: 'embedded', migrations: { pending: 0 } },
      spool: { waiting: 0, bytes: 0 },
      live_calls: 0,
      sign_in_providers: expect.arrayContaining(['google']),
      content: { kept: 'own', retention_days: 30 },
    })
    expect(found.database.migrations.applied).toBeGreaterThan(3)
    expect(found.database.size_bytes).toBeGreaterThan(1_000_000)
    expect(found.providers.ready).toBe(1)
    expect(found.providers.unconfigured).toBeGreaterThan(5)
    const setting = (name: string) => found.settings.find((each) => each.name === name)
    expect(setting('METRICS_TOKEN')).toMatchObject({ source: 'environment', value: null, secret: true })
    expect(setting('DATABASE_URL')).toMatchObject({ source: 'default', value: null, secret: true })
    expect(setting('DEMO_PROVIDER')).toMatchObject({ source: 'environment', value: 'true', secret: false })
    expect(setting('KEEP_CONTENT')).toMatchObject({ source: 'default', value: null })
    for (const secret of [metricsToken, people.issuer.clientSecret]) expect(text).not.toContain(secret)
  })
})

describeOnPostgres('what admins do on one of two gateways on one Postgres', () => {
  let house: Awaited<ReturnType<typeof startPair<InnerGateway>>>
  beforeAll(async () => {
    house = await startPair(startGateway)
  })
  afterAll(() => house?.close())

  it('T23: a session that an admin ends on one is ended on the other', async () => {
    const { one, two, root, people } = house
    const ada = await people.register(two, 'ada@example.com')
    const whoami = async () => (await two.ask('/auth/profile', { token: ada.token })).status
    expect(await whoami()).toBe(200)
    const detail = await one.ask(`/api/v1/admin/users/${ada.id}/detail`, { token: root.token })
    const { sessions } = AdminUserDetail.parse(detail.json)
    const ended = await one.ask(`/api/v1/admin/users/${ada.id}/sessions/${sessions[0]?.id}`, {
      method: 'DELETE',
      token: root.token,
    })
    expect(ended.status).toBe(204)
    await expect.poll(whoami, { timeout: 5000 }).toBe(401)
  })

  it('the figures of the last hour on one have the calls of the other', async () => {
    const { one, two, root } = house
    const body = { provider: 'openai', model: 'gpt-4o', prompt: 'Hi' }
    expect((await two.ask('/api/v1/llm/call', { token: root.token, body })).status).toBe(200)
    const calls = async () => {
      const { json } = await one.ask('/api/v1/models', { token: root.token })
      return Catalog.parse(json).providers.find(({ id }) => id === 'openai')?.recent?.calls
    }
    // Kept for ten seconds on each.
    await expect.poll(calls, { timeout: 30_000, interval: 500 }).toBe(1)
  })
})
