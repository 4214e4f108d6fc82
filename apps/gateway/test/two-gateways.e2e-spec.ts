import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccounts } from '@gatehouse/accounts'
import { openDatabase } from '@gatehouse/platform'
import type { StandIn } from '@gatehouse/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  adminEmail,
  describeOnPostgres,
  type OuterGateway,
  type People,
  type Person,
  spawnGateway,
  startPair,
  until,
} from './harness.js'

describeOnPostgres('two gateway processes on one Postgres', () => {
  let house: Awaited<ReturnType<typeof startPair<OuterGateway>>>
  let people: People
  let openai: StandIn
  let one: OuterGateway
  let two: OuterGateway
  let root: Person
  /** One who is an admin at the end. */
  let admin: Person

  beforeAll(async () => {
    // At the same moment, on an empty database: the migrations run once.
    house = await startPair(spawnGateway)
    ;({ people, openai, one, two, root } = house)
    admin = root
  })
  afterAll(() => house?.close())

  const whoami = async (gateway: OuterGateway, token: string) =>
    (await gateway.ask('/auth/profile', { token })).status

  it('T23: a logout on one holds on the other within a second', async () => {
    const ada = await people.register(one, 'ada@example.com')
    expect(await whoami(two, ada.token)).toBe(200)
    expect((await one.ask('/auth/logout', { method: 'POST', token: ada.token })).status).toBe(204)
    expect(await whoami(one, ada.token)).toBe(401)
    await until(async () => (await whoami(two, ada.token)) === 401, 1000)
  })

  it('T24: a role change and a disabled account on one hold on the other', async () => {
    const bob = await people.register(two, 'bob@example.com')
    const admin = (gateway: OuterGateway) => gateway.ask('/api/v1/admin/users', { token: bob.token })
    expect((await admin(two)).status).toBe(403)
    await one.ask(`/api/v1/admin/users/${bob.id}`, {
      method: 'PATCH',
      token: root.token,
      body: { roles: ['admin', 'member'] },
    })
    await until(async () => (await admin(two)).status === 200, 1000)
    await one.ask(`/api/v1/admin/users/${bob.id}`, {
      method: 'PATCH',
      token: root.token,
      body: { roles: ['member'] },
    })
    await until(async () => (await admin(two)).status === 403, 1000)
    await one.ask(`/api/v1/admin/users/${bob.id}/disable`, { method: 'POST', token: root.token })
    await until(async () => (await whoami(two, bob.token)) === 401, 1000)
    // Who is not let in again is told so, and not to sign in again.
    expect(
      (await two.ask<{ error: { code: string } }>('/auth/profile', { token: bob.token })).json.error.code,
    ).toBe('session_disabled')
  })

  it('T24: the stream of a disabled person ends with an error event on the replica that serves it', async () => {
    const eve = await people.register(two, 'eve@example.com')
    const stream = two.ask('/api/v1/llm/call', {
      token: eve.token,
      body: { provider: 'openai', model: 'stall', prompt: 'x', stream: true },
    })
    await until(() =>
      openai.requests.some(({ json }) => (json as { model?: string } | undefined)?.model === 'stall'),
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    await one.ask(`/api/v1/admin/users/${eve.id}/disable`, { method: 'POST', token: root.token })
    const { text } = await stream
    expect(text).toMatch(/data: \{"error":\{[^\n]*"code":"account_disabled"\}\}\n\n$/)
  })

  it('signing out everywhere on one ends the sessions on the other', async () => {
    const dan = await people.register(two, 'dan@example.com')
    await one.ask(`/api/v1/admin/users/${dan.id}/sign-out`, { method: 'POST', token: root.token })
    await until(async () => (await whoami(two, dan.token)) === 401, 1000)
  })

  it('ending the other sessions on one ends them on the other, and keeps the one that asked', async () => {
    const gus = await people.register(one, 'gus@example.com')
    const again = await people.signIn(two, gus.email)
    expect(await whoami(two, gus.token)).toBe(200)
    const { status, json } = await one.ask('/auth/sessions', { method: 'DELETE', token: again })
    expect([status, json]).toEqual([200, { ended: 1 }])
    await until(async () => (await whoami(two, gus.token)) === 401, 1000)
    expect([await whoami(one, again), await whoami(two, again)]).toEqual([200, 200])
    const log = await one.ask<{ data: { action: string; after: unknown }[] }>(
      `/api/v1/admin/audit?target_id=${gus.id}&action=session.others_revoked`,
      { token: root.token },
    )
    expect(log.json.data.map(({ after }) => after)).toEqual([{ ended: 1 }])
    expect((await one.ask('/auth/sessions', { method: 'DELETE', token: again })).json).toEqual({ ended: 0 })
  })

  it('a default preset made on one is applied by the other', async () => {
    const fay = await people.register(one, 'fay@example.com')
    const call = () =>
      two.ask('/api/v1/llm/call', {
        token: fay.token,
        body: { provider: 'openai', model: 'gpt-preset', prompt: 'x' },
      })
    await call()
    await one.ask('/api/v1/presets', {
      token: fay.token,
      body: {
        name: 'd',
        provider: 'openai',
        model: 'gpt-preset',
        parameters: { temperature: 0.25 },
        is_default: true,
      },
    })
    await until(async () => {
      await call()
      return (openai.requests.at(-1)?.json as { temperature?: number } | undefined)?.temperature === 0.25
    }, 2000)
  })

  it('T10: of 50 who register at both at once, only the one named is an admin, and one identity makes one account', async () => {
    const emails = [...Array(50).keys()].map((number) => `crowd-${number}@example.com`)
    await Promise.all(emails.map((email, index) => people.register(index % 2 ? one : two, email)))
    const twice = { provider: 'google', id_token: people.idToken('twice@example.com') }
    const answers = await Promise.all(
      [...Array(10).keys()].map((index) => (index % 2 ? one : two).ask('/auth/register', { body: twice })),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    const admins = await one.ask<{ data: { email: string }[] }>('/api/v1/admin/users?role=admin', {
      token: root.token,
    })
    expect(admins.json.data.map(({ email }) => email)).toEqual([adminEmail])
  })

  it('T45: two admins on two replicas cannot both take the role from each other', async () => {
    const second = await people.register(two, 'second@example.com')
    await one.ask(`/api/v1/admin/users/${second.id}`, {
      method: 'PATCH',
      token: root.token,
      body: { roles: ['admin', 'member'] },
    })
    await until(
      async () => (await two.ask('/api/v1/admin/users', { token: second.token })).status === 200,
      1000,
    )
    const body = { roles: ['member'] }
    const both = await Promise.all([
      one.ask(`/api/v1/admin/users/${second.id}`, { method: 'PATCH', token: root.token, body }),
      two.ask(`/api/v1/admin/users/${root.id}`, { method: 'PATCH', token: second.token, body }),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual([200, expect.any(Number)])
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1)
    // Whoever was quicker is the one who still is an admin.
    if (both[0]?.status !== 200) admin = second
  })

  it('finds a call on the other replica at once, and no call is lost or doubled', async () => {
    const gil = await people.register(one, 'gil@example.com')
    const body = { provider: 'openai', model: 'gpt-4o-mini', prompt: 'x' }
    const ids = await Promise.all(
      [...Array(60).keys()].map(async (index) => {
        const [here, there] = index % 2 ? [one, two] : [two, one]
        const { json } = await here.ask<{ history_id: string }>('/api/v1/llm/call', {
          token: gil.token,
          body,
        })
        const found = await there.ask<{ id: string; status: string }>(`/api/v1/history/${json.history_id}`, {
          token: gil.token,
        })
        expect(found.json).toMatchObject({ id: json.history_id, status: 'success' })
        return json.history_id
      }),
    )
    const list = await one.ask<{ data: { id: string }[] }>('/api/v1/history?limit=100', {
      token: gil.token,
    })
    expect(list.json.data.map(({ id }) => id).sort()).toEqual([...ids].sort())
    const stats = await two.ask('/api/v1/history/stats', { token: gil.token })
    expect(stats.json).toMatchObject({ total_calls: 60, failed_calls: 0 })
  })

  it('T81: the audit log that both write stays one chain', async () => {
    const { json } = await one.ask<{ data: { action: string }[] }>('/api/v1/admin/audit?limit=100', {
      token: admin.token,
    })
    expect(json.data.length).toBeGreaterThan(50)
    const database = await openDatabase({
      url: house.databaseUrl,
      dataDir: mkdtempSync(join(tmpdir(), 'gatehouse-')),
    })
    const accounts = createAccounts({ database, policy: { adminEmails: [], allowedDomains: [] } })
    expect(await accounts.audit.verify()).toBeNull()
    await accounts.close()
    await database.close()
  })
})
