import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CallResult, Catalog, type HistoryDetail, type UsageOverview } from '@gatehouse/contracts'
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

const file = `
connections:
  - id: eu
    provider: openai
    OPENAI_API_KEY: sk-eu-0123456789abcdefghijklmnop
    OPENAI_BASE_URL: http://127.0.0.1:9/v1
models:
  house: {candidates: [openai/gpt-4o], fallbacks: [{model: openai/gpt-4o, connection: eu}]}
  breaking: {candidates: [openai/breaking], retries: 0}
prices:
  openai/priced: {input_usd_per_million: 2000, output_usd_per_million: 4000.5, cached_input_usd_per_million: 1}
`
const secret = 'sk-up-0123456789abcdefghijklmnop'

describe('GET /api/v1/models', () => {
  let folder: string
  let people: People
  let openai: StandIn
  let gateway: InnerGateway
  let root: Person
  let ada: Person

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
    writeFileSync(join(folder, 'routing.yaml'), file)
    people = await startPeople()
    openai = await startOpenAi()
    const data = ['gpt-4o-mini', 'gpt-4o', 'my-own', 'breaking', 'priced'].map((id) => ({
      id,
      object: 'model',
    }))
    openai.next({
      answer: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ object: 'list', data }),
      },
    })
    gateway = await startGateway({
      ...people.environment,
      DEMO_PROVIDER: 'true',
      GATEHOUSE_CONFIG: join(folder, 'routing.yaml'),
      OPENAI_API_KEY: secret,
      OPENAI_BASE_URL: `${openai.url}/v1`,
    })
    root = await people.register(gateway, adminEmail)
    ada = await people.register(gateway, 'ada@example.com')
  })
  afterAll(async () => {
    await gateway?.close()
    await Promise.all([people?.close(), openai?.close()])
    rmSync(folder, { recursive: true, force: true })
  })

  const catalog = async (token = ada.token, at = gateway) => {
    const { status, json, text } = await at.ask('/api/v1/models', { token })
    expect(status, text).toBe(200)
    return Catalog.parse(json)
  }
  const provider = async (id: string, token?: string) =>
    (await catalog(token)).providers.find((each) => each.id === id)
  const model = async (id: string, token?: string) =>
    (await catalog(token)).data.find((each) => each.id === id)

  it('has every model that /v1/models has, with price and context, and aliases with what answers to them', async () => {
    const { data } = await catalog()
    const listed = await gateway.ask<{ data: { id: string }[] }>('/v1/models', { token: ada.token })
    expect(data.map(({ id }) => id)).toEqual(listed.json.data.map(({ id }) => id))
    expect(await model('openai/gpt-4o-mini')).toMatchObject({
      provider: 'openai',
      model: 'gpt-4o-mini',
      status: 'ready',
      price: {
        input_usd_per_million: '0.15',
        output_usd_per_million: '0.6',
        cached_input_usd_per_million: '0.075',
      },
      alias: false,
    })
    expect((await model('openai/gpt-4o-mini'))?.context_length).toBeGreaterThan(100_000)
    expect(await model('openai/my-own')).toMatchObject({ price: null, context_length: null, name: null })
    // By what the operator says that it costs.
    expect((await model('openai/priced'))?.price).toEqual({
      input_usd_per_million: '2000',
      output_usd_per_million: '4000.5',
      cached_input_usd_per_million: '1',
    })
    // Free, which is not unknown.
    expect((await model('demo/echo'))?.price).toEqual({
      input_usd_per_million: '0',
      output_usd_per_million: '0',
      cached_input_usd_per_million: null,
    })
    expect(await model('house')).toMatchObject({
      provider: 'gatehouse',
      alias: true,
      candidates: ['openai/gpt-4o', 'openai/gpt-4o@eu'],
    })
  })

  it('names providers that are not configured with the variables to set, and the demo as what it is', async () => {
    expect(await provider('anthropic')).toMatchObject({
      state: 'unconfigured',
      missing: ['ANTHROPIC_API_KEY'],
      credential: null,
      models: 0,
      recent: { calls: 0, success_rate: null, median_first_byte_ms: null, last_success_at: null },
    })
    expect(await provider('demo')).toMatchObject({ demo: true, state: 'ready', credential: 'none' })
    expect(await provider('openai')).toMatchObject({
      demo: false,
      state: 'ready',
      credential: 'key',
      models: 5,
    })
  })

  it('T57: tells admins the variable of a credential, others its kind, and nobody the credential', async () => {
    expect(await provider('openai', root.token)).toMatchObject({ credential: 'OPENAI_API_KEY' })
    for (const { token } of [root, ada])
      expect((await gateway.ask('/api/v1/models', { token })).text).not.toContain(secret)
  })

  it('T43: shows a key what it may use, and nothing else', async () => {
    const made = await gateway.ask<{ key: string }>('/api/v1/keys', {
      token: ada.token,
      body: {
        name: 'small',
        expires_at: new Date(Date.now() + 86_400_000).toISOString(),
        models: ['openai/gpt-4o-mini'],
      },
    })
    const { data, providers } = await catalog(made.json.key)
    expect(data.map(({ id }) => id)).toEqual(['openai/gpt-4o-mini'])
    expect(providers.find(({ id }) => id === 'openai')).toMatchObject({ models: 1 })
    expect((await gateway.ask('/api/v1/models')).status).toBe(401)
  })

  it('has the figures of the last hour, of all callers together', async () => {
    for (const { token } of [ada, root])
      await gateway.ask('/api/v1/llm/call', {
        token,
        body: { provider: 'openai', model: 'gpt-4o', prompt: 'Hi' },
      })
    openai.next({ refuse: { status: 400 } })
    await gateway.ask('/api/v1/llm/call', {
      token: ada.token,
      body: { provider: 'openai', model: 'gpt-4o', prompt: 'Hi' },
    })
    await gateway.gateway.calls.flush()
    // The figures are kept for ten seconds.
    await expect
      .poll(async () => (await provider('openai'))?.recent, { timeout: 30_000, interval: 500 })
      .toMatchObject({ window_minutes: 60, calls: 3, failed_calls: 1 })
    const recent = (await provider('openai'))?.recent
    expect(recent?.success_rate).toBeCloseTo(2 / 3)
    expect(recent?.median_first_byte_ms).toBeGreaterThanOrEqual(0)
    expect(Date.parse(recent?.last_success_at ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })

  it('has the price that calls are charged at', async () => {
    for (const [name, provider, input, output, cached] of [
      ['priced', 'openai', 2000, 4000.5, 1],
      ['echo', 'demo', 0, 0, 0],
    ] as const) {
      const { json } = await gateway.ask<CallResult>('/api/v1/llm/call', {
        token: ada.token,
        body: { provider, model: name, prompt: 'Say hello' },
      })
      const kept = await gateway.ask<HistoryDetail>(`/api/v1/history/${json.history_id}`, {
        token: ada.token,
      })
      const { input_tokens, output_tokens, cached_tokens } = kept.json.usage
      expect(input_tokens * output_tokens).toBeGreaterThan(0)
      const usd = (input_tokens - cached_tokens) * input + cached_tokens * cached + output_tokens * output
      expect(json.cost_usd).toBeCloseTo(usd / 1e6, 9)
    }
    const { json } = await gateway.ask<UsageOverview>('/api/v1/usage/overview', { token: ada.token })
    expect(json.unpriced).toEqual([])
  })

  it('shows a model whose circuit is open as degraded, and its provider', async () => {
    for (let call = 0; call < 5; call++) {
      openai.next({ refuse: { status: 500 } })
      await gateway.ask('/v1/chat/completions', {
        token: ada.token,
        body: { model: 'breaking', messages: [{ role: 'user', content: 'Hi' }] },
      })
    }
    expect(await model('openai/breaking')).toMatchObject({ status: 'degraded' })
    expect(await model('breaking')).toMatchObject({ status: 'degraded' })
    expect(await model('openai/gpt-4o')).toMatchObject({ status: 'ready' })
    expect(await provider('openai')).toMatchObject({ state: 'degraded' })
  })

  it('never waits for a provider, and has its models once it was heard of', async () => {
    const slow = await startOpenAi()
    // Longer than a start waits for the lists.
    const { promise: asked, resolve: answer } = Promise.withResolvers<void>()
    slow.next({ headAfter: asked })
    const other = await startGateway({
      ...people.environment,
      PUBLIC_URL: gateway.url,
      OPENAI_API_KEY: secret,
      OPENAI_BASE_URL: `${slow.url}/v1`,
      OPENAI_MODEL_ID: 'gpt-default',
    })
    try {
      const { token } = await people.register(other, 'bob@example.com')
      const early = await catalog(token, other)
      // Answered before the provider was: its default model stands there, whatever is not known.
      expect(early.complete).toBe(false)
      expect(early.data.map(({ id }) => id)).toEqual(['openai/gpt-default'])
      answer()
      await expect.poll(async () => (await catalog(token, other)).complete, { timeout: 20_000 }).toBe(true)
    } finally {
      answer()
      await other.close()
      await slow.close()
    }
  })
})
