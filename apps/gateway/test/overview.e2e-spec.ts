import { UsageOverview } from '@gatehouse/contracts'
import { type StandIn, startOpenAi } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  adminEmail,
  type InnerGateway,
  type People,
  type Person,
  startGateway,
  startPeople,
} from './harness.js'

interface Listed {
  data: { id: string; model: string; status: string; endpoint: string; created_at: string }[]
  has_more: boolean
}
interface Refused {
  error: { code: string; param: string; message: string }
}

describe('what the pages of usage and history ask for', () => {
  let people: People
  let openai: StandIn
  let gateway: InnerGateway
  let root: Person
  let ada: Person
  let bob: Person
  let key: { id: string; key: string }

  const expires = () => new Date(Date.now() + 86_400_000).toISOString()
  const call = (token: string, model: string) =>
    gateway.ask('/api/v1/llm/call', { token, body: { provider: 'openai', model, prompt: 'Hi' } })

  beforeAll(async () => {
    people = await startPeople()
    openai = await startOpenAi()
    gateway = await startGateway({
      ...people.environment,
      OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
      OPENAI_BASE_URL: `${openai.url}/v1`,
    })
    root = await people.register(gateway, adminEmail)
    ada = await people.register(gateway, 'ada@example.com')
    bob = await people.register(gateway, 'bob@example.com')
    const made = await gateway.ask<{ id: string; key: string }>('/api/v1/keys', {
      token: ada.token,
      // What a spreadsheet would run.
      body: { name: '=HYPERLINK("https://evil.test")', expires_at: expires() },
    })
    key = made.json
    for (const model of ['gpt-4o', 'gpt-4o-mini', 'own-model']) await call(ada.token, model)
    await call(key.key, 'gpt-4o-mini')
    await call(bob.token, 'gpt-4o')
    await gateway.gateway.calls.flush()
  })
  afterAll(async () => {
    await gateway?.close()
    await Promise.all([people?.close(), openai?.close()])
  })

  const overview = async (person: Person, query: string, path = '/api/v1/usage/overview') => {
    const { status, json, text } = await gateway.ask(`${path}?${query}`, { token: person.token })
    expect(status, text).toBe(200)
    return UsageOverview.parse(json)
  }

  it('is of the last 30 days of one’s own calls, by model', async () => {
    const { totals, days, groups, unpriced, time_zone } = await overview(ada, '')
    expect(time_zone).toBe('UTC')
    expect(days).toHaveLength(30)
    expect(totals).toMatchObject({ calls: 4, failed_calls: 0, unpriced_calls: 1 })
    expect(days.at(-1)?.calls).toBe(4)
    expect(groups.map(({ id, calls }) => [id, calls])).toEqual([
      ['openai/gpt-4o', 1],
      ['openai/gpt-4o-mini', 2],
      ['openai/own-model', 1],
    ])
    expect(unpriced).toEqual([{ provider: 'openai', model: 'own-model', calls: 1 }])
  })

  it('is in the days of any time zone', async () => {
    for (const zone of ['Pacific/Kiritimati', 'America/Los_Angeles', 'Asia/Kolkata']) {
      const { days, totals, to } = await overview(ada, `time_zone=${zone}&split=none`)
      expect([zone, days.at(-1)?.calls, totals.calls]).toEqual([zone, 4, 4])
      const today = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(Date.now())
      expect(to > today, zone).toBe(true)
    }
  })

  it('names keys by one’s own, and people for admins', async () => {
    const byKey = await overview(ada, 'split=key')
    expect(byKey.groups.map(({ id, name }) => [id, name])).toEqual([
      ['none', null],
      [key.id, '=HYPERLINK("https://evil.test")'],
    ])
    const admin = '/api/v1/admin/usage/overview'
    const byPerson = await overview(root, 'split=principal', admin)
    expect(byPerson.groups.map(({ id, name, calls }) => [id, name, calls]).sort()).toEqual(
      [
        [ada.id, 'ada', 4],
        [bob.id, 'bob', 1],
      ].sort(),
    )
    expect((await overview(root, `principal_id=${bob.id}`, admin)).totals.calls).toBe(1)
  })

  it('T44: what is of everybody is for admins', async () => {
    for (const path of ['overview', 'overview.csv'])
      expect((await gateway.ask(`/api/v1/admin/usage/${path}`, { token: ada.token })).status).toBe(403)
  })

  it.each([
    ['time_zone=Mars/Olympus', 'time_zone'],
    ['time_zone=%2B05:30', 'time_zone'],
    ['from=2026-02-30', 'from'],
    ['to=2026-02-30', 'to'],
    ['to=x&from=y', 'from'],
    ['to=1999-12-31', 'to'],
    ['from=2026-01-01T10:00:00Z', 'from'],
    ['from=2026-01-01&to=2026-01-01', 'from'],
    ['from=2024-01-01&to=2026-01-01', 'from'],
    ['split=principal', 'split'],
    ['principal_id=019a3f6c-2d41-7b8e-9c05-6f1e2a7d4b30', 'principal_id'],
  ])('refuses %s, naming the field', async (query, param) => {
    const { status, json } = await gateway.ask<Refused>(`/api/v1/usage/overview?${query}`, {
      token: ada.token,
    })
    expect([status, json.error.param]).toEqual([400, param])
  })

  it('T76: is a table as well, in which no name of a key is a formula', async () => {
    const file = await gateway.ask('/api/v1/usage/overview.csv?split=key', { token: ada.token })
    expect(file.headers.get('content-type')).toMatch(/^text\/csv/)
    expect(file.headers.get('content-disposition')).toContain('attachment')
    const day = new Date().toISOString().slice(0, 10)
    const [head, ...lines] = file.text.trimEnd().split('\r\n')
    expect(head).toBe('day,key,name,provider,calls,tokens,cost_usd')
    expect(lines).toHaveLength(2)
    expect(lines[1]).toMatch(
      new RegExp(`^${day},${key.id},"'=HYPERLINK\\(""https://evil.test""\\)",,1,\\d+,0\\.\\d{10}$`),
    )
    const plain = await gateway.ask('/api/v1/usage/overview.csv?split=none', { token: ada.token })
    expect(plain.text.trimEnd().split('\r\n')).toHaveLength(31)
  })

  describe('the history', () => {
    const list = async (query: string, token = ada.token) =>
      (await gateway.ask<Listed>(`/api/v1/history?${query}`, { token })).json.data

    it('is filtered by key, route and time', async () => {
      expect(await list('')).toHaveLength(4)
      expect((await list(`key_id=${key.id}`)).map(({ model }) => model)).toEqual(['gpt-4o-mini'])
      expect(await list('endpoint=/api/v1/llm/call')).toHaveLength(4)
      expect(await list('endpoint=/v1/embeddings')).toEqual([])
      const [newest] = await list('')
      const at = newest?.created_at ?? ''
      expect((await list(`from=${at}`)).map(({ id }) => id)).toEqual([newest?.id])
      expect(await list(`to=${at}`)).toHaveLength(3)
      expect(await list(`from=${at.slice(0, 10)}&provider=openai&status=success`)).toHaveLength(4)
      expect(await list('to=2020-01-01')).toEqual([])
    })

    it('T40: by a key that one does not have there is nothing, and a key sees its own calls alone', async () => {
      expect(await list(`key_id=${key.id}`, bob.token)).toEqual([])
      expect(await list('', key.key)).toHaveLength(1)
      expect(await list('key_id=019a3f6c-2d41-7b8e-9c05-6f1e2a7d4b30', key.key)).toEqual([])
    })

    it('names the field of a filter that is none', async () => {
      for (const [query, param] of [
        ['from=yesterday', 'from'],
        ['to=2026-13-01', 'to'],
        ['key_id=x', 'key_id'],
      ]) {
        const { status, json } = await gateway.ask<Refused>(`/api/v1/history?${query}`, { token: ada.token })
        expect([status, json.error.param]).toEqual([400, param])
      }
    })
  })
})
