import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type StandIn, startAnthropic, startAzure, startOpenAi } from '@gatehouse/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type InnerGateway, type People, type Person, startGateway, startPeople } from './harness.js'

const file = `models:
  house:
    candidates: [openai/gpt-5]
  mixed:
    candidates: [openai/gpt-5]
    fallbacks: [openai/gpt-4o-mini]
`
const said = [{ role: 'user', content: 'Hi' }]

interface Refused {
  error: { code: string; message: string; param: string | null }
}

describe('a caller with a list of models', () => {
  let folder: string
  let people: People
  let openai: StandIn
  let anthropic: StandIn
  let azure: StandIn
  let gateway: InnerGateway
  let ada: Person
  let key: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
    writeFileSync(join(folder, 'routing.yaml'), file)
    people = await startPeople()
    ;[openai, anthropic, azure] = await Promise.all([startOpenAi(), startAnthropic(), startAzure()])
    gateway = await startGateway({
      ...people.environment,
      GATEHOUSE_CONFIG: join(folder, 'routing.yaml'),
      OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
      OPENAI_BASE_URL: `${openai.url}/v1`,
      ANTHROPIC_API_KEY: 'anthropic-key-00000000',
      ANTHROPIC_BASE_URL: anthropic.url,
      AZURE_OPENAI_ENDPOINT: azure.url,
      AZURE_OPENAI_API_KEY: 'azure-key-0000000000000000',
    })
    ada = await people.register(gateway, 'ada@example.com')
    const made = await gateway.ask<{ key: string }>('/api/v1/keys', {
      token: ada.token,
      body: {
        name: 'narrow',
        expires_at: new Date(Date.now() + 86_400_000).toISOString(),
        models: ['openai/gpt-4o-mini', 'house'],
      },
    })
    key = made.json.key
  })
  afterAll(async () => {
    await gateway.close()
    await Promise.all([people, openai, anthropic, azure].map((part) => part.close()))
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    for (const standIn of [openai, anthropic, azure]) standIn.requests.length = 0
  })
  const asked = () => [openai, anthropic, azure].reduce((sum, { requests }) => sum + requests.length, 0)
  const form = () => {
    const body = new FormData()
    body.set('model', 'openai/whisper-1')
    body.set('file', new Blob(['x']), 'a.wav')
    return body
  }
  const post = (path: string, body: Record<string, unknown>, headers: Record<string, string>) =>
    fetch(gateway.url + path, { method: 'POST', headers, body: JSON.stringify(body) })

  it.each([
    ['/v1/chat/completions', { model: 'openai/gpt-4o', messages: said }],
    ['/v1/chat/completions', { model: 'openai/gpt-4o', messages: said, stream: true }],
    ['/v1/chat/completions', { model: 'OPENAI/gpt-4o-mini', messages: said }],
    ['/v1/chat/completions?provider=openai', { model: 'gpt-4o', messages: said }],
    ['/chat/completions', { model: 'openai/gpt-4o', messages: said }],
    ['/v1/completions', { model: 'openai/gpt-4o', prompt: 'Hi' }],
    ['/v1/responses', { model: 'openai/gpt-4o', input: 'Hi' }],
    ['/v1/embeddings', { model: 'openai/text-embedding-3-small', input: 'Hi' }],
    ['/v1/moderations', { model: 'openai/omni-moderation-latest', input: 'Hi' }],
    ['/v1/images/generations', { model: 'openai/gpt-image-1', prompt: 'Hi' }],
    ['/v1/audio/speech', { model: 'openai/tts-1', input: 'Hi', voice: 'alloy' }],
    ['/v1/messages', { model: 'anthropic/claude-test', max_tokens: 10, messages: said }],
    ['/v1/messages/count_tokens', { model: 'anthropic/claude-test', messages: said }],
    ['/api/v1/llm/call', { provider: 'openai', model: 'gpt-4o', prompt: 'Hi' }],
    ['/proxy/openai/chat/completions', { model: 'gpt-4o', messages: said }],
    ['/proxy/anthropic/v1/messages', { model: 'claude-test', max_tokens: 10, messages: said }],
    ['/proxy/azure/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21', { messages: said }],
  ])('T43: POST %s with %j is 403 in every carrier, and no provider is asked', async (path, body) => {
    const carriers: Record<string, string>[] = [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }]
    for (const headers of carriers) {
      const answer = await post(path, body, { 'content-type': 'application/json', ...headers })
      const { error } = (await answer.json()) as Refused
      // A provider that is spelt otherwise is none.
      expect([403, 400], JSON.stringify(error)).toContain(answer.status)
      if (answer.status === 400) expect(JSON.stringify(body)).toContain('OPENAI')
    }
    expect(asked()).toBe(0)
  })

  it('T43: a form and a request without a model are refused as well', async () => {
    const headers = { authorization: `Bearer ${key}` }
    const spoken = await fetch(`${gateway.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers,
      body: form(),
    })
    expect(spoken.status).toBe(403)
    expect((await gateway.ask('/proxy/openai/files', { token: key })).status).toBe(403)
    expect(asked()).toBe(0)
  })

  it.each([
    [{ models: ['openai/gpt-4o'] }, 'models'],
    [{ models: null }, 'models'],
    [{ Models: ['openai/gpt-4o'] }, 'Models'],
    [{ preset: '@preset/dear' }, 'preset'],
    [{ tools: [{ type: 'image_generation' }] }, 'tools'],
    [{ tools: [{ type: 'image_generation', model: 'gpt-image-1' }] }, 'tools'],
  ])('names one model and no other: %j is refused', async (more, param) => {
    const { status, json } = await gateway.ask<Refused>('/v1/responses', {
      token: key,
      body: { model: 'openai/gpt-4o-mini', input: 'Hi', ...more },
    })
    expect([status, json.error]).toMatchObject([403, { code: 'model_not_allowed', param }])
    expect(asked()).toBe(0)
  })

  it('T43: a body that is not read here, and one whose names stand twice, reach no model beside the list', async () => {
    const dear = '{"model":"gpt-4o","models":["o1"],"input":"x","previous_response_id":"resp_of_somebody"}'
    for (const [path, type, body] of [
      ['/proxy/azure/deployments/gpt-4o-mini/responses', 'multipart/mixed', dear],
      ['/proxy/openai/deployments/gpt-4o-mini/v1/responses', 'multipart/mixed', dear],
      ['/proxy/azure/deployments/gpt-4o-mini/responses', 'text/plain', Buffer.from(dear, 'utf16le')],
    ] as const)
      for (const token of [key, ada.token]) {
        const headers = { authorization: `Bearer ${token}`, 'content-type': type }
        const answer = await fetch(gateway.url + path, { method: 'POST', headers, body })
        expect([400, 403], path).toContain(answer.status)
      }
    expect(asked()).toBe(0)
    const twice =
      '{"model":"openai/gpt-4o-mini","input":"x","tools":[{"type":"a","model":"gpt-4o"}],"tools":[]}'
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const answer = await fetch(`${gateway.url}/v1/responses`, { method: 'POST', headers, body: twice })
    expect(answer.status).toBe(200)
    expect(openai.requests.at(-1)?.text).not.toContain('gpt-4o"')
  })

  it('calls what its list has: a model, and an alias with all that it leads to', async () => {
    for (const [model, reached] of [
      ['openai/gpt-4o-mini', 'gpt-4o-mini'],
      ['house', 'gpt-5'],
      // The alias is not listed: what is left of it is.
      ['mixed', 'gpt-4o-mini'],
    ]) {
      const { status } = await gateway.ask('/v1/chat/completions', {
        token: key,
        body: { model, messages: said },
      })
      expect([status, openai.requests.at(-1)?.json], model).toMatchObject([200, { model: reached }])
    }
  })

  it('sees in GET /v1/models what it may use', async () => {
    const ids = async (token: string) =>
      (await gateway.ask<{ data: { id: string }[] }>('/v1/models', { token })).json.data.map(({ id }) => id)
    expect(new Set(await ids(key))).toEqual(
      new Set(['house', 'mixed', ...(await ids(ada.token)).filter((id) => id === 'openai/gpt-4o-mini')]),
    )
    expect((await gateway.ask('/v1/models/openai/gpt-4o', { token: key })).status).toBe(404)
    expect((await gateway.ask('/v1/models/house', { token: key })).status).toBe(200)
  })
})
