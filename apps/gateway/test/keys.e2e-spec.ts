import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '@gatehouse/platform'
import type { StandIn } from '@gatehouse/testing'
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
  type TestGateway,
} from './harness.js'

interface Key {
  id: string
  key: string
  prefix: string
  status: string
  expires_at: string
  models: string[] | null
  last_used: { at: string; address: string; client: string } | null
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

/** Makes a key of somebody's. */
async function make(at: TestGateway, token: string, body: Record<string, unknown> = {}): Promise<Key> {
  const answer = await at.ask<Key>('/api/v1/keys', {
    token,
    body: { name: 'a key', expires_at: inDays(30), ...body },
  })
  expect(answer.status, answer.text).toBe(201)
  return answer.json
}
const revoke = (at: TestGateway, token: string, id: string) =>
  at.ask(`/api/v1/keys/${id}`, { method: 'DELETE', token })
const chat = (at: TestGateway, token: string, model = 'openai/gpt-4o-mini', stream = false) =>
  at.ask('/v1/chat/completions', {
    token,
    body: { model, stream, messages: [{ role: 'user', content: 'x' }] },
  })

describe('API keys', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-data-'))
  let house: House & { gateway: InnerGateway }
  let people: People
  let gateway: InnerGateway
  let ada: Person
  let eve: Person
  /** Every key that was shown. */
  const shown: string[] = []

  beforeAll(async () => {
    house = await startHouse({ environment: { DATA_DIR: dataDir } })
    ;({ people, gateway } = house)
    ada = await people.register(gateway, 'ada@example.com')
    eve = await people.register(gateway, 'eve@example.com')
  })
  afterAll(async () => {
    await house?.close().catch(() => {})
    rmSync(dataDir, { recursive: true, force: true })
  })
  const own = async (body: Record<string, unknown> = {}) => {
    const made = await make(gateway, ada.token, body)
    shown.push(made.key)
    return made
  }

  it('calls models as its owner, in either header, and is in the history of its owner', async () => {
    const { id, key } = await own()
    expect((await chat(gateway, key)).status).toBe(200)
    const inOther = await gateway.ask('/v1/models', { headers: { 'x-api-key': key } })
    expect(inOther.status).toBe(200)
    const history = () => gateway.ask<{ data: unknown[] }>('/api/v1/history', { token: key })
    await expect
      .poll(async () => (await history()).json.data, { timeout: 10_000 })
      .toMatchObject([{ principal: { type: 'user', id: ada.id }, key_id: id }])
    // Not what its owner says by other ways.
    const call = { provider: 'openai', model: 'gpt-4o', prompt: 'For myself alone' }
    const mine = await gateway.ask<{ history_id: string }>('/api/v1/llm/call', {
      token: ada.token,
      body: call,
    })
    const path = `/api/v1/history/${mine.json.history_id}`
    expect((await gateway.ask(path, { token: ada.token })).status).toBe(200)
    expect((await gateway.ask(path, { token: key })).status).toBe(404)
    expect((await history()).json.data).toHaveLength(1)
    expect((await chat(gateway, key.slice(0, -1))).json).toMatchObject({
      error: { code: 'invalid_token', message: expect.stringContaining('checksum') },
    })
  })

  it('T38: makes no key, rotates none, revokes none and sees none: only who signed in does', async () => {
    const { key, id } = await own()
    const body = { name: 'child', expires_at: inDays(300) }
    const asked = [
      await gateway.ask('/api/v1/keys', { token: key, body }),
      await gateway.ask(`/api/v1/keys/${id}/rotate`, { token: key, body: {} }),
      await gateway.ask(`/api/v1/keys/${id}`, { token: key, method: 'DELETE' }),
      await gateway.ask(`/api/v1/keys/${id}`, { token: key }),
      await gateway.ask('/api/v1/keys', { token: key }),
    ]
    for (const { status, json } of asked)
      expect([status, json]).toMatchObject([403, { error: { code: 'forbidden' } }])
    const { key: rootKey } = await make(gateway, house.root.token)
    shown.push(rootKey)
    expect((await gateway.ask('/api/v1/admin/users', { token: rootKey })).status).toBe(403)
    // Nor what everybody keeps at the provider.
    expect((await gateway.ask('/proxy/openai/files', { token: rootKey })).status).toBe(403)
    expect((await gateway.ask('/proxy/openai/files', { token: house.root.token })).status).toBe(200)
    const goesOn = { model: 'openai/gpt-5', input: 'x', previous_response_id: 'resp_of_somebody' }
    expect((await gateway.ask('/v1/responses', { token: rootKey, body: goesOn })).status).toBe(404)
  })

  it('T38: refuses what is not its owner’s to give, and what nothing enforces, by name', async () => {
    const before = await gateway.gateway.database.client.apiKey.count()
    const valid = { name: 'k', expires_at: inDays(30) }
    for (const [wrong, param] of [
      [{ ...valid, expires_at: inDays(366) }, 'expires_at'],
      [{ ...valid, expires_at: inDays(-1) }, 'expires_at'],
      [{ ...valid, expires_at: 'never' }, 'expires_at'],
      [{ name: 'k' }, 'expires_at'],
      [{ ...valid, expires_at: null }, 'expires_at'],
      [{ expires_at: inDays(1) }, 'name'],
      [{ ...valid, name: ' ' }, 'name'],
      [{ ...valid, models: ['*'] }, 'models[0]'],
      [{ ...valid, models: ['*/*'] }, 'models[0]'],
      [{ ...valid, models: ['openai/gpt-*'] }, 'models[0]'],
      [{ ...valid, models: [] }, 'models'],
      [{ ...valid, budget_usd: 5 }, 'budget_usd'],
      [{ ...valid, budget_usd: -5 }, 'budget_usd'],
      [{ ...valid, requests_per_minute: 1e9 }, 'requests_per_minute'],
      [{ ...valid, tokens_per_minute: 10 }, 'tokens_per_minute'],
      [{ ...valid, roles: ['admin'] }, 'roles'],
      [{ ...valid, routes: ['/*'] }, 'routes'],
      [{ ...valid, principal_id: eve.id }, 'principal_id'],
      [{ ...valid, id: eve.id }, 'id'],
    ] as const) {
      const { status, json } = await gateway.ask('/api/v1/keys', { token: ada.token, body: wrong })
      expect([status, json], JSON.stringify(wrong)).toMatchObject([400, { error: { param } }])
    }
    expect(await gateway.gateway.database.client.apiKey.count()).toBe(before)
  })

  it('T38: a list names a provider by any of its names, and never gives more than the owner has', async () => {
    const { client } = gateway.gateway.database
    const bob = await people.register(gateway, 'bob@example.com')
    await client.principal.update({
      where: { id: bob.id },
      data: { allModels: false, models: ['grok/*'] },
    })
    expect(await make(gateway, bob.token, { models: ['xai/grok-4', 'grok/*'] })).toMatchObject({
      models: ['grok/grok-4', 'grok/*'],
    })
    const body = { name: 'more', expires_at: inDays(1), models: ['grok/*', 'openai/gpt-4o'] }
    const refused = await gateway.ask('/api/v1/keys', { token: bob.token, body })
    expect([refused.status, refused.json]).toMatchObject([
      403,
      { error: { code: 'model_not_allowed', param: 'models[1]' } },
    ])
  })

  it('T40: a key of somebody else is a key that is not there', async () => {
    const { id, key } = await own()
    const nothing = '01890000-0000-7000-8000-000000000000'
    for (const path of [`/${id}`, `/${nothing}`, '/no-id']) {
      const seen = [
        await gateway.ask(`/api/v1/keys${path}`, { token: eve.token }),
        await gateway.ask(`/api/v1/keys${path}/rotate`, { token: eve.token, body: {} }),
        await gateway.ask(`/api/v1/keys${path}`, { token: eve.token, method: 'DELETE' }),
      ]
      for (const { status, json } of seen)
        expect([status, json]).toEqual([
          404,
          { error: { message: 'Not found.', type: 'invalid_request_error', param: null, code: 'not_found' } },
        ])
    }
    expect((await chat(gateway, key)).status).toBe(200)
  })

  it('T26: a cookie and another site make no key', async () => {
    const jar = new CookieJar()
    await signInLocally(gateway.url, 'gil@example.com', jar)
    const cookie = jar.header('/api/v1/keys')
    const body = { name: 'k', expires_at: inDays(1) }
    const elsewhere = { cookie, origin: 'https://evil.example' }
    expect((await gateway.ask('/api/v1/keys', { body, headers: elsewhere })).json).toMatchObject({
      error: { code: 'cross_site_request' },
    })
    const here = await gateway.ask<Key>('/api/v1/keys', { body, headers: { cookie, origin: gateway.url } })
    expect(here.status).toBe(201)
    shown.push(here.json.key)
  })

  it('tells when, from where and by what it was last used', async () => {
    const { id, key } = await own()
    await gateway.ask('/v1/models', { token: key, headers: { 'user-agent': 'nightly/1.0' } })
    const read = async () =>
      (await gateway.ask<Key>(`/api/v1/keys/${id}`, { token: ada.token })).json.last_used
    await expect.poll(read, { timeout: 15_000, interval: 200 }).toMatchObject({ client: 'nightly/1.0' })
    expect((await read())?.address).toMatch(/^(::1|(::ffff:)?127\.0\.0\.1)$/)
  })

  it('T37: a rotation keeps both for the overlap, which is told in the body', async () => {
    const old = await own({ models: ['openai/*'] })
    const rotate = (body: unknown) =>
      gateway.ask<Key>(`/api/v1/keys/${old.id}/rotate`, { token: ada.token, body })
    for (const wrong of [
      { overlap_hours: 169 },
      { overlap_hours: -1 },
      { overlap: 5 },
      { expires_at: inDays(400) },
    ])
      expect((await rotate(wrong)).status, JSON.stringify(wrong)).toBe(400)
    const { status, json: fresh } = await rotate({ overlap_hours: 3 / 3600 })
    expect([status, fresh]).toMatchObject([201, { replaces: old.id, models: ['openai/*'], status: 'active' }])
    shown.push(fresh.key)
    for (const key of [old.key, fresh.key]) expect((await chat(gateway, key)).status).toBe(200)
    expect((await rotate({})).status).toBe(409)
    await expect.poll(async () => (await chat(gateway, old.key)).status, { timeout: 10_000 }).toBe(401)
    expect((await chat(gateway, fresh.key)).status).toBe(200)
    const list = await gateway.ask<{ data: Key[] }>('/api/v1/keys?limit=100', { token: ada.token })
    const status_ = Object.fromEntries(list.json.data.map(({ id, status }) => [id, status]))
    expect([status_[old.id], status_[fresh.id]]).toEqual(['revoked', 'active'])
  })

  it('T36: the text of a key is in no answer after the first, and in no byte of what is kept', async () => {
    const made = await own()
    await chat(gateway, made.key)
    const answers = [
      await gateway.ask('/api/v1/keys?limit=100', { token: ada.token }),
      await gateway.ask(`/api/v1/keys/${made.id}`, { token: ada.token }),
      await gateway.ask('/api/v1/users/me/export', { token: ada.token }),
    ]
    for (const { status, text } of answers) {
      expect([status, text]).toEqual([200, expect.stringContaining(made.prefix)])
      for (const key of shown) expect(text).not.toContain(key.slice(12))
    }
    await gateway.close()
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    )
    expect(files.length).toBeGreaterThan(100)
    let prefixes = 0
    for (const file of files) {
      const bytes = readFileSync(join(file.parentPath, file.name))
      if (bytes.includes(made.prefix)) prefixes++
      for (const key of shown) expect(bytes.includes(key.slice(12)), file.name).toBe(false)
    }
    // What may be there was found: the bytes are not compressed.
    expect(prefixes).toBeGreaterThan(0)
  })
})

describeOnPostgres('API keys at two gateways on one Postgres', () => {
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
  const status = async (at: TestGateway, key: string) => (await at.ask('/v1/models', { token: key })).status
  const refusedAt = (at: TestGateway, key: string, expected: number) =>
    expect.poll(() => status(at, key), { timeout: 5000, interval: 50 }).toBe(expected)

  it('T37: a key that is revoked on one is refused on the other', async () => {
    const ada = await people.register(one, 'ada@example.com')
    const { id, key } = await make(one, ada.token)
    for (const at of [one, two]) expect(await status(at, key)).toBe(200)
    expect((await revoke(one, ada.token, id)).status).toBe(204)
    expect(await status(one, key)).toBe(401)
    await refusedAt(two, key, 401)
  })

  it('T37: the stream by a revoked key ends with an error event on the gateway that serves it; others go on', async () => {
    const bob = await people.register(one, 'bob@example.com')
    const [gone, kept] = [await make(one, bob.token), await make(one, bob.token)]
    const begun = openai.requests.length
    const streams = [gone, kept].map(({ key }) => chat(two, key, 'openai/stall', true))
    await expect.poll(() => openai.requests.length, { timeout: 10_000 }).toBe(begun + 2)
    await revoke(one, bob.token, gone.id)
    const { text } = (await streams[0]) ?? { text: '' }
    expect(text).toMatch(/"code":"invalid_token"/)
    expect(text).not.toContain('[DONE]')
    // The other one ends when its owner is disabled: it was still there.
    await one.ask(`/api/v1/admin/users/${bob.id}/disable`, { method: 'POST', token: root.token })
    expect((await streams[1])?.text).toMatch(/"code":"account_disabled"/)
    for (const at of [one, two]) await refusedAt(at, kept.key, 403)
  })

  it('T37: at the end of the overlap a rotated key ends on both', async () => {
    const cid = await people.register(one, 'cid@example.com')
    const { id, key } = await make(one, cid.token)
    for (const at of [one, two]) expect(await status(at, key)).toBe(200)
    const { json: fresh } = await one.ask<Key>(`/api/v1/keys/${id}/rotate`, {
      token: cid.token,
      body: { overlap_hours: 0 },
    })
    for (const at of [one, two]) {
      await refusedAt(at, key, 401)
      expect(await status(at, fresh.key)).toBe(200)
    }
  })

  it('T38: who may use less has keys that may use less, on both', async () => {
    const dan = await people.register(one, 'dan@example.com')
    const { key } = await make(one, dan.token, { models: ['openai/*'] })
    for (const at of [one, two]) expect((await chat(at, key)).status).toBe(200)
    const { database } = one.gateway
    await database.transaction(async (transaction) => {
      await transaction.principal.update({
        where: { id: dan.id },
        data: { allModels: false, models: ['groq/*'] },
      })
      await transaction.change.create({ data: { kind: 'principal', subject: dan.id } })
    })
    for (const at of [one, two])
      await expect.poll(async () => (await chat(at, key)).status, { timeout: 5000, interval: 100 }).toBe(403)
  })

  it('T36: the text of a key is in no table', async () => {
    const fay = await people.register(one, 'fay@example.com')
    const { key, prefix } = await make(one, fay.token)
    await chat(two, key)
    const database = await openDatabase({ url: house.databaseUrl, dataDir: one.dataDir })
    const tables = await database.client.$queryRaw<{ name: string }[]>`
        SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`
    let dump = ''
    for (const { name } of tables) {
      const rows = await database.client.$queryRawUnsafe<{ text: string }[]>(
        `SELECT "${name}"::text AS text FROM "${name}"`,
      )
      dump += rows.map(({ text }) => text).join('\n')
    }
    await database.close()
    expect(dump).toContain(prefix)
    expect(dump).not.toContain(key.slice(12))
  })
})
