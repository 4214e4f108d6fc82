import { createTransport, type Transport } from '@gatehouse/outbound'
import { openAiVendors, type StandIn, startAzure, startOpenAi } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createModels, type Models } from '../models.js'

let transport: Transport
let standIn: StandIn
beforeEach(() => {
  transport = createTransport()
})
afterEach(async () => {
  await transport.close()
  await standIn.close()
})

const build = (values: Record<string, unknown>): Models =>
  createModels({ values, transport, production: true })

async function begin(id: string, more: Record<string, unknown> = {}): Promise<Models> {
  const vendor = openAiVendors.find((one) => one.id === id)
  standIn = await (vendor?.start ?? startOpenAi)()
  const own = vendor?.values(standIn.url) ?? {
    OPENAI_API_KEY: 'sk-test-1',
    OPENAI_BASE_URL: `${standIn.url}/v1`,
  }
  return build({ ...own, ...more })
}

const list = (models: unknown) => ({ answer: { status: 200, body: JSON.stringify(models) } })

describe('the models of a provider', () => {
  it.each(openAiVendors.filter(({ lists }) => lists))('$id lists its own', async ({ id, secret }) => {
    const found = await (await begin(id)).list()
    expect(found.length).toBeGreaterThan(0)
    for (const { id: name, provider, model, status } of found) {
      expect({ name, provider, status }).toEqual({ name: `${id}/${model}`, provider: id, status: 'ready' })
    }
    expect(standIn.requests[0]).toMatchObject({
      method: 'GET',
      headers: { authorization: `Bearer ${secret}` },
    })
  })

  it('are listed with what OpenAI tells, and asked for once', async () => {
    const models = await begin('openai')
    const [first] = await Promise.all([models.list(), models.list()])
    expect(first).toMatchObject([
      {
        id: 'openai/gpt-test',
        provider: 'openai',
        model: 'gpt-test',
        created: 1_700_000_000,
        ownedBy: 'openai',
      },
      { id: 'openai/slow' },
    ])
    await models.list()
    expect(standIn.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/models'])
  })

  it('have the default one among them once', async () => {
    const models = await begin('openai', { OPENAI_MODEL_ID: 'gpt-of-mine' })
    expect((await models.list()).map(({ model }) => model)).toEqual(['gpt-test', 'slow', 'gpt-of-mine'])
    await standIn.close()
    const same = await begin('openai', { OPENAI_MODEL_ID: 'slow' })
    expect((await same.list()).map(({ model }) => model)).toEqual(['gpt-test', 'slow'])
  })

  it('are the default one alone where a provider cannot list', async () => {
    const models = await begin('perplexity', { PERPLEXITY_MODEL_ID: 'sonar' })
    const [only, ...others] = await models.list()
    expect(only).toMatchObject({ id: 'perplexity/sonar', status: 'ready' })
    expect(others).toEqual([])
    expect(standIn.requests).toEqual([])
  })

  it('of azure are the deployment that is configured', async () => {
    standIn = await startAzure()
    const values = {
      AZURE_OPENAI_ENDPOINT: standIn.url,
      AZURE_OPENAI_API_KEY: 'k',
      AZURE_OPENAI_DEPLOYMENT: 'mine',
    }
    expect(await build(values).list()).toMatchObject([{ id: 'azure/mine', status: 'ready' }])
    expect(standIn.requests).toEqual([])
  })

  it('stand as degraded while their provider does not answer, and nobody is told why', async () => {
    const models = await begin('openai', { OPENAI_MODEL_ID: 'gpt-of-mine' })
    standIn.next({ refuse: { status: 500 } })
    expect(await models.list()).toMatchObject([{ id: 'openai/gpt-of-mine', status: 'degraded' }])
  })

  it.each([
    ['nothing', 'null'],
    ['no list', '{"data":{}}'],
    ['half a text', '{"data":['],
  ])('are not those of a provider that answers with %s', async (_what, body) => {
    const models = await begin('openai')
    standIn.next({ answer: { status: 200, body } })
    expect(await models.list()).toEqual([])
  })

  it('are only those that could be asked for', async () => {
    const models = await begin('openai')
    standIn.next(
      list({ data: [{ id: 'a' }, { id: '../../files' }, { id: 7 }, null, { id: '~m/latest' }, {}] }),
    )
    expect((await models.list()).map(({ model }) => model)).toEqual(['a', '~m/latest'])
  })

  it('of one provider are not held up for long by another that says nothing', async () => {
    const grok = await startOpenAi()
    const models = await begin('openai', { GROK_API_KEY: 'xai-1', GROK_API_URL: `${grok.url}/v1` })
    standIn.next({ hang: true })
    const started = Date.now()
    expect((await models.list()).map(({ id }) => id)).toEqual(['grok/gpt-test', 'grok/slow'])
    // Two seconds, and what a busy machine adds.
    expect(Date.now() - started).toBeLessThan(4_000)
    await grok.close()
  })
})

describe('what a vendor tells of its models', () => {
  it('openrouter: context and modalities', async () => {
    const models = await begin('openrouter')
    standIn.next(
      list({
        data: [
          {
            id: 'openai/gpt-4',
            created: 1_692_901_234,
            context_length: 8_191,
            architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'] },
          },
        ],
      }),
    )
    expect(await models.list()).toMatchObject([
      {
        id: 'openrouter/openai/gpt-4',
        model: 'openai/gpt-4',
        contextLength: 8_191,
        inputModalities: ['text', 'image'],
        outputModalities: ['text'],
      },
    ])
  })

  it.each([
    ['groq', { data: [{ id: 'm', context_window: 131_072 }] }, { contextLength: 131_072 }],
    [
      'mistral',
      { data: [{ id: 'm', max_context_length: 32_768, capabilities: { vision: true } }] },
      { contextLength: 32_768, inputModalities: ['text', 'image'] },
    ],
    [
      'together',
      [{ id: 'm', organization: 'M', context_length: 2_048 }],
      { ownedBy: 'M', contextLength: 2_048 },
    ],
    ['custom', { data: [{ id: 'm', max_model_len: 4_096 }] }, { contextLength: 4_096 }],
    ['custom', { data: [{ id: 'm', meta: { n_ctx_train: 512 } }] }, { contextLength: 512 }],
    ['cohere', { models: [{ name: 'm', context_length: 256_000 }] }, { contextLength: 256_000 }],
  ])('%s: %o', async (id, body, told) => {
    const models = await begin(id)
    standIn.next(list(body))
    expect(await models.list()).toMatchObject([{ model: 'm', ...told }])
  })

  it('cohere: at the address of its own API', async () => {
    await (await begin('cohere')).list()
    expect(standIn.requests[0]?.path).toBe('/v1/models?page_size=1000')
  })

  it('ollama: by a question about each', async () => {
    const models = await begin('ollama')
    expect(await models.list()).toMatchObject([
      { model: 'gpt-test', contextLength: 8_192, inputModalities: ['text', 'image'] },
      { model: 'slow', contextLength: 8_192 },
    ])
    expect(standIn.requests.map(({ path }) => path)).toEqual(['/v1/models', '/api/show', '/api/show'])
    expect(standIn.requests[1]?.json).toEqual({ model: 'gpt-test' })
  })

  it('ollama: without the figures of a model that cannot be read', async () => {
    const models = await begin('ollama')
    standIn.next({}, { refuse: { status: 404 } })
    const [first, second] = await models.list()
    expect([first, second].map((one) => one?.contextLength).sort()).toEqual([8_192, undefined])
  })
})
