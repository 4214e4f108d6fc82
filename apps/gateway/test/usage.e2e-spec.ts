import { createPostgresDatabase, type StandIn, startOpenAi } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import {
  adminEmail,
  type InnerGateway,
  type OuterGateway,
  type People,
  type Person,
  spawnGateway,
  startGateway,
  startPeople,
  type TestGateway,
  until,
} from './harness.js'

interface Sums {
  data: {
    id: string
    total_calls: number
    total_tokens: number
    total_cost: string
    [field: string]: unknown
  }[]
  has_more: boolean
  last_id: string | null
}

interface Stats {
  total_calls: number
  total_tokens: number
  total_cost: string
  by_day: unknown[]
}

const call = (at: TestGateway, { token }: Person, body: Record<string, unknown>) =>
  at.ask<{ history_id: string }>('/api/v1/llm/call', { token, body: { prompt: 'x', ...body } })

describe('usage', () => {
  let people: People
  let openai: StandIn
  let gateway: InnerGateway
  let root: Person
  let ada: Person
  let bob: Person

  beforeAll(async () => {
    people = await startPeople()
    openai = await startOpenAi()
    gateway = await startGateway({
      ...people.environment,
      DEMO_PROVIDER: 'true',
      OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
      OPENAI_BASE_URL: `${openai.url}/v1`,
      GROK_API_KEY: 'xai-0123456789abcdefghijklmnop',
      GROK_BASE_URL: `${openai.url}/v1`,
    })
    root = await people.register(gateway, adminEmail)
    ada = await people.register(gateway, 'ada@example.com')
    bob = await people.register(gateway, 'bob@example.com')
    for (const model of ['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o'])
      await call(gateway, ada, { provider: 'openai', model })
    await call(gateway, ada, { provider: 'grok', model: 'nobody-knows' })
    await call(gateway, bob, { provider: 'openai', model: 'gpt-4o-mini' })
    await gateway.gateway.calls.flush()
  })
  afterAll(async () => {
    await gateway?.close()
    await Promise.all([people?.close(), openai?.close()])
  })

  const sums = (person: Person, query: string) =>
    gateway.ask<Sums>(`/api/v1/usage?${query}`, { token: person.token })

  it('sums one’s own calls by model, and equals the history’s sums', async () => {
    const { status, json } = await sums(ada, 'group_by=model&order=asc')
    expect(status).toBe(200)
    expect(json.data.map(({ provider, model, total_calls }) => [provider, model, total_calls])).toEqual([
      ['grok', 'nobody-knows', 1],
      ['openai', 'gpt-4o', 1],
      ['openai', 'gpt-4o-mini', 2],
    ])
    const stats = await gateway.ask<Stats>('/api/v1/history/stats', { token: ada.token })
    const [all] = (await sums(ada, 'group_by=key')).json.data
    expect(all).toMatchObject({
      total_calls: 4,
      unpriced_calls: 1,
      total_tokens: stats.json.total_tokens,
      total_cost: stats.json.total_cost,
    })
    expect(stats.json.total_calls).toBe(4)
    expect(Number(all?.total_cost)).toBeGreaterThan(0)
  })

  it('keeps a call in the sums that its owner takes out of the history', async () => {
    const cleo = await people.register(gateway, 'cleo@example.com')
    const { json } = await call(gateway, cleo, { provider: 'demo', model: 'echo' })
    const path = `/api/v1/history/${json.history_id}`
    expect((await gateway.ask(path, { method: 'DELETE', token: cleo.token })).status).toBe(204)
    expect((await sums(cleo, '')).json.data).toMatchObject([{ total_calls: 1 }])
    const stats = await gateway.ask('/api/v1/history/stats', { token: cleo.token })
    expect(stats.json).toMatchObject({ total_calls: 1 })
  })

  it('pages like every list, and finds a provider by any of its names', async () => {
    const first = await sums(ada, 'group_by=model&limit=2')
    expect(first.json).toMatchObject({ object: 'list', has_more: true })
    const second = await sums(ada, `group_by=model&limit=2&after=${first.json.last_id}`)
    expect(second.json).toMatchObject({ has_more: false, data: [{ provider: 'grok' }] })
    const dan = await people.register(gateway, 'dan@example.com')
    await call(gateway, dan, { provider: 'xai', model: 'grok-3' })
    await gateway.gateway.calls.flush()
    for (const name of ['xai', 'grok'])
      expect((await sums(dan, `group_by=provider&provider=${name}`)).json.data).toMatchObject([
        { provider: 'grok', total_calls: 1 },
      ])
    expect((await sums(dan, 'group_by=provider&provider=openai')).json.data).toEqual([])
  })

  it('names the field that is wrong', async () => {
    for (const [query, param] of [
      ['from=yesterday', 'from'],
      ['from=2020-01-01', 'from'],
      ['to=2026-02-30', 'to'],
      ['group_by=week', 'group_by'],
      ['group_by=principal', 'group_by'],
      ['limit=1001', 'limit'],
      ['after=x', 'after'],
      ['principal_id=x', 'principal_id'],
    ]) {
      const { status, json } = await sums(ada, query ?? '')
      expect([status, json], query).toMatchObject([400, { error: { param } }])
    }
  })

  it('shows everybody’s to admins alone, by person', async () => {
    for (const path of ['/api/v1/admin/usage', '/api/v1/admin/usage/export.csv'])
      expect((await gateway.ask(path, { token: ada.token })).status).toBe(403)
    const all = await gateway.ask<Sums>('/api/v1/admin/usage?group_by=principal', { token: root.token })
    const byPerson = Object.fromEntries(all.json.data.map((row) => [row.principal_id, row.total_calls]))
    expect(byPerson).toMatchObject({ [ada.id]: 4, [bob.id]: 1 })
    const one = await gateway.ask<Sums>(`/api/v1/admin/usage?principal_id=${bob.id}&group_by=model`, {
      token: root.token,
    })
    expect(one.json.data).toMatchObject([{ model: 'gpt-4o-mini', total_calls: 1 }])
  })

  it('comes as a file with the same figures', async () => {
    const file = await gateway.ask('/api/v1/usage/export.csv?group_by=model', { token: ada.token })
    expect(file.status).toBe(200)
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="usage.csv"')
    expect(file.headers.get('x-content-type-options')).toBe('nosniff')
    const lines = file.text.split('\r\n')
    expect(lines[0]).toMatch(/^provider,model,total_calls,/)
    expect(lines.slice(1).map((line) => line.split(',').slice(0, 3).join(' '))).toEqual([
      'grok nobody-knows 1',
      'openai gpt-4o 1',
      'openai gpt-4o-mini 2',
      '',
    ])
    const all = await gateway.ask('/api/v1/admin/usage/export.csv?group_by=principal', { token: root.token })
    expect(all.text).toContain(`\r\n${bob.id},1,`)
    const wrong = await gateway.ask('/api/v1/usage/export.csv?limit=5', { token: ada.token })
    expect([wrong.status, wrong.json]).toMatchObject([
      400,
      { error: { code: 'unknown_field', param: 'limit' } },
    ])
  })
})

const server = inject('postgres')
const missing = 'missing' in server ? server.missing : undefined

describe.skipIf(missing !== undefined)(
  `usage of two gateway processes${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    it('F32: equals the history after one was killed in the midst of calls', {
      timeout: 120_000,
    }, async () => {
      const people = await startPeople()
      const postgres = await createPostgresDatabase({ empty: true })
      const environment = {
        ...people.environment,
        DATABASE_URL: postgres.url,
        JWT_SECRET: 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo',
        PUBLIC_URL: 'http://localhost:8000',
      }
      const gateways: OuterGateway[] = await Promise.all([
        spawnGateway(environment),
        spawnGateway(environment),
      ])
      const [one, two] = gateways as [OuterGateway, OuterGateway]
      const ada = await people.register(one, 'ada@example.com')
      const body = { provider: 'demo', model: 'echo' }
      let answered = 0
      const ask = (at: OuterGateway) =>
        call(at, ada, body).then(
          ({ status }) => {
            if (status === 200) answered++
          },
          // Of the one that is killed.
          () => {},
        )
      const load = async (at: OuterGateway, rounds: number) => {
        for (let round = 0; round < rounds; round++) await Promise.all([...Array(8)].map(() => ask(at)))
      }
      const loads = [load(one, 25), load(two, 25)]
      await until(() => answered > 100, 60_000)
      one.kill('SIGKILL')
      await one.exited
      await Promise.all(loads)
      // Its disk is still there: the next one takes over what it left.
      const next = await spawnGateway({ ...environment, DATA_DIR: one.dataDir })
      const stats = async () => (await two.ask<Stats>('/api/v1/history/stats', { token: ada.token })).json
      await until(async () => (await stats()).total_calls >= answered, 10_000)
      for (const gateway of [next, two]) await gateway.close()
      const last = await spawnGateway(environment)
      const history = await last.ask<Stats>('/api/v1/history/stats', { token: ada.token })
      let ended = 0
      for (let after = '', more = true; more; ) {
        const { json } = await last.ask<Sums>(`/api/v1/history?limit=100${after}`, { token: ada.token })
        ended += json.data.length
        more = json.has_more
        after = `&after=${json.last_id}`
      }
      expect(history.json.total_calls).toBe(ended)
      expect(ended).toBeGreaterThanOrEqual(answered)
      await last.close()
      await people.close()
      await postgres.drop()
    })
  },
)
