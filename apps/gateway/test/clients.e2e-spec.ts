import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import {
  type Behaviour,
  defaultText,
  type StandIn,
  startAnthropic,
  startBedrock,
  startGemini,
  startOpenAi,
} from '@gatehouse/testing'
import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { APICallError, generateText, isStepCount, RetryError, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type InnerGateway, type People, type Person, startGateway, startPeople } from './harness.js'
import { pythonWith, runPython, type Step } from './python.js'

const question = 'What is the weather in Köln?'
const city = { city: 'Köln' }
const calls = [{ id: 'call_0123456789', name: 'weather', arguments: city }]
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }

/** A model of each provider, two of which speak other shapes than OpenAI's. */
const models = {
  openai: 'openai/gpt-5',
  google: 'google/gemini-2.5-flash',
  bedrock: 'bedrock/amazon.nova-pro-v1:0',
  anthropic: 'anthropic/claude-test',
}
type ProviderId = keyof typeof models
const all = Object.entries(models) as [ProviderId, string][]

let people: People
let standIns: Record<ProviderId, StandIn>
let gateway: InnerGateway
let ada: Person

beforeAll(async () => {
  people = await startPeople()
  const [openai, google, bedrock, anthropic] = await Promise.all([
    startOpenAi(),
    startGemini(),
    startBedrock(),
    startAnthropic(),
  ])
  standIns = { openai, google, bedrock, anthropic }
  gateway = await startGateway({
    ...people.environment,
    OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
    OPENAI_BASE_URL: `${openai.url}/v1`,
    GOOGLE_API_KEY: 'AIzaSyGatehouseStandIn0123456789',
    GOOGLE_GEMINI_BASE_URL: google.url,
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
    AWS_BEARER_TOKEN_BEDROCK: 'ABSK-test-0123456789',
    ANTHROPIC_API_KEY: 'anthropic-key-00000000',
    ANTHROPIC_BASE_URL: anthropic.url,
  })
  ada = await people.register(gateway, 'ada@example.com')
})
afterAll(async () => {
  await gateway.close()
  await Promise.all([people, ...Object.values(standIns)].map((part) => part.close()))
})
beforeEach(() => {
  for (const { requests } of Object.values(standIns)) requests.length = 0
})

const base = () => `${gateway.url}/v1`
const asked = () => Object.values(standIns).reduce((sum, { requests }) => sum + requests.length, 0)
/** The last request, as its provider got it. */
const lastAsked = (provider: ProviderId) => standIns[provider].requests.at(-1)?.text ?? ''
/** In place of a token: a browser's cookie, on a request that another site made it send. */
const crossSite = () => ({
  cookie: `gatehouse_session=${ada.token}`,
  origin: 'https://evil.test',
  Authorization: null,
})

/** What a provider does, what a client that gives up at once raises for it, and how often it asks when it may ask thrice. */
const failures: [what: string, behaviour: Behaviour, status: number, code: string, requests: number][] = [
  ['a request it refuses', { refuse: { status: 400 } }, 400, 'provider_rejected', 1],
  ['a credential it refuses', { refuse: { status: 401 } }, 502, 'provider_auth_failed', 1],
  ['a model it does not know', { refuse: { status: 404 } }, 404, 'model_not_found', 1],
  ['a request too large for it', { refuse: { status: 413 } }, 413, 'request_too_large', 1],
  [
    'its limit',
    { refuse: { status: 429, headers: { 'retry-after-ms': '10' } } },
    429,
    'provider_rate_limited',
    3,
  ],
  [
    'an account without credit',
    { refuse: { status: 429, code: 'insufficient_quota' } },
    429,
    'provider_rate_limited',
    1,
  ],
  [
    'its own failure',
    { refuse: { status: 500, headers: { 'retry-after-ms': '10' } } },
    502,
    'provider_error',
    3,
  ],
]

describe('the official client of OpenAI for Node', () => {
  const client = (token = ada.token, maxRetries = 0) =>
    new OpenAI({ baseURL: base(), apiKey: token, maxRetries })
  const messages = [{ role: 'user' as const, content: question }]
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }]

  it.each(all)('%s: talks, whole and in pieces', async (_, model) => {
    const whole = await client().chat.completions.create({ model, messages })
    expect(whole.choices[0]?.message.content).toBe(defaultText)
    expect(whole.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 9 })
    const stream = client().chat.completions.stream({
      model,
      messages,
      stream_options: { include_usage: true },
    })
    const final = await stream.finalChatCompletion()
    expect(final.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: defaultText } })
    expect(final.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 9 })
  })

  it.each(all)(
    'T88: %s: has tools called, several at once, and answers with what they gave',
    async (provider, model) => {
      const both = [...calls, { id: 'call_9876543210', name: 'weather', arguments: { city: 'Bonn' } }]
      for (const stream of [false, true]) {
        standIns[provider].next({ calls: both })
        const options = { model, messages, tools }
        const first = stream
          ? await client().chat.completions.stream(options).finalChatCompletion()
          : await client().chat.completions.create(options)
        const [choice] = first.choices
        expect(choice?.finish_reason).toBe('tool_calls')
        const called =
          choice?.message.tool_calls?.flatMap((call) => (call.type === 'function' ? [call] : [])) ?? []
        expect(called.map((call) => JSON.parse(call.function.arguments))).toEqual([city, { city: 'Bonn' }])
        expect(new Set(called.map(({ id }) => id)).size).toBe(2)
        if (!choice) continue
        const results = called.map(({ id }, index) => ({
          role: 'tool' as const,
          tool_call_id: id,
          content: `${20 + index} degrees`,
        }))
        const second = await client().chat.completions.create({
          ...options,
          messages: [...messages, choice.message, ...results],
        })
        expect(second.choices[0]?.message.content).toBe(defaultText)
        for (const result of ['20 degrees', '21 degrees']) expect(lastAsked(provider)).toContain(result)
      }
    },
  )

  it('T88: takes pieces without choices, roles alone, and arguments of two megabytes', async () => {
    const chunk = (choices: object[], more: object = {}) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more })}\n\n`
    const choice = (delta: object, finish: string | null = null) => [
      { index: 0, delta, finish_reason: finish },
    ]
    const large = JSON.stringify({ text: 'x'.repeat(2 << 20) })
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: large } }
    const body = [
      chunk([], { prompt_filter_results: [{ prompt_index: 0 }] }),
      chunk(choice({ role: 'assistant' })),
      chunk(choice({ tool_calls: [call] })),
      chunk(choice({}, 'tool_calls')),
      chunk([], { usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } }),
      'data: [DONE]\n\n',
    ].join('')
    standIns.openai.next({ answer: { status: 200, headers: { 'content-type': 'text/event-stream' }, body } })
    const final = await client()
      .chat.completions.stream({
        model: models.openai,
        messages,
        tools,
        stream_options: { include_usage: true },
      })
      .finalChatCompletion()
    const [called] = final.choices[0]?.message.tool_calls ?? []
    expect(called?.type === 'function' && called.function.arguments).toBe(large)
    expect(final.usage?.total_tokens).toBe(7)
  })

  it.each(failures)(
    'F01, F02, F03, T89: raises the right class for %s, and asks again only where that helps',
    async (_, behaviour, status, code, requests) => {
      const classes: Record<number, unknown> = {
        400: OpenAI.BadRequestError,
        404: OpenAI.NotFoundError,
        413: OpenAI.APIError,
        429: OpenAI.RateLimitError,
        502: OpenAI.InternalServerError,
      }
      for (const provider of [
        'openai',
        ...(behaviour.refuse?.code ? [] : (['google', 'bedrock'] as const)),
      ] as ProviderId[]) {
        standIns[provider].requests.length = 0
        standIns[provider].next(...Array<Behaviour>(requests).fill(behaviour))
        const error = await client(ada.token, 2)
          .chat.completions.create({ model: models[provider], messages })
          .catch((thrown: unknown) => thrown)
        expect(error, provider).toBeInstanceOf(classes[status])
        expect(error, provider).toMatchObject({ status, code, requestID: expect.any(String) })
        expect(standIns[provider].requests, provider).toHaveLength(requests)
      }
    },
  )

  it('T89: raises the right class for a caller who is not known, or may not', async () => {
    const create = (token: string) =>
      client(token, 2).chat.completions.create({ model: models.openai, messages })
    await expect(create('dummy')).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
    const forged = client('dummy', 2).withOptions({ defaultHeaders: crossSite() })
    await expect(forged.chat.completions.create({ model: models.openai, messages })).rejects.toMatchObject({
      constructor: OpenAI.PermissionDeniedError,
      code: 'cross_site_request',
    })
    expect(asked()).toBe(0)
  })

  it('two variables of the environment are all it needs', async () => {
    const before = { ...process.env }
    try {
      process.env.OPENAI_BASE_URL = base()
      process.env.OPENAI_API_KEY = ada.token
      const completion = await new OpenAI().chat.completions.create({ model: models.google, messages })
      expect(completion.choices[0]?.message.content).toBe(defaultText)
    } finally {
      for (const name of ['OPENAI_BASE_URL', 'OPENAI_API_KEY']) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
    }
  })
})

describe('the AI SDK', () => {
  const provider = (token = ada.token) =>
    createOpenAICompatible({ name: 'gatehouse', baseURL: base(), apiKey: token, includeUsage: true })
  const weather = tool({
    description: 'The weather of a city',
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city: where }) => `21 degrees in ${where}`,
  })

  it.each(all)('%s: talks, whole and in pieces', async (_, model) => {
    const whole = await generateText({ model: provider()(model), prompt: question, maxRetries: 0 })
    expect(whole.text).toBe(defaultText)
    expect(whole.usage).toMatchObject({ inputTokens: 12, outputTokens: 9 })
    const stream = streamText({ model: provider()(model), prompt: question, maxRetries: 0 })
    let text = ''
    for await (const piece of stream.textStream) text += piece
    expect(text).toBe(defaultText)
    expect(await stream.finishReason).toBe('stop')
    expect(await stream.usage).toMatchObject({ inputTokens: 12, outputTokens: 9 })
  })

  it.each(all)('%s: has a tool called and answers with what it gave', async (id, model) => {
    const options = {
      model: provider()(model),
      prompt: question,
      tools: { weather },
      stopWhen: isStepCount(3),
      maxRetries: 0,
    }
    standIns[id].next({ calls })
    const whole = await generateText(options)
    expect(whole.steps[0]?.toolCalls[0]).toMatchObject({ toolName: 'weather', input: city })
    expect(whole.text).toBe(defaultText)
    expect(lastAsked(id)).toContain('21 degrees in Köln')
    standIns[id].next({ calls })
    const stream = streamText(options)
    expect(await stream.text).toBe(defaultText)
    expect(await stream.steps).toHaveLength(2)
    expect(lastAsked(id)).toContain('21 degrees in Köln')
  })

  it.each(failures)('T89: raises an APICallError for %s', async (what, behaviour, status, code, requests) => {
    // It knows the status alone, and asks again after any of 429 and 5xx.
    const expected = status === 429 || status >= 500 ? 3 : requests
    const headers = { ...behaviour.refuse?.headers, 'retry-after-ms': '10' }
    const { refuse } = behaviour
    standIns.openai.next(...Array<Behaviour>(expected).fill({ refuse: { status, ...refuse, headers } }))
    const error = await generateText({
      model: provider()(models.openai),
      prompt: question,
      maxRetries: 2,
    }).catch((thrown: unknown) => thrown)
    const last = RetryError.isInstance(error) ? error.lastError : error
    expect(APICallError.isInstance(last), what).toBe(true)
    expect(last).toMatchObject({ statusCode: status, data: { error: { code } } })
    expect(standIns.openai.requests).toHaveLength(expected)
  })

  it('T89: is told who is not known, and what broke off', async () => {
    const stranger = await generateText({ model: provider('dummy')(models.openai), prompt: question }).catch(
      (thrown: unknown) => thrown,
    )
    expect(stranger).toMatchObject({ statusCode: 401 })
    for (const model of ['openai/cut', 'openai/in-stream-error', 'bedrock/in-stream-error']) {
      const told: unknown[] = []
      const stream = streamText({
        model: provider()(model),
        prompt: question,
        maxRetries: 0,
        onError: ({ error }) => void told.push(error),
      })
      for await (const _ of stream.textStream);
      expect(told.length, model).toBeGreaterThan(0)
    }
  })
})

describe('LangChain', () => {
  const chat = (model: string, token = ada.token, maxRetries = 0) =>
    new ChatOpenAI({ model, apiKey: token, maxRetries, configuration: { baseURL: base() } })
  const weather = {
    type: 'function' as const,
    function: { name: 'weather', description: 'The weather', parameters },
  }

  it.each(all)('%s: talks, whole and in pieces', async (_, model) => {
    const whole = await chat(model).invoke(question)
    expect(whole.content).toBe(defaultText)
    expect(whole.usage_metadata).toMatchObject({ input_tokens: 12, output_tokens: 9 })
    let text = ''
    for await (const piece of await chat(model).stream(question)) text += piece.content
    expect(text).toBe(defaultText)
  })

  it.each(all)('%s: has a tool called and answers with what it gave', async (provider, model) => {
    standIns[provider].next({ calls })
    const bound = chat(model).bindTools([weather])
    const asking = new HumanMessage(question)
    const first = await bound.invoke([asking])
    expect(first.tool_calls?.[0]).toMatchObject({ name: 'weather', args: city })
    const result = new ToolMessage({ tool_call_id: first.tool_calls?.[0]?.id ?? '', content: '21 degrees' })
    expect((await bound.invoke([asking, first, result])).content).toBe(defaultText)
    expect(lastAsked(provider)).toContain('21 degrees')
  })

  it.each(failures)('T89: raises the right error for %s', async (_, behaviour, status, code, requests) => {
    standIns.openai.next(...Array<Behaviour>(requests).fill(behaviour))
    const error = await chat(models.openai)
      .invoke(question)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ status, code })
    // What is left belongs to nobody else.
    for (let rest = 1; rest < requests; rest++)
      await chat(models.openai)
        .invoke(question)
        .catch(() => {})
  })

  it('T89: is told who is not known', async () => {
    await expect(chat(models.openai, 'dummy').invoke(question)).rejects.toMatchObject({ status: 401 })
  })

  it('has its texts embedded', async () => {
    for (const [model, vector] of [
      ['openai/embed', [0.25, -0.5]],
      ['google/gemini-embedding-2', [0.097, 0.098, 0.099]],
    ] as const) {
      const embeddings = new OpenAIEmbeddings({
        model,
        apiKey: ada.token,
        configuration: { baseURL: base() },
      })
      const found = await embeddings.embedQuery('abc')
      expect(found.map((number) => Math.round(number * 1000) / 1000)).toEqual(vector)
    }
  })
})

describe('Anthropic’s client', () => {
  it('T89: raises the right class for a caller who is not known, or may not', async () => {
    const create = (authToken: string, defaultHeaders = {}) =>
      new Anthropic({
        baseURL: gateway.url,
        authToken,
        apiKey: null,
        logLevel: 'off',
        defaultHeaders,
      }).messages.create({
        model: models.anthropic,
        max_tokens: 10,
        messages: [{ role: 'user', content: question }],
      })
    await expect(create('dummy')).rejects.toBeInstanceOf(Anthropic.AuthenticationError)
    await expect(create('dummy', crossSite())).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError)
    expect((await create(ada.token)).type).toBe('message')
  })
})

/** What a model is to do with the steps of a script: talk, twice; call a tool and talk. */
const script: Behaviour[] = [{}, {}, { calls }, {}]
const trip = { finish: 'tool_calls', name: 'weather', arguments: city, text: defaultText }

const withOpenAi = pythonWith('openai')
const noOpenAi = withOpenAi ? '' : ' (skipped: there is no Python with the package openai)'

describe.skipIf(!withOpenAi)(`the official client of OpenAI for Python${noOpenAi}`, () => {
  const run = (...steps: Step[]) =>
    runPython<unknown>(withOpenAi ?? '', 'openai_client.py', { url: gateway.url, token: ada.token }, steps)

  it('talks to every provider, whole and in pieces, and has tools called', async () => {
    for (const [provider] of all) standIns[provider].next(...script, { calls })
    const steps = all.flatMap(([, model]): Step[] =>
      ['whole', 'streamed', 'round_trip', 'streamed_call'].map((name) => [name, model]),
    )
    const each = [defaultText, { text: defaultText, usage: [12, 9] }, trip, [['weather', city]]]
    expect(await run(...steps)).toEqual(all.flatMap(() => each))
    for (const [provider] of all) expect(standIns[provider].requests[3]?.text, provider).toContain('21 °C')
  }, 90_000)

  it('has the other endpoints too', async () => {
    const [responses, own, google, models_] = await run(
      ['responses', models.openai],
      ['embedding', 'openai/embed'],
      ['embedding', 'google/gemini-embedding-2'],
      ['models', 'openai/gpt-test'],
    )
    expect(responses).toEqual({ whole: defaultText, streamed: defaultText })
    expect(own).toEqual([0.25, -0.5])
    expect(google).toEqual([0.097, 0.098, 0.099])
    expect(models_).toMatchObject({
      found: 'openai/gpt-test',
      all: expect.arrayContaining(['google/gemini-test']),
    })
  }, 90_000)

  it('T89: raises the right class for each refusal, and asks again only where that helps', async () => {
    for (const [, behaviour, , , requests] of failures)
      standIns.openai.next(...Array<Behaviour>(requests).fill(behaviour))
    const steps = failures.map((): Step => ['refusal', models.openai, 2])
    const outcomes = await run(
      ...steps,
      ['refusal', models.openai, 2, 'dummy'],
      ['refusal', models.openai, 2, null, crossSite()],
      ['broken_stream', 'openai/cut'],
      ['broken_stream', 'google/in-stream-error'],
    )
    const classes: Record<number, string> = {
      400: 'BadRequestError',
      404: 'NotFoundError',
      413: 'APIStatusError',
      429: 'RateLimitError',
      502: 'InternalServerError',
    }
    expect(outcomes).toEqual([
      ...failures.map(([, , status, code]) => ({ class: classes[status], status, code })),
      { class: 'AuthenticationError', status: 401, code: 'invalid_token' },
      { class: 'PermissionDeniedError', status: 403, code: 'cross_site_request' },
      { class: 'APIError', code: 'upstream_disconnect' },
      { class: 'APIError', code: 'provider_error' },
    ])
    const sum = failures.reduce((total, [, , , , requests]) => total + requests, 0)
    expect(standIns.openai.requests).toHaveLength(sum + 1)
  }, 90_000)
})

const withLiteLlm = pythonWith('litellm')
const noLiteLlm = withLiteLlm ? '' : ' (skipped: there is no Python with the package litellm)'

describe.skipIf(!withLiteLlm)(`LiteLLM’s SDK, with use_litellm_proxy and proxy_auth${noLiteLlm}`, () => {
  const run = (token: string, ...steps: Step[]) =>
    runPython<unknown>(withLiteLlm ?? '', 'litellm_client.py', { url: gateway.url, token }, steps)
  /** As its users write them, at an address without /v1. */
  const names: [ProviderId, string][] = [
    ['openai', models.openai],
    ['google', 'vertex_ai/gemini-2.5-flash'],
    ['google', 'gemini/gemini-2.5-flash'],
    ['bedrock', models.bedrock],
    ['anthropic', models.anthropic],
  ]

  it('talks to every provider, whole and in pieces, and has tools called', async () => {
    for (const [provider] of names) standIns[provider].next(...script)
    const steps = names.flatMap(([, model]): Step[] =>
      ['whole', 'streamed', 'round_trip'].map((name) => [name, model]),
    )
    const embed: Step = ['embedding', 'gemini/gemini-embedding-2']
    expect(await run(ada.token, ...steps, embed)).toEqual([
      ...names.flatMap(() => [defaultText, defaultText, trip]),
      [0.097, 0.098, 0.099],
    ])
    for (const [provider] of names) {
      expect(standIns[provider].requests[3]?.text, provider).toContain('21 °C')
      expect(JSON.stringify(standIns[provider].requests.map(({ headers }) => headers))).not.toContain(
        ada.token,
      )
    }
  }, 120_000)

  it('T89: raises the right class for each refusal', async () => {
    for (const [, behaviour] of failures) standIns.openai.next(behaviour)
    const steps = failures.map((): Step => ['refusal', models.openai])
    const classes: Record<number, string> = {
      400: 'BadRequestError',
      404: 'NotFoundError',
      413: 'BadRequestError',
      429: 'RateLimitError',
      502: 'BadGatewayError',
    }
    expect(await run(ada.token, ...steps)).toEqual(
      failures.map(([, , status]) => ({ class: classes[status], status })),
    )
    expect(standIns.openai.requests).toHaveLength(failures.length)
    expect(await run('dummy', ['refusal', models.openai])).toEqual([
      { class: 'AuthenticationError', status: 401 },
    ])
  }, 120_000)
})
