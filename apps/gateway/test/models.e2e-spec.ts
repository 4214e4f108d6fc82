import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type StandIn, startAnthropic, startGemini, startOpenAi } from '@gatehouse/testing'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InnerGateway, type People, type Person, startGateway, startPeople } from './harness.js'

const file = `
connections:
  - id: eu
    provider: openai
    OPENAI_API_KEY: sk-eu-0123456789abcdefghijklmnop
    OPENAI_BASE_URL: http://127.0.0.1:9/v1
models:
  house:
    candidates: [{model: openai/gpt-4o, weight: 3}, {model: openai/gpt-4o, connection: eu}]
    fallbacks: [google/gemini-test]
`

interface Listed {
  id: string
  object: string
  created: number
  owned_by: string
  status: string
  context_length?: number
  pricing?: { prompt: string; completion: string }
  input_modalities?: string[]
  candidates?: string[]
}

describe('GET /v1/models', () => {
  let folder: string
  let people: People
  let openai: StandIn
  let gemini: StandIn
  let anthropic: StandIn
  let gateway: InnerGateway
  let ada: Person
  let client: OpenAI

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
    writeFileSync(join(folder, 'routing.yaml'), file)
    people = await startPeople()
    ;[openai, gemini, anthropic] = await Promise.all([startOpenAi(), startGemini(), startAnthropic()])
    const list = {
      object: 'list',
      data: ['gpt-4o-mini', 'gpt-4o', 'shared', 'org/deep/name'].map((id) => ({
        id,
        object: 'model',
        created: 1_700_000_000,
      })),
    }
    openai.next({
      answer: { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(list) },
    })
    gateway = await startGateway({
      ...people.environment,
      GATEHOUSE_CONFIG: join(folder, 'routing.yaml'),
      OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
      OPENAI_BASE_URL: `${openai.url}/v1`,
      OPENAI_MODEL_ID: 'gpt-default',
      GOOGLE_API_KEY: 'AIzaSyGatehouseStandIn0123456789',
      GOOGLE_GEMINI_BASE_URL: gemini.url,
      GOOGLE_MODEL_ID: 'shared',
      ANTHROPIC_API_KEY: 'anthropic-key-00000000',
      ANTHROPIC_BASE_URL: anthropic.url,
    })
    ada = await people.register(gateway, 'ada@example.com')
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: ada.token, maxRetries: 0 })
  })
  afterAll(async () => {
    await gateway.close()
    await Promise.all([people, openai, gemini, anthropic].map((part) => part.close()))
    rmSync(folder, { recursive: true, force: true })
  })

  const list = async (query = '', path = '/v1/models') =>
    (await gateway.ask<{ object: string; data: Listed[] }>(`${path}${query}`, { token: ada.token })).json

  it('is the union of what the providers have and what is configured, in OpenAI’s shape', async () => {
    const { object, data } = await list()
    expect(object).toBe('list')
    const ids = data.map(({ id }) => id)
    for (const id of [
      'house',
      'openai/gpt-4o-mini',
      'openai/org/deep/name',
      'openai/gpt-default',
      'google/gemini-test',
      'google/shared',
      'anthropic/claude-test',
    ])
      expect(ids).toContain(id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const model of data)
      expect(model).toMatchObject({
        object: 'model',
        created: expect.any(Number),
        owned_by: expect.any(String),
        status: 'ready',
      })
    const byClient: string[] = []
    for await (const { id } of client.models.list()) byClient.push(id)
    expect(byClient).toEqual(ids)
    expect((await list('', '/models')).data).toEqual(data)
  })

  it('tells what is known of each: its size, what it takes, and what a token costs', async () => {
    const { data } = await list()
    const of = (id: string) => data.find((model) => model.id === id)
    expect(of('openai/gpt-4o-mini')).toMatchObject({
      owned_by: 'openai',
      created: 1_700_000_000,
      pricing: { prompt: '0.00000015', completion: '0.0000006' },
    })
    expect(of('google/gemini-test')).toMatchObject({ context_length: 1_048_576 })
    expect(of('anthropic/claude-test')).toMatchObject({
      context_length: 1_000_000,
      input_modalities: ['text', 'image'],
      created: Date.parse('2026-02-03T04:05:06Z') / 1000,
    })
    // No price is not a price of nothing.
    expect(of('openai/org/deep/name')).not.toHaveProperty('pricing')
    expect(of('house')).toMatchObject({
      owned_by: 'gatehouse',
      candidates: ['openai/gpt-4o', 'openai/gpt-4o@eu', 'google/gemini-test'],
    })
  })

  it('is filtered by a provider, under any of its names', async () => {
    for (const [query, owner] of [
      ['openai', 'openai'],
      ['google', 'google'],
      ['gemini', 'google'],
      ['claude', 'anthropic'],
    ]) {
      const { data } = await list(`?provider=${query}`)
      expect(data.length).toBeGreaterThan(0)
      expect(new Set(data.map(({ owned_by }) => owned_by))).toEqual(new Set([owner]))
    }
    expect((await list('?provider=groq')).data).toEqual([])
    for (const query of [
      '?provider=nobody',
      '?provider=',
      '?provider=openai&provider=google',
      '?provider=__proto__',
    ]) {
      const answer = await gateway.ask<{ error: { code: string; param: string } }>(`/v1/models${query}`, {
        token: ada.token,
      })
      expect([answer.status, answer.json.error.code, answer.json.error.param], query).toEqual([
        400,
        'unsupported_provider',
        'provider',
      ])
    }
  })

  it('gives one by its id, whose slash may be raw or encoded, and by what else it is called by', async () => {
    expect((await client.models.retrieve('openai/gpt-4o')).id).toBe('openai/gpt-4o')
    const called: [path: string, id: string][] = [
      ['/v1/models/openai/gpt-4o', 'openai/gpt-4o'],
      ['/v1/models/openai%2Fgpt-4o', 'openai/gpt-4o'],
      ['/v1/models/openai%2fgpt-4o', 'openai/gpt-4o'],
      ['/v1/models/openai/gpt-4o/', 'openai/gpt-4o'],
      ['/models/openai/gpt-4o', 'openai/gpt-4o'],
      ['/v1/models/openai/org/deep/name', 'openai/org/deep/name'],
      ['/v1/models/openai%2Forg%2Fdeep%2Fname', 'openai/org/deep/name'],
      ['/v1/models/gpt-4o', 'openai/gpt-4o'],
      ['/v1/models/house', 'house'],
      ['/v1/models/gemini/gemini-test', 'google/gemini-test'],
      ['/v1/models/shared?provider=gemini', 'google/shared'],
      ['/v1/models/shared?provider=openai', 'openai/shared'],
    ]
    for (const [path, id] of called) {
      const answer = await gateway.ask<Listed>(path, { token: ada.token })
      expect([answer.status, answer.json.id], path).toEqual([200, id])
    }
  })

  it('says which several a bare name could be, and that there is none', async () => {
    const several = await gateway.ask<{ error: { message: string } }>('/v1/models/shared', {
      token: ada.token,
    })
    expect(several.status).toBe(404)
    expect(several.json.error.message).toMatch(/openai\/shared, google\/shared/)
    for (const name of [
      'nobody/x',
      'nothing',
      'openai/nothing',
      '__proto__',
      'x'.repeat(900),
      'a%20b',
      '%2E%2E%2Fadmin',
    ]) {
      const answer = await gateway.ask<{ error: { code: string } }>(`/v1/models/${name}`, {
        token: ada.token,
      })
      expect([answer.status, answer.json.error.code], name).toEqual([404, 'model_not_found'])
    }
    await expect(client.models.retrieve('nothing')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })

  it('is there before anybody asks, so that a bare name means the provider that alone has it', async () => {
    const ask = (model: string) =>
      gateway.ask<{ error?: { message: string } }>('/v1/chat/completions', {
        token: ada.token,
        body: { model, messages: [{ role: 'user', content: 'Hi' }] },
      })
    const alone = await ask('gpt-4o')
    expect([alone.status, alone.headers.get('x-gatehouse-model')]).toEqual([200, 'gpt-4o'])
    const several = await ask('shared')
    expect(several.status).toBe(400)
    expect(several.json.error?.message).toMatch(/have "shared"\. Name one: openai\/shared, google\/shared\.$/)
    const nobody = await ask('unheard-of')
    expect(nobody.status).toBe(400)
    for (const provider of ['openai', 'google', 'anthropic'])
      expect(nobody.json.error?.message).toMatch(new RegExp(`could serve .*${provider}/unheard-of`))
  })

  it('is closed to strangers, and takes either header', async () => {
    for (const path of ['/v1/models', '/models', '/v1/models/openai/gpt-4o', '/models/openai/gpt-4o']) {
      expect((await gateway.ask(path)).status, path).toBe(401)
      expect((await gateway.ask(path, { headers: { 'x-api-key': ada.token } })).status, path).toBe(200)
    }
  })
})
