import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { defaultText, type StandIn, startAnthropic, startOpenAi } from '@gatehouse/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type InnerGateway, type People, type Person, startGateway, startPeople, until } from './harness.js'

const providerKey = 'sk-ant-up-0123456789abcdefghijklmnop'

const file = `
defaults: {retries: 0}
models:
  house: {candidates: [openai/gpt-5], fallbacks: [anthropic/claude-house]}
  openai-alone: {candidates: [openai/gpt-5]}
`

interface AnthropicError {
  type: string
  error: { type: string; message: string; code: string; param: string | null }
}

describe('/v1/messages, by Anthropic’s own client', () => {
  let folder: string
  let people: People
  let anthropic: StandIn
  let openai: StandIn
  let gateway: InnerGateway
  let ada: Person
  let client: Anthropic

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
    writeFileSync(join(folder, 'routing.yaml'), file)
    people = await startPeople()
    ;[anthropic, openai] = await Promise.all([startAnthropic(), startOpenAi()])
    gateway = await startGateway({
      ...people.environment,
      GATEHOUSE_CONFIG: join(folder, 'routing.yaml'),
      ANTHROPIC_API_KEY: providerKey,
      ANTHROPIC_BASE_URL: anthropic.url,
      OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
      OPENAI_BASE_URL: `${openai.url}/v1`,
      KEEP_CONTENT: 'all',
    })
    ada = await people.register(gateway, 'ada@example.com')
    client = withToken({ authToken: ada.token })
  })
  afterAll(async () => {
    await gateway.close()
    await Promise.all([people, anthropic, openai].map((part) => part.close()))
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    for (const standIn of [anthropic, openai]) standIn.requests.length = 0
  })

  const withToken = (credential: { authToken: string } | { apiKey: string }) =>
    new Anthropic({
      baseURL: gateway.url,
      apiKey: null,
      authToken: null,
      maxRetries: 0,
      logLevel: 'off',
      ...credential,
    })
  const model = 'anthropic/claude-sonnet-4-5'
  const messages = [{ role: 'user' as const, content: 'Hi' }]
  const asking = { model, max_tokens: 100, messages }
  const sent = () => anthropic.requests.at(-1)
  const ask = (body: unknown, headers: Record<string, string> = {}, path = '/v1/messages') =>
    gateway.ask<AnthropicError>(path, { token: ada.token, body, headers, method: 'POST' })
  const latest = async (): Promise<Record<string, unknown>> => {
    await gateway.gateway.calls.flush()
    const list = await gateway.ask<{ data: { id: string }[] }>('/api/v1/history?limit=1', {
      token: ada.token,
    })
    return (await gateway.ask(`/api/v1/history/${list.json.data[0]?.id}`, { token: ada.token })).json
  }
  const row = {
    endpoint: '/v1/messages',
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    status: 'success',
    finish_reason: 'end_turn',
    usage: { input_tokens: 12, output_tokens: 9, cached_tokens: 4, estimated: false },
    prompt: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ],
    response: defaultText,
  }

  it('answers whole, with what it cost beside it, and writes the call down', async () => {
    const { data, response } = await client.messages.create({ ...asking, system: 'Be brief.' }).withResponse()
    expect(data.content).toEqual([expect.objectContaining({ type: 'text', text: defaultText })])
    expect(data.usage).toMatchObject({ input_tokens: 8, cache_read_input_tokens: 4, output_tokens: 9 })
    expect(sent()).toMatchObject({
      path: '/v1/messages',
      json: { model: 'claude-sonnet-4-5', max_tokens: 100 },
    })
    expect(response.headers.get('x-gatehouse-provider')).toBe('anthropic')
    expect(Number(response.headers.get('x-gatehouse-cost-usd'))).toBeGreaterThan(0)
    expect(await latest()).toMatchObject(row)
  })

  it('answers in pieces, by both ways of the client', async () => {
    const types: string[] = []
    for await (const event of await client.messages.create({ ...asking, system: 'Be brief.', stream: true }))
      types.push(event.type)
    expect(types[0]).toBe('message_start')
    expect(types.at(-1)).toBe('message_stop')
    expect(await latest()).toMatchObject(row)
    const whole = await client.messages.stream(asking).finalMessage()
    expect(whole.content).toEqual([expect.objectContaining({ type: 'text', text: defaultText })])
    expect(whole.usage.output_tokens).toBe(9)
  })

  it('counts tokens, which costs nothing and is written down', async () => {
    expect(await client.messages.countTokens({ model, messages })).toEqual({ input_tokens: 14 })
    expect(sent()?.path).toBe('/v1/messages/count_tokens')
    expect(await latest()).toMatchObject({
      endpoint: '/v1/messages/count_tokens',
      status: 'success',
      usage: { input_tokens: 0, output_tokens: 0, estimated: false },
    })
  })

  it('T88: has tools called and takes what they gave, whole and in pieces', async () => {
    const calls = [
      {
        id: 'toolu_1',
        name: 'weather',
        arguments: { city: 'Köln', usage: { input_tokens: 0 }, stop_reason: 'x' },
      },
      { id: 'toolu_2', name: 'now', arguments: {} },
    ]
    const tools = [
      { name: 'weather', input_schema: { type: 'object' as const } },
      { name: 'now', input_schema: { type: 'object' as const } },
    ]
    for (const stream of [false, true]) {
      anthropic.next({ calls })
      const first = stream
        ? await client.messages.stream({ ...asking, tools }).finalMessage()
        : await client.messages.create({ ...asking, tools })
      expect(first.stop_reason).toBe('tool_use')
      expect(first.content).toMatchObject(
        calls.map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input })),
      )
      expect(await latest()).toMatchObject({
        finish_reason: 'tool_use',
        usage: { input_tokens: 12, output_tokens: 9, estimated: false },
      })
      const results = calls.map(({ id }) => ({
        type: 'tool_result' as const,
        tool_use_id: id,
        content: '21',
      }))
      const second = await client.messages.create({
        ...asking,
        tools,
        messages: [
          ...messages,
          { role: 'assistant', content: first.content },
          { role: 'user', content: results },
        ],
      })
      expect(second.stop_reason).toBe('end_turn')
      expect(sent()?.json).toMatchObject({ messages: [{}, { role: 'assistant' }, { content: results }] })
    }
  })

  it('T43: takes the token as Authorization or as x-api-key, and refuses both at once', async () => {
    for (const credential of [{ authToken: ada.token }, { apiKey: ada.token }]) {
      expect((await withToken(credential).messages.create(asking)).type).toBe('message')
      expect(sent()?.headers['x-api-key']).toBe(providerKey)
      expect(sent()?.headers).not.toHaveProperty('authorization')
      expect(JSON.stringify(sent()?.headers)).not.toContain(ada.token)
    }
    const before = anthropic.requests.length
    const both = await ask(asking, { 'x-api-key': ada.token })
    expect(both.status).toBe(400)
    expect(both.json).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
    for (const credential of [{ authToken: 'x' }, { apiKey: 'x' }]) {
      const error = await withToken(credential)
        .messages.create(asking)
        .catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(Anthropic.AuthenticationError)
      expect(error).toMatchObject({ error: { type: 'error', error: { type: 'authentication_error' } } })
    }
    const none = await gateway.ask<AnthropicError>('/v1/messages', { body: asking })
    expect([none.status, none.json.error.type, none.json.error.message]).toEqual([
      401,
      'authentication_error',
      'Authorization header missing',
    ])
    expect(none.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="gatehouse", resource_metadata="[^"]+\/\.well-known\/oauth-protected-resource"$/,
    )
    expect(anthropic.requests).toHaveLength(before)
  })

  it('T53: passes on the version and the betas that the client says, and nothing else of it', async () => {
    await client.beta.messages.create(
      { ...asking, betas: ['context-1m-2025-08-07'] },
      { headers: { cookie: 'a=1', 'x-goog-api-key': 'k', traceparent: '00-x' } },
    )
    expect(sent()?.headers).toMatchObject({
      // The one of this release of the client.
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'context-1m-2025-08-07',
      'user-agent': 'gatehouse',
    })
    for (const name of [
      'cookie',
      'x-goog-api-key',
      'traceparent',
      'x-stainless-lang',
      'anthropic-dangerous-direct-browser-access',
    ])
      expect(sent()?.headers).not.toHaveProperty(name)
  })

  it('F03, T89: raises the right class in the client, which retries only what a retry can mend', async () => {
    const persistent = withToken({ authToken: ada.token }).withOptions({ maxRetries: 2 })
    const raised = async (name: string) => {
      anthropic.requests.length = 0
      const error = await persistent.messages
        .create({ ...asking, model: `anthropic/${name}` })
        .catch((thrown: unknown) => thrown)
      return { error, requests: anthropic.requests.length }
    }
    const wrong: [name: string, class_: unknown, type: string, requests: number][] = [
      ['error-400', Anthropic.BadRequestError, 'invalid_request_error', 1],
      ['error-401', Anthropic.InternalServerError, 'api_error', 1],
      ['error-404', Anthropic.NotFoundError, 'not_found_error', 1],
      ['error-500', Anthropic.InternalServerError, 'api_error', 3],
      ['html', Anthropic.InternalServerError, 'api_error', 3],
    ]
    for (const [name, class_, type, requests] of wrong) {
      const outcome = await raised(name)
      expect(outcome.error, name).toBeInstanceOf(class_)
      expect(outcome, name).toMatchObject({ error: { error: { type: 'error', error: { type } } }, requests })
      expect(await latest()).toMatchObject({ endpoint: '/v1/messages', status: 'error' })
    }
    anthropic.next({ refuse: { status: 429, headers: { 'retry-after': '0' } } })
    expect(await raised('claude-sonnet-4-5')).toMatchObject({ error: { type: 'message' }, requests: 2 })
    const limited = Array(3).fill({ refuse: { status: 429, headers: { 'retry-after-ms': '10' } } })
    anthropic.next(...limited)
    expect((await raised('claude-sonnet-4-5')).error).toBeInstanceOf(Anthropic.RateLimitError)
  })

  it('T54: a refusal that repeats the headers shows no key, and is in Anthropic’s envelope', async () => {
    for (const [status, ours] of [
      [400, 400],
      [413, 413],
      [429, 429],
      [529, 502],
    ] as const) {
      anthropic.next({ refuse: { status, echoHeaders: true } })
      const answer = await ask(asking)
      expect(answer.status).toBe(ours)
      expect(answer.json).toMatchObject({ type: 'error', error: { message: expect.any(String) } })
      expect(answer.text).not.toContain(providerKey)
      expect(answer.headers.get('x-request-id')).toBeTruthy()
    }
  })

  it('F06, F07, F09: a stream that does not end well ends with one error event, and no message_stop', async () => {
    for (const name of ['reset', 'cut', 'truncated', 'in-stream-error']) {
      const answer = await ask({ ...asking, model: `anthropic/${name}`, stream: true })
      expect(answer.status, name).toBe(200)
      expect(answer.text, name).not.toContain('message_stop')
      expect(answer.text.match(/^event: error$/gm), name).toHaveLength(1)
      expect(answer.text, name).toMatch(/event: error\ndata: \{"type":"error","error":\{.*\n\n$/)
      expect(await latest(), name).toMatchObject({ endpoint: '/v1/messages', status: 'error' })
      const stream = client.messages.stream({ ...asking, model: `anthropic/${name}` })
      await expect(stream.finalMessage(), name).rejects.toBeInstanceOf(Anthropic.APIError)
    }
  })

  it('F10: a stream that comes byte by byte goes on whole', async () => {
    const whole = await client.messages.stream({ ...asking, model: 'anthropic/bytes' }).finalMessage()
    expect(whole.content).toEqual([expect.objectContaining({ text: defaultText })])
  })

  it('T62: a client that leaves frees the provider and is charged for what was produced', async () => {
    for (const stream of [true, false]) {
      anthropic.requests.length = 0
      const controller = new AbortController()
      const name = stream ? 'anthropic/stall' : 'anthropic/hang'
      const asked = client.messages
        .create({ ...asking, model: name, stream }, { signal: controller.signal })
        .then(async (answer) => {
          if (stream) for await (const _ of answer as AsyncIterable<unknown>);
        })
        .catch(() => 'left')
      await until(() => anthropic.requests.length > 0)
      await new Promise((resolve) => setTimeout(resolve, 200))
      controller.abort()
      await asked
      // Long before anything else would end it.
      await sent()?.left
      await until(async () => (await latest())?.status === 'aborted')
      const { usage, endpoint } = (await latest()) as {
        endpoint: string
        usage: { input_tokens: number; output_tokens: number }
      }
      expect(endpoint).toBe('/v1/messages')
      expect(usage.input_tokens).toBeGreaterThan(0)
      if (stream) expect(usage.output_tokens).toBeGreaterThan(0)
    }
  })

  it('T64: refuses a body in which two readers could read two models, and any other that is none', async () => {
    for (const body of [
      '{"model":"anthropic/a","Model":"anthropic/b"}',
      '[]',
      '{',
      '',
      '{"model":5}',
      '{"messages":[]}',
    ]) {
      const answer = await ask(body)
      expect([answer.status, answer.json.type, answer.json.error.type], body).toEqual([
        400,
        'error',
        'invalid_request_error',
      ])
    }
    const large = await ask(`{"model":"${model}","x":"${'x'.repeat(33 << 20)}"}`).catch(() => undefined)
    if (large) expect([large.status, large.json.error.type]).toEqual([413, 'request_too_large'])
    expect(anthropic.requests).toHaveLength(0)
  })

  it('a bare name is the model of the one provider that speaks this API, unless it is an alias', async () => {
    expect((await client.messages.create({ ...asking, model: 'claude-bare' })).type).toBe('message')
    expect(sent()?.json).toMatchObject({ model: 'claude-bare' })
    expect((await client.messages.create({ ...asking, model: 'house' })).type).toBe('message')
    expect(sent()?.json).toMatchObject({ model: 'claude-house' })
    const asked = await ask({ ...asking, model: 'claude-x' }, {}, '/v1/messages?provider=claude')
    expect([asked.status, sent()?.json]).toEqual([200, expect.objectContaining({ model: 'claude-x' })])
  })

  it('a provider of another shape is refused, and nobody is asked', async () => {
    for (const name of ['openai/gpt-5', 'openai-alone']) {
      for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
        const answer = await ask({ ...asking, model: name }, {}, path)
        expect(answer.status, name).toBe(400)
        expect(answer.json).toMatchObject({
          type: 'error',
          error: { type: 'invalid_request_error', code: 'unsupported_by_provider', param: 'model' },
        })
      }
    }
    const unknown = await ask({ ...asking, model: 'nobody/x' })
    expect([unknown.status, unknown.json.type]).toEqual([400, 'error'])
    expect(openai.requests).toHaveLength(0)
  })
})
