import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createCertificate, type OpenIdIssuer, type StandIn, startOpenIdIssuer } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  describeOnPostgres,
  type House,
  type InnerGateway,
  type Person,
  startGateway,
  startHouse,
  startPair,
  type TestGateway,
} from './harness.js'

interface Account {
  id: string
  name: string | null
  status: string
  models: string[] | null
  keys: number
  last_30_days: { calls: number; total_tokens: number }
}
interface Credential {
  id: string
  kind: string
  name: string
  source: string
  count: number
}
interface Credentials {
  data: Credential[]
  has_more: boolean
  last_id: string
  score: Record<'inbound' | 'outbound', { calls: number; keyless_calls: number; share: number | null }>
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)
const path = '/api/v1/admin/service-accounts'
const canary = 'canary-0123456789abcdefghijkl'

/** A token by client credentials. */
const tokenOf = (issuer: OpenIdIssuer, subject: string) =>
  issuer.mint({
    payload: {
      iss: issuer.issuer,
      aud: 'gatehouse-api',
      sub: subject,
      azp: subject,
      iat: Math.floor(Date.now() / 1000),
      exp: Math.floor(Date.now() / 1000) + 300,
    },
  })
const chat = (at: TestGateway, token: string, model = 'openai/gpt-4o-mini', stream = false) =>
  at.ask('/v1/chat/completions', {
    token,
    body: { model, stream, messages: [{ role: 'user', content: 'x' }] },
  })

const environmentOf = (issuer: OpenIdIssuer) => ({
  OIDC_ISSUER_URL: issuer.issuer,
  OIDC_CLIENT_ID: 'gatehouse-api',
  OPENAI_API_KEY: `sk-${canary}`,
})

describe('service accounts and credentials', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  let house: House & { gateway: InnerGateway }
  let issuer: OpenIdIssuer
  let gateway: InnerGateway
  let root: Person

  beforeAll(async () => {
    issuer = await startOpenIdIssuer()
    const { cert, key } = createCertificate({ notBefore: inDays(-10), notAfter: inDays(20) })
    writeFileSync(join(folder, 'client.pem'), `${key}\n${cert}`)
    house = await startHouse({
      environment: {
        ...environmentOf(issuer),
        METRICS_TOKEN: `metrics-${canary}`,
        JWT_SECRET: `jwt-secret-${canary}-of-enough-bytes`,
        AZURE_OPENAI_ENDPOINT: 'https://one.openai.azure.example',
        AZURE_TENANT_ID: 'tenant',
        AZURE_CLIENT_ID: 'client',
        AZURE_CERTIFICATE_PATH: join(folder, 'client.pem'),
      },
    })
    ;({ gateway, root } = house)
  })
  afterAll(async () => {
    await house?.close()
    await issuer?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const ask = <T>(of: string, asking: Parameters<TestGateway['ask']>[1] = {}) =>
    gateway.ask<T>(of, { token: root.token, ...asking })
  const find = async (query: string) => {
    const { json } = await ask<{ data: Account[] }>(`${path}?query=${encodeURIComponent(query)}`)
    return json.data
  }
  const enter = async (subject: string): Promise<Account> => {
    expect((await chat(gateway, tokenOf(issuer, subject))).status).toBe(200)
    const [account, ...others] = await find(subject)
    expect(others).toEqual([])
    if (!account) throw new Error('no account')
    return account
  }

  it('no call means no share', async () => {
    const { json } = await ask<Credentials>('/api/v1/admin/credentials')
    const none = { calls: 0, keyless_calls: 0, share: null }
    expect(json.score).toEqual({ inbound: none, outbound: none })
  })

  it('are made on first use, and show what they called', async () => {
    const { id } = await enter('robot-first')
    await chat(gateway, tokenOf(issuer, 'robot-first'))
    const read = async () => (await ask<Account>(`${path}/${id}`)).json
    await expect.poll(async () => (await read()).last_30_days.calls, { timeout: 10_000 }).toBe(2)
    expect(await read()).toMatchObject({
      id,
      roles: ['member'],
      status: 'active',
      models: null,
      identities: [{ provider: 'oidc', issuer: issuer.issuer, subject: 'robot-first' }],
      keys: 0,
      last_30_days: { failed_calls: 0, total_tokens: expect.any(Number), total_cost: expect.any(String) },
    })
    const users = await ask<{ data: unknown[] }>(`/api/v1/admin/users?query=${id}`)
    expect(users.json.data).toEqual([])
  })

  it('are named and limited, and what is not of the form is refused', async () => {
    const { id } = await enter('robot-limited')
    const token = tokenOf(issuer, 'robot-limited')
    const patch = (body: unknown) => ask<Account>(`${path}/${id}`, { method: 'PATCH', body })
    for (const wrong of [
      {},
      { name: '' },
      { models: ['*'] },
      { roles: ['admin'] },
      { status: 'active' },
      { id },
    ])
      expect((await patch(wrong)).status, JSON.stringify(wrong)).toBe(400)
    const changed = await patch({ name: 'invoices', models: ['xai/grok-4'] })
    expect([changed.status, changed.json]).toMatchObject([200, { name: 'invoices', models: ['grok/grok-4'] }])
    expect((await chat(gateway, token)).status).toBe(403)
    await patch({ models: null })
    expect((await chat(gateway, token)).status).toBe(200)
    expect(await find('voic')).toMatchObject([{ id, name: 'invoices' }])
  })

  it('T38: have keys by an admin who signed in, within what they may use', async () => {
    const { id } = await enter('robot-keys')
    await ask(`${path}/${id}`, { method: 'PATCH', body: { models: ['openai/gpt-4o-mini'] } })
    const body = { name: 'k', expires_at: inDays(1).toISOString() }
    const more = await ask(`${path}/${id}/keys`, { body: { ...body, models: ['openai/*'] } })
    expect([more.status, more.json]).toMatchObject([403, { error: { code: 'model_not_allowed' } }])
    const made = await ask<{ id: string; key: string }>(`${path}/${id}/keys`, { body })
    expect(made.status).toBe(201)
    const { key, id: keyId } = made.json
    expect((await chat(gateway, key)).status).toBe(200)
    expect((await chat(gateway, key, 'openai/gpt-4o')).status).toBe(403)
    expect(await find('robot-keys')).toMatchObject([{ id, keys: 1 }])
    const rotated = await ask<{ key: string; id: string }>(`${path}/${id}/keys/${keyId}/rotate`, {
      body: { overlap_hours: 0 },
    })
    expect([(await chat(gateway, key)).status, (await chat(gateway, rotated.json.key)).status]).toEqual([
      401, 200,
    ])
    expect((await ask(`${path}/${id}/keys/${rotated.json.id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await chat(gateway, rotated.json.key)).status).toBe(401)
    // Those of a person are not reached by this way, and nobody but admins has the way.
    const own = await ask<{ id: string }>('/api/v1/keys', { body })
    for (const [method, of] of [
      ['POST', `${path}/${root.id}/keys`],
      ['GET', `${path}/${root.id}/keys`],
      ['DELETE', `${path}/${root.id}/keys/${own.json.id}`],
      ['DELETE', `${path}/${id}/keys/${own.json.id}`],
      ['GET', `${path}/no-id`],
    ] as const)
      expect((await ask(of, { method, ...(method === 'POST' ? { body } : {}) })).status, of).toBe(404)
    const eve = await house.people.register(gateway, 'eve@example.com')
    for (const of of [path, `${path}/${id}`, `${path}/${id}/keys`, '/api/v1/admin/credentials'])
      expect((await ask(of, { token: eve.token })).status).toBe(403)
  })

  it('every credential on both sides is listed, and nothing secret of any', async () => {
    const { id } = await enter('robot-listed')
    const body = { name: 'listed', expires_at: inDays(5).toISOString() }
    const { json: made } = await ask<{ id: string; key: string; prefix: string }>(`${path}/${id}/keys`, {
      body,
    })
    await chat(gateway, made.key)
    const { text, json } = await ask<Credentials>('/api/v1/admin/credentials?limit=100')
    const of = (wanted: string) => json.data.find((credential) => credential.id === wanted)
    expect(of('outbound:openai:default')).toMatchObject({
      side: 'outbound',
      kind: 'static_key',
      keyless: false,
      source: 'OPENAI_API_KEY',
    })
    expect(of('outbound:azure:default')).toMatchObject({
      kind: 'certificate',
      keyless: true,
      source: `AZURE_CERTIFICATE_PATH, ${join(folder, 'client.pem')}`,
      age_days: expect.closeTo(10, 0),
      expires_at: expect.stringContaining(inDays(20).toISOString().slice(0, 10)),
      problem: null,
    })
    expect(of('JWT_SECRET')).toMatchObject({ side: 'inbound', kind: 'signing_secret' })
    expect(of('METRICS_TOKEN')).toMatchObject({ kind: 'static_key' })
    expect(of('GOOGLE_CLIENT_SECRET')).toMatchObject({ kind: 'client_secret' })
    expect(of('OIDC_CLIENT_SECRET')).toBeUndefined()
    expect(of('issuer:oidc')).toMatchObject({
      kind: 'platform_token',
      keyless: true,
      source: issuer.issuer,
      last_used_at: expect.any(String),
    })
    expect(of('sessions:token')).toMatchObject({ kind: 'session', keyless: true })
    expect(of('sessions:token')?.count).toBeGreaterThan(0)
    expect(of(made.id)).toMatchObject({
      kind: 'expiring_key',
      keyless: false,
      name: `listed (${made.prefix}…)`,
      owner: { type: 'service_account', id },
      expires_at: body.expires_at,
    })
    for (const secret of [canary, made.key.slice(12), house.people.issuer.clientSecret])
      expect(text).not.toContain(secret)
  })

  it('an admin revokes the key of anybody, and nothing else by that way', async () => {
    const bob = await house.people.register(gateway, 'bob@example.com')
    const body = { name: 'found in a repository', expires_at: inDays(1).toISOString() }
    const { json: made } = await ask<{ id: string; key: string }>('/api/v1/keys', { token: bob.token, body })
    const of = (id: string) => `/api/v1/admin/credentials/${encodeURIComponent(id)}`
    expect((await ask(of(made.id), { method: 'DELETE', token: bob.token })).status).toBe(403)
    expect((await chat(gateway, made.key)).status).toBe(200)
    expect((await ask(of(made.id), { method: 'DELETE' })).status).toBe(204)
    expect((await chat(gateway, made.key)).status).toBe(401)
    const { json: audit } = await ask<{ data: unknown[] }>(`/api/v1/admin/audit?target_id=${made.id}`)
    expect(audit.data[0]).toMatchObject({
      action: 'key.revoked',
      actor_id: root.id,
      before: { owner: bob.id },
    })
    for (const id of ['JWT_SECRET', 'sessions:token', 'outbound:openai:default', bob.id])
      expect((await ask(of(id), { method: 'DELETE' })).status, id).toBe(404)
  })

  it('the list of credentials can be read a page at a time, none twice and none left out', async () => {
    const { json: whole } = await ask<Credentials>('/api/v1/admin/credentials?limit=100')
    const ids: string[] = []
    for (let after = ''; ; ) {
      const { json } = await ask<Credentials>(`/api/v1/admin/credentials?limit=2${after}`)
      ids.push(...json.data.map(({ id }) => id))
      if (!json.has_more) break
      after = `&after=${encodeURIComponent(json.last_id)}`
    }
    expect(ids).toEqual(whole.data.map(({ id }) => id))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('the score tells the calls without a key from those with one, on both sides', async () => {
    const read = async () => (await ask<Credentials>('/api/v1/admin/credentials')).json.score
    const before = await read()
    await enter('robot-score')
    const body = { name: 'k', expires_at: inDays(1).toISOString() }
    const { json: made } = await ask<{ key: string }>('/api/v1/keys', { body })
    for (let index = 0; index < 3; index++) expect((await chat(gateway, made.key)).status).toBe(200)
    // What was asked before may be counted meanwhile: all of it is there once it is settled.
    await gateway.gateway.calls.flush()
    const total = gateway.gateway.database.client.call.count()
    const keyless = gateway.gateway.database.client.call.count({ where: { keyId: null } })
    const [calls, keyless_calls] = [await total, await keyless]
    await expect
      .poll(async () => (await read()).inbound, { timeout: 10_000 })
      .toEqual({
        calls,
        keyless_calls,
        share: keyless_calls / calls,
      })
    expect(calls - keyless_calls).toBeGreaterThanOrEqual(3)
    expect(calls).toBeGreaterThan(before.inbound.calls)
    expect((await read()).outbound).toEqual({ calls, keyless_calls: 0, share: 0 })
  })
})

describeOnPostgres('service accounts at two gateways on one Postgres', () => {
  let house: Awaited<ReturnType<typeof startPair<InnerGateway>>>
  let issuer: OpenIdIssuer
  let openai: StandIn
  let one: InnerGateway
  let two: InnerGateway
  let root: Person

  beforeAll(async () => {
    issuer = await startOpenIdIssuer()
    // Each makes a secret for itself: what is asked with a session is asked where it began.
    house = await startPair(startGateway, {
      environment: { ...environmentOf(issuer), JWT_SECRET: undefined },
    })
    ;({ openai, one, two, root } = house)
  })
  afterAll(async () => {
    await house?.close()
    await issuer?.close()
  })
  const find = async (subject: string) =>
    (await one.ask<{ data: Account[] }>(`${path}?query=${subject}`, { token: root.token })).json.data

  it('a secret that the gateway made for itself is told with its file and its age', async () => {
    const { json } = await one.ask<Credentials>('/api/v1/admin/credentials', { token: root.token })
    const found = (id: string) => json.data.find((credential) => credential.id === id)
    expect(found('JWT_SECRET')).toMatchObject({ source: join(one.dataDir, 'jwt-secret'), age_days: 0 })
    expect(found('DATABASE_URL')).toMatchObject({ side: 'outbound', kind: 'static_key' })
  })

  it('a machine that comes to both for the first time at once is one account', async () => {
    const asked = [...Array(16).keys()].map((index) =>
      chat(index % 2 ? one : two, tokenOf(issuer, 'robot-both')),
    )
    for (const { status } of await Promise.all(asked)) expect(status).toBe(200)
    expect(await find('robot-both')).toHaveLength(1)
  })

  it('T24: one that is disabled on one is out on both: its tokens, its keys and its streams', async () => {
    const token = tokenOf(issuer, 'robot-gone')
    for (const at of [one, two]) expect((await chat(at, token)).status).toBe(200)
    const [account] = await find('robot-gone')
    const of = `${path}/${account?.id}`
    const { json } = await one.ask<{ key: string }>(`${of}/keys`, {
      token: root.token,
      body: { name: 'k', expires_at: inDays(1).toISOString() },
    })
    for (const at of [one, two]) expect((await chat(at, json.key)).status).toBe(200)
    const begun = openai.requests.length
    const streams = [token, json.key].map((credential) => chat(two, credential, 'openai/stall', true))
    await expect.poll(() => openai.requests.length, { timeout: 10_000 }).toBe(begun + 2)
    await one.ask(`${of}/disable`, { method: 'POST', token: root.token })
    for (const { text } of await Promise.all(streams)) expect(text).toMatch(/"code":"account_disabled"/)
    for (const at of [one, two])
      for (const credential of [token, json.key])
        await expect
          .poll(async () => (await chat(at, credential)).status, { timeout: 5000, interval: 50 })
          .toBe(403)
    await one.ask(`${of}/enable`, { method: 'POST', token: root.token })
    for (const at of [one, two])
      for (const credential of [token, json.key])
        await expect
          .poll(async () => (await chat(at, credential)).status, { timeout: 5000, interval: 50 })
          .toBe(200)
  })

  it('one that may use less on one may use less on the other', async () => {
    const token = tokenOf(issuer, 'robot-less')
    for (const at of [one, two]) expect((await chat(at, token)).status).toBe(200)
    const [account] = await find('robot-less')
    const body = { models: ['openai/gpt-4o'] }
    await one.ask(`${path}/${account?.id}`, { method: 'PATCH', token: root.token, body })
    for (const at of [one, two]) {
      await expect.poll(async () => (await chat(at, token)).status, { timeout: 5000, interval: 50 }).toBe(403)
      expect((await chat(at, token, 'openai/gpt-4o')).status).toBe(200)
    }
  })

  it('T38: the streams of one that may use less end where their model is out, and go on where it is not', async () => {
    const token = tokenOf(issuer, 'robot-narrowed')
    for (const at of [one, two]) expect((await chat(at, token)).status).toBe(200)
    const [account] = await find('robot-narrowed')
    const of = `${path}/${account?.id}`
    const { json } = await one.ask<{ key: string }>(`${of}/keys`, {
      token: root.token,
      body: { name: 'k', expires_at: inDays(1).toISOString() },
    })
    const begun = openai.requests.length
    const streams = [token, json.key].map((credential) => chat(two, credential, 'openai/stall', true))
    await expect.poll(() => openai.requests.length, { timeout: 10_000 }).toBe(begun + 2)
    const allow = (models: string[] | null) =>
      one.ask(of, { method: 'PATCH', token: root.token, body: { models } })
    // Wider than what runs, and another name for it: nothing ends.
    for (const [models, status] of [
      [['openai/stall', 'openai/gpt-4o'], 403],
      [['openai/*'], 200],
    ] as const) {
      await allow([...models])
      await expect
        .poll(async () => (await chat(two, token)).status, { timeout: 5000, interval: 50 })
        .toBe(status)
    }
    const ended = Promise.race(streams).then(() => 'ended')
    expect(await Promise.race([ended, delay(500, 'goes on')])).toBe('goes on')
    await allow(['openai/gpt-4o'])
    for (const { text } of await Promise.all(streams)) {
      expect(text).toMatch(/"code":"model_not_allowed"/)
      expect(text).not.toContain('[DONE]')
    }
  })
})
