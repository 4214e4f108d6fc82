import { createTransport, type Transport } from '@gatehouse/outbound'
import { type StandIn, startOllama } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createModels, type Models } from '../models.js'
import { createOllama } from './ollama.js'

const never = () => new AbortController().signal

describe('an Ollama that nobody configured', () => {
  let transport: Transport
  let standIn: StandIn
  beforeEach(async () => {
    transport = createTransport()
    standIn = await startOllama()
  })
  afterEach(async () => {
    await transport.close()
    await standIn.close()
  })

  const build = (production = false, values: Record<string, unknown> = {}): Models =>
    createModels({ values, transport, production, providers: [createOllama(standIn.url)] })
  const states = (models: Models) => models.status().map(({ id, state }) => [id, state])

  it('is found where it runs, and is asked like any other', async () => {
    const models = build(false, { OLLAMA_MODEL_ID: 'gemma' })
    expect(states(models)).toEqual([
      ['ollama', 'not_configured'],
      ['demo', 'ready'],
    ])
    await models.check(never())
    // The demo steps back for a real model.
    expect(states(models)).toEqual([['ollama', 'ready']])
    expect(models.status()[0]).toMatchObject({ credential: 'none', missing: [], defaultModel: 'gemma' })
    const [candidate] = models.resolve('ollama')
    const completion = await candidate?.client.complete(
      { model: 'gemma', messages: [{ role: 'user', content: 'Hi' }] },
      { signal: never() },
    )
    expect(completion?.choices).toHaveLength(1)
    expect(standIn.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/version',
      'POST /v1/chat/completions',
    ])
    expect((await models.list()).map(({ id }) => id)).toEqual([
      'ollama/gpt-test',
      'ollama/slow',
      'ollama/gemma',
    ])
  })

  it('is not looked for in production, or where another is configured', async () => {
    const inProduction = build(true)
    await inProduction.check(never())
    expect(states(inProduction)).toEqual([['ollama', 'not_configured']])
    const configured = build(false, { OLLAMA_BASE_URL: 'http://127.0.0.1:9' })
    expect(states(configured)).toEqual([['ollama', 'ready']])
    await configured.check(never())
    expect(standIn.requests).toEqual([])
  })

  it('that is not there is a provider like any that is not configured', async () => {
    await standIn.close()
    const models = build()
    await models.check(never())
    expect(models.status()[0]).toMatchObject({
      state: 'not_configured',
      missing: ['OLLAMA_BASE_URL'],
      problem: `None was found at ${standIn.url}.`,
    })
    expect(() => models.resolve('ollama', 'gemma')).toThrow('Ollama is not configured. Set OLLAMA_BASE_URL.')
    expect((await models.list()).map(({ provider }) => provider)).toEqual(['demo'])
  })

  it.each([
    ['says nothing', { hang: true }],
    ['is something else', { answer: { status: 404, body: 'not here' } }],
  ])('is none where what listens there %s', async (_what, behaviour) => {
    standIn.next(behaviour)
    const models = build()
    const started = Date.now()
    await models.check(never())
    // Half a second, and what a busy machine adds.
    expect(Date.now() - started).toBeLessThan(2_000)
    expect(states(models)[0]).toEqual(['ollama', 'not_configured'])
  })
})
