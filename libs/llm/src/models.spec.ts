import { AppError, type ErrorCode } from '@gatehouse/contracts'
import { createTransport, type Transport } from '@gatehouse/outbound'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createModels } from './models.js'
import type { ChatClient, Provider } from './provider.js'
import { modelVariables } from './registry.js'

let transport: Transport
beforeAll(() => {
  transport = createTransport()
})
afterAll(() => transport.close())

const build = (values: Record<string, unknown>, production = false, providers?: Provider[]) =>
  createModels({ values, transport, production, ...(providers ? { providers } : {}) })

const stateOf = (values: Record<string, unknown>, id: string, production = false) =>
  build(values, production)
    .status()
    .find((state) => state.id === id)

function expectError(call: () => unknown, code: ErrorCode, more: object = {}) {
  expect(call).toThrow(AppError)
  expect(call).toThrow(expect.objectContaining({ code, ...more }))
}

const client: ChatClient = {
  complete: () => Promise.reject(new Error('unused')),
  stream: () => Promise.reject(new Error('unused')),
}

describe('the catalogue of models', () => {
  it('has every variable of the contract, secrets marked', () => {
    const secrets = Object.entries(modelVariables).flatMap(([name, variable]) =>
      variable.secret ? [name] : [],
    )
    expect(Object.keys(modelVariables)).toEqual(
      expect.arrayContaining([
        'OPENAI_API_KEY',
        'OPENAI_BASE_URL',
        'AZURE_OPENAI_ENDPOINT',
        'AZURE_OPENAI_API_KEY',
        'AZURE_OPENAI_API_VERSION',
        'AZURE_OPENAI_DEPLOYMENT',
        'AZURE_TENANT_ID',
        'AZURE_CLIENT_ID',
        'AZURE_CERTIFICATE_PATH',
        'AZURE_CLIENT_CERTIFICATE_PATH',
        'AZURE_FEDERATED_TOKEN_FILE',
        'AZURE_AUTHORITY_HOST',
        'AWS_REGION',
        'BEDROCK_MODEL_ID',
        'AWS_ENDPOINT_URL_BEDROCK_RUNTIME',
        'GOOGLE_API_KEY',
        'GEMINI_API_KEY',
        'GOOGLE_MODEL_ID',
        'GOOGLE_GEMINI_BASE_URL',
        'GROK_API_KEY',
        'XAI_API_KEY',
        'GROK_API_URL',
        'GROK_MODEL_ID',
        ...[
          ...['GROQ', 'MISTRAL', 'DEEPSEEK', 'OPENROUTER', 'TOGETHER', 'FIREWORKS', 'PERPLEXITY', 'COHERE'],
          ...['CEREBRAS', 'NVIDIA', 'MOONSHOT', 'OLLAMA', 'OPENAI_COMPATIBLE'],
        ].flatMap((name) => [`${name}_API_KEY`, `${name}_BASE_URL`, `${name}_MODEL_ID`]),
        'DEMO_PROVIDER',
      ]),
    )
    const expected = Object.keys(modelVariables).filter((name) =>
      /_API_KEY$|SECRET|SESSION_TOKEN|BEARER_TOKEN/.test(name),
    )
    expect(secrets.sort()).toEqual(expected.sort())
    for (const { comment } of Object.values(modelVariables)) expect(comment).toMatch(/\.$/)
  })

  it('reads addresses and switches, and refuses what is none', () => {
    const parse = (name: string, text: string | undefined) => modelVariables[name]?.schema.safeParse(text)
    expect(parse('OPENAI_BASE_URL', 'http://10.0.0.1:8000/v1/')?.data).toBe('http://10.0.0.1:8000/v1')
    for (const text of ['ftp://a', 'nonsense', 'https://user:pass@a/', 'https://a/?b=c', 'https://a/#b']) {
      expect(parse('OPENAI_BASE_URL', text)?.success).toBe(false)
    }
    expect(parse('DEMO_PROVIDER', 'true')?.data).toBe(true)
    expect(parse('DEMO_PROVIDER', 'yes')?.success).toBe(false)
    for (const name of Object.keys(modelVariables)) expect(parse(name, undefined)?.success).toBe(true)
  })

  it('says of each provider whether it is ready, and which variable is missing', () => {
    const missing = build({}, true)
      .status()
      .map(({ id, state, missing: names }) => [id, state, ...names].join(' '))
    expect(missing).toEqual(
      expect.arrayContaining([
        'openai not_configured OPENAI_API_KEY',
        'azure not_configured AZURE_OPENAI_ENDPOINT',
        'google not_configured GOOGLE_API_KEY',
        'bedrock not_configured AWS_REGION',
        'grok not_configured GROK_API_KEY',
        'groq not_configured GROQ_API_KEY',
        'ollama not_configured OLLAMA_BASE_URL',
        'custom not_configured OPENAI_COMPATIBLE_BASE_URL',
      ]),
    )
    expect(missing.every((line) => / not_configured [A-Z_]+$/.test(line))).toBe(true)
    expect(stateOf({ GROK_API_KEY: 'xai-1', GROK_MODEL_ID: 'grok-4' }, 'grok')).toEqual({
      id: 'grok',
      name: 'Grok',
      state: 'ready',
      missing: [],
      credential: 'api_key',
      defaultModel: 'grok-4',
      problem: undefined,
    })
  })

  it.each([
    [{}, 'not_configured', ['AZURE_OPENAI_ENDPOINT'], 'none'],
    [{ AZURE_OPENAI_API_KEY: 'k' }, 'ready', [], 'api_key'],
    [{ AZURE_CERTIFICATE_PATH: '/c.pem' }, 'not_configured', ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID'], 'none'],
    [
      { AZURE_CERTIFICATE_PATH: '/c.pem', AZURE_CLIENT_ID: 'c' },
      'not_configured',
      ['AZURE_TENANT_ID'],
      'none',
    ],
    [
      { AZURE_CLIENT_CERTIFICATE_PATH: '/c.pem', AZURE_CLIENT_ID: 'c', AZURE_TENANT_ID: 't' },
      'ready',
      [],
      'certificate',
    ],
    [
      { AZURE_FEDERATED_TOKEN_FILE: '/t', AZURE_CLIENT_ID: 'c', AZURE_TENANT_ID: 't' },
      'ready',
      [],
      'workload_identity',
    ],
    [{ AZURE_CLIENT_ID: 'c' }, 'not_configured', ['AZURE_OPENAI_API_KEY'], 'managed_identity'],
  ])('chooses how azure proves itself: %o', (values, state, missing, credential) => {
    const endpoint =
      Object.keys(values).length > 0 ? { AZURE_OPENAI_ENDPOINT: 'https://a.openai.azure.com' } : {}
    expect(stateOf({ ...endpoint, ...values }, 'azure')).toMatchObject({ state, missing, credential })
  })

  it('knows providers by id and alias, and nothing else', () => {
    const models = build({ XAI_API_KEY: 'xai-1', GEMINI_API_KEY: 'AIza-1' })
    expect(models.resolve('xai', 'm')[0]).toMatchObject({
      provider: 'grok',
      connection: 'default',
      model: 'm',
    })
    expect(models.resolve('gemini', 'm')[0]?.provider).toBe('google')
    expect(models.resolve('vertex_ai', 'm')[0]?.provider).toBe('google')
    const strange = [
      'nope',
      'OpenAI',
      '',
      '__proto__',
      'constructor',
      'toString',
      'x'.repeat(10_000),
      null,
      undefined,
      1,
    ]
    for (const name of [...strange, ['openai'], { id: 'openai' }]) {
      expectError(() => models.resolve(name, 'm'), 'unsupported_provider', {
        message: 'Unsupported provider',
      })
    }
  })

  it('names the variable to set for a provider that is known', () => {
    const models = build({})
    expectError(() => models.resolve('openai', 'm'), 'provider_not_configured', {
      message: 'OpenAI is not configured. Set OPENAI_API_KEY.',
    })
    expectError(() => models.resolve('gemini', 'm'), 'provider_not_configured', {
      message: expect.stringContaining('GOOGLE_API_KEY'),
    })
  })

  it('takes the default model where none is named, and asks for one where there is none', () => {
    const models = build({ GROK_API_KEY: 'xai-1', GROK_MODEL_ID: 'grok-4', OPENAI_API_KEY: 'sk-1' })
    expect(models.resolve('grok')[0]?.model).toBe('grok-4')
    expect(models.resolve('grok', 'grok-3')[0]?.model).toBe('grok-3')
    expectError(() => models.resolve('openai'), 'missing_required_parameter', { param: 'model' })
    expectError(() => models.resolve('openai', ''), 'missing_required_parameter', { param: 'model' })
  })

  it('T56: lets no model through that could change a path', () => {
    const models = build({ OPENAI_API_KEY: 'sk-1' })
    expectError(() => models.resolve('openai', '../files'), 'invalid_request', { param: 'model' })
  })

  it('gives every connection of a provider, in order', () => {
    const provider: Provider = {
      id: 'two',
      name: 'Two',
      aliases: [],
      priceList: null,
      variables: {},
      configure: () => ({
        connections: ['a', 'b'].map((id) => ({ id, credential: 'none', open: () => client })),
        missing: [],
      }),
    }
    expect(
      build({}, false, [provider])
        .resolve('two', 'm')
        .map((one) => one.connection),
    ).toEqual(['a', 'b'])
  })

  it('has connections of settings of their own beside the usual one, and takes nothing else for them', () => {
    const connections = [
      { id: 'eu', provider: 'openai', values: { OPENAI_API_KEY: 'sk-eu' } },
      { id: 'us', provider: 'openai', values: { OPENAI_API_KEY: 'sk-us', OPENAI_MODEL_ID: 'gpt-us' } },
      { id: 'none', provider: 'groq', values: {} },
    ]
    const values = { OPENAI_API_KEY: 'sk-1', OPENAI_MODEL_ID: 'gpt-1', GROQ_API_KEY: undefined }
    const models = createModels({ values, connections, transport, production: true })
    const ways = (...asked: Parameters<typeof models.resolve>) =>
      models.resolve(...asked).map(({ connection, model }) => `${connection} ${model}`)
    expect(ways('openai', 'm')).toEqual(['default m', 'eu m', 'us m'])
    expect(ways('openai')).toEqual(['default gpt-1', 'us gpt-us'])
    expect(ways('openai', 'm', { connection: 'eu' })).toEqual(['eu m'])
    expectError(() => models.resolve('openai', 'm', { connection: 'gone' }), 'provider_not_configured')
    expectError(() => models.resolve('groq', 'm'), 'provider_not_configured')
    const alone = createModels({ values: {}, connections, transport, production: true })
    expect(alone.resolve('openai', 'm').map(({ connection }) => connection)).toEqual(['eu', 'us'])
    expect(alone.status().find(({ id }) => id === 'openai')).toMatchObject({ state: 'ready', missing: [] })
  })

  it('does not look for what a connection names', () => {
    const connection = { id: 'gpu', provider: 'ollama', values: { OLLAMA_BASE_URL: 'http://10.0.0.1:11434' } }
    const models = createModels({ values: {}, connections: [connection], transport, production: false })
    expect(models.resolve('ollama', 'm').map(({ connection: id }) => id)).toEqual(['gpu'])
  })

  it('opens a connection once for each set of times', () => {
    const opened: Transport[] = []
    const provider: Provider = {
      id: 'one',
      name: 'One',
      aliases: [],
      priceList: null,
      variables: {},
      configure: () => ({
        connections: [
          {
            id: 'default',
            credential: 'none',
            open: (over) => {
              opened.push(over)
              return { ...client }
            },
          },
        ],
        missing: [],
      }),
    }
    const models = build({}, false, [provider])
    const clientWith = (timeouts?: object) => models.resolve('one', 'm', { timeouts })[0]?.client
    const slow = clientWith({ firstByteMs: 600_000 })
    expect(slow).toBe(clientWith({ firstByteMs: 600_000 }))
    expect(slow).not.toBe(clientWith())
    expect(clientWith()).toBe(clientWith())
    expect(clientWith({ firstByteMs: 1 })).not.toBe(slow)
    expect(opened).toHaveLength(3)
    expect(opened[0]).toBe(transport)
  })

  it('looks for credentials that only a try can find, and says why there are none', async () => {
    let found = false
    const provider: Provider = {
      id: 'lazy',
      name: 'Lazy',
      aliases: [],
      priceList: null,
      variables: {},
      configure: () => ({
        connections: [
          {
            id: 'default',
            credential: 'managed_identity',
            open: () => client,
            check: async () => {
              if (!found) throw new Error('No identity here.')
            },
          },
        ],
        missing: ['LAZY_KEY'],
      }),
    }
    const models = build({}, false, [provider])
    const states = () => models.status().map(({ id, state, problem }) => [id, state, problem])
    expect(states()).toEqual([
      ['lazy', 'not_configured', undefined],
      ['demo', 'ready', undefined],
    ])
    await models.check(new AbortController().signal)
    expect(states()).toEqual([
      ['lazy', 'not_configured', 'No identity here.'],
      ['demo', 'ready', undefined],
    ])
    found = true
    await models.check(new AbortController().signal)
    expect(states()).toEqual([['lazy', 'ready', undefined]])
  })

  it('does not wait for a check that hangs', async () => {
    const provider: Provider = {
      id: 'slow',
      name: 'Slow',
      aliases: [],
      priceList: null,
      variables: {},
      configure: () => ({
        connections: [
          { id: 'default', credential: 'none', open: () => client, check: () => new Promise(() => {}) },
        ],
        missing: [],
      }),
    }
    const models = build({}, false, [provider])
    await models.check(AbortSignal.timeout(50))
    expect(models.status()[0]?.state).toBe('not_configured')
  })
})

describe('the demo provider', () => {
  const isOn = (values: Record<string, unknown>, production = false) =>
    stateOf(values, 'demo', production)?.state === 'ready'

  it('is on outside production while no other provider is, and where it was asked for', () => {
    expect(isOn({})).toBe(true)
    expect(isOn({ OPENAI_API_KEY: 'sk-1' })).toBe(false)
    expect(isOn({}, true)).toBe(false)
    expect(isOn({ DEMO_PROVIDER: true }, true)).toBe(true)
    expect(isOn({ DEMO_PROVIDER: true, OPENAI_API_KEY: 'sk-1' })).toBe(true)
    expect(isOn({ DEMO_PROVIDER: false })).toBe(false)
  })

  it('is not reached while it is off', () => {
    expectError(() => build({}, true).resolve('demo'), 'provider_not_configured', {
      message: expect.stringContaining('DEMO_PROVIDER'),
    })
  })

  const request = { model: 'echo', messages: [{ role: 'user' as const, content: 'ping pong' }] }
  const signal = new AbortController().signal
  const demo = () => {
    const [candidate] = build({}).resolve('demo')
    if (!candidate) throw new Error('no candidate')
    expect(candidate.model).toBe('echo')
    return candidate.client
  }

  it('says what it is, repeats what it heard, and counts', async () => {
    const completion = await demo().complete(request, { signal })
    const text = completion.choices[0]?.message.content ?? ''
    expect(text).toContain('stand-in, not a language model')
    expect(text).toContain('ping pong')
    expect(completion.usage).toEqual({ prompt_tokens: 2, completion_tokens: 22, total_tokens: 24 })

    let streamed = ''
    let last: unknown
    for await (const chunk of await demo().stream(request, { signal })) {
      streamed += chunk.choices[0]?.delta.content ?? ''
      last = chunk
    }
    expect(streamed).toBe(text)
    expect(last).toMatchObject({ choices: [], usage: completion.usage })
  })

  it('keeps to the limit of tokens, and stops when the caller leaves', async () => {
    const short = await demo().complete({ ...request, max_tokens: 3 }, { signal })
    expect(short.choices[0]).toMatchObject({
      finish_reason: 'length',
      message: { content: "This is Gatehouse's" },
    })
    const leave = new AbortController()
    const reason = new Error('left')
    const reading = (async () => {
      for await (const _chunk of await demo().stream(request, { signal: leave.signal })) leave.abort(reason)
    })()
    await expect(reading).rejects.toBe(reason)
  })

  it('stops where it is told to, and names what it cannot do', async () => {
    const stopped = await demo().complete({ ...request, stop: ['demo', 'stand-in'] }, { signal })
    expect(stopped.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: "This is Gatehouse's " },
    })
    const dropped: string[] = []
    await demo().complete({ ...request, seed: 1 }, { signal, onDropped: (names) => dropped.push(...names) })
    expect(dropped).toEqual(['seed'])
  })

  it('has one model', async () => {
    await expect(demo().complete({ ...request, model: 'gpt-5' }, { signal })).rejects.toMatchObject({
      code: 'model_not_found',
    })
  })
})
