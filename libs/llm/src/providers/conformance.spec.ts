import { inspect } from 'node:util'
import { AppError, type ErrorCode } from '@gatehouse/contracts'
import { createTransport, type Transport } from '@gatehouse/outbound'
import {
  type Behaviour,
  defaultText,
  type GoogleIdentityStandIn,
  type OpenAiVendor,
  openAiVendors,
  type RecordedRequest,
  type StandIn,
  startAnthropic,
  startAzure,
  startBedrock,
  startGemini,
  startGoogleIdentity,
  startGrok,
  startOpenAi,
  startVertex,
} from '@gatehouse/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ChatChunk, ChatRequest } from '../chat.js'
import { createModels } from '../models.js'
import type { ChatClient } from '../provider.js'
import { providers } from './index.js'

/** What the suite needs to know of a provider. */
interface Subject {
  /** Its id, where the subject is not called by that. */
  provider?: string
  start: () => Promise<StandIn>
  /** Variables that turn it on, against a stand-in at this address. */
  values: (url: string) => Record<string, unknown>
  /** The secret among them. */
  secret: string
  /** The request that `conversation` has to become. */
  path: { complete: string; stream: string }
  headers: Record<string, unknown>
  body: (streams: boolean) => object
  /** A word of the parameters that stands in every request. */
  always?: string
  /** Requests for a token, before the first call; none unless told. */
  tokenRequests?: number
}

const model = 'test-model-1'

/** Everything that every provider can carry. */
const conversation: ChatRequest = {
  model,
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'developer', content: [{ type: 'text', text: 'Answer in German.' }] },
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello' },
    { role: 'user', content: [{ type: 'text', text: 'Who are you?' }] },
  ],
  temperature: 0,
  top_p: 0.5,
  max_tokens: 64,
  stop: ['END'],
}

const openAiBody = (limit: 'max_tokens' | 'max_completion_tokens') => (streams: boolean) => {
  const { max_tokens: _limit, ...rest } = conversation
  return {
    ...rest,
    [limit]: 64,
    stream: streams,
    ...(streams ? { stream_options: { include_usage: true } } : {}),
  }
}

/** A vendor whose API is OpenAI's, but for what its stand-in says of it. */
const openAiShaped = ({ id, start, values, secret, base, developer, streamOptions }: OpenAiVendor) => {
  const path = `${base}/chat/completions`
  const body = (streams: boolean) => ({
    ...conversation,
    messages: conversation.messages.map((message) =>
      message.role === 'developer' ? { ...message, role: developer } : message,
    ),
    stream: streams,
    ...(streams && streamOptions ? { stream_options: { include_usage: true } } : {}),
  })
  const headers = { authorization: `Bearer ${secret}` }
  const subject: Subject = { start, values, secret, path: { complete: path, stream: path }, headers, body }
  return [id, subject] as const
}

const anthropicSecret = 'sk-ant-api03-Zk3VQ1f9aTbLx7'
const openAiSecret = 'sk-proj-Zk3VQ1f9aTbLx7'
const azureSecret = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'
const geminiSecret = 'AIzaSyD-stand-in-key-0123456789'
const vertexSecret = 'ya29.c.stand-in-access-token-0123456789'
const awsSecret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const grokSecret = 'xai-0123456789abcdefghij'

/** Google's metadata server, which gives the token. */
let identity: GoogleIdentityStandIn
beforeAll(async () => {
  identity = await startGoogleIdentity({ isMachine: true, token: vertexSecret })
})
afterAll(() => identity.close())

const vertexModel = `/v1beta1/projects/stand-in-project/locations/europe-west4/publishers/google/models/${model}`
const geminiBody = () => ({
  systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'Answer in German.' }] },
  contents: [
    { role: 'user', parts: [{ text: 'Hi' }] },
    { role: 'model', parts: [{ text: 'Hello' }] },
    { role: 'user', parts: [{ text: 'Who are you?' }] },
  ],
  generationConfig: { temperature: 0, topP: 0.5, maxOutputTokens: 64, stopSequences: ['END'] },
})

const subjects = new Map<string, Subject>([
  ...openAiVendors.map(openAiShaped),
  [
    'openai',
    {
      start: startOpenAi,
      values: (url) => ({ OPENAI_API_KEY: openAiSecret, OPENAI_BASE_URL: `${url}/v1` }),
      secret: openAiSecret,
      path: { complete: '/v1/chat/completions', stream: '/v1/chat/completions' },
      headers: { authorization: `Bearer ${openAiSecret}` },
      body: openAiBody('max_completion_tokens'),
    },
  ],
  [
    'grok',
    {
      start: startGrok,
      values: (url) => ({ XAI_API_KEY: grokSecret, GROK_API_URL: `${url}/v1` }),
      secret: grokSecret,
      path: { complete: '/v1/chat/completions', stream: '/v1/chat/completions' },
      headers: { authorization: `Bearer ${grokSecret}` },
      body: openAiBody('max_tokens'),
    },
  ],
  [
    'azure',
    {
      start: startAzure,
      values: (url) => ({
        AZURE_OPENAI_ENDPOINT: url,
        AZURE_OPENAI_API_KEY: azureSecret,
        AZURE_OPENAI_API_VERSION: '2024-10-21',
      }),
      secret: azureSecret,
      path: {
        complete: `/openai/deployments/${model}/chat/completions?api-version=2024-10-21`,
        stream: `/openai/deployments/${model}/chat/completions?api-version=2024-10-21`,
      },
      headers: { 'api-key': azureSecret },
      body: openAiBody('max_completion_tokens'),
    },
  ],
  [
    'anthropic',
    {
      start: startAnthropic,
      values: (url) => ({ ANTHROPIC_API_KEY: anthropicSecret, ANTHROPIC_BASE_URL: url }),
      secret: anthropicSecret,
      path: { complete: '/v1/messages', stream: '/v1/messages' },
      // The older version, for the sake of the temperature.
      headers: { 'x-api-key': anthropicSecret, 'anthropic-version': '2023-06-01' },
      body: (streams) => ({
        model,
        system: [
          { type: 'text', text: 'Be brief.' },
          { type: 'text', text: 'Answer in German.' },
        ],
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
          { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] },
          { role: 'user', content: [{ type: 'text', text: 'Who are you?' }] },
        ],
        max_tokens: 64,
        temperature: 0,
        top_p: 0.5,
        stop_sequences: ['END'],
        stream: streams,
      }),
      always: 'max',
    },
  ],
  [
    'google',
    {
      start: startGemini,
      values: (url) => ({ GEMINI_API_KEY: geminiSecret, GOOGLE_GEMINI_BASE_URL: url }),
      secret: geminiSecret,
      path: {
        complete: `/v1beta/models/${model}:generateContent`,
        stream: `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
      },
      headers: { 'x-goog-api-key': geminiSecret },
      body: geminiBody,
    },
  ],
  [
    'google on Vertex AI',
    {
      provider: 'google',
      start: () => startVertex((token) => identity.accepts(token)),
      values: (url) => ({
        GOOGLE_GENAI_USE_VERTEXAI: true,
        GOOGLE_CLOUD_PROJECT: 'stand-in-project',
        GOOGLE_CLOUD_LOCATION: 'europe-west4',
        GOOGLE_VERTEX_BASE_URL: url,
        GCE_METADATA_HOST: identity.host,
        CLOUDSDK_CONFIG: '/nowhere',
      }),
      secret: vertexSecret,
      path: {
        complete: `${vertexModel}:generateContent`,
        stream: `${vertexModel}:streamGenerateContent?alt=sse`,
      },
      headers: { authorization: `Bearer ${vertexSecret}` },
      body: geminiBody,
      tokenRequests: 1,
    },
  ],
  [
    'bedrock',
    {
      start: startBedrock,
      values: (url) => ({
        AWS_REGION: 'eu-central-1',
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
        AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        AWS_SECRET_ACCESS_KEY: awsSecret,
      }),
      secret: awsSecret,
      path: { complete: `/model/${model}/converse`, stream: `/model/${model}/converse-stream` },
      headers: {
        authorization: expect.stringMatching(
          /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-central-1\/bedrock\//,
        ),
      },
      body: () => ({
        system: [{ text: 'Be brief.' }, { text: 'Answer in German.' }],
        messages: [
          { role: 'user', content: [{ text: 'Hi' }] },
          { role: 'assistant', content: [{ text: 'Hello' }] },
          { role: 'user', content: [{ text: 'Who are you?' }] },
        ],
        inferenceConfig: { temperature: 0, topP: 0.5, maxTokens: 64, stopSequences: ['END'] },
      }),
    },
  ],
])

/** Limits short enough to wait for. */
const timeouts = { connectMs: 1_000, firstByteMs: 400, idleMs: 400 }
const usage = { prompt_tokens: 12, completion_tokens: 9, total_tokens: 21 }
const simple: ChatRequest = { model, messages: [{ role: 'user', content: 'Hi' }] }
/** Shows an error with all that it holds, whether a log would or not. */
const everything = { depth: Number.POSITIVE_INFINITY, showHidden: true, maxStringLength: null }
const never = () => new AbortController().signal

it('every provider of the registry has a stand-in in this suite', () => {
  const covered = new Set([...subjects].map(([name, { provider = name }]) => provider))
  expect([...covered].sort()).toEqual(providers.map(({ id }) => id).sort())
})

describe.each([...subjects])('%s', (name, subject) => {
  const { provider: id = name, tokenRequests = 0 } = subject
  let standIn: StandIn
  let transport: Transport
  let client: ChatClient

  beforeEach(async () => {
    standIn = await subject.start()
    transport = createTransport({ timeouts })
    client = open(subject.values(standIn.url))
  })
  afterEach(async () => {
    await transport.close()
    await standIn.close()
  })

  const open = (values: Record<string, unknown>, by = transport): ChatClient => {
    const [candidate] = createModels({ values, transport: by, production: true }).resolve(id, model)
    if (!candidate) throw new Error('no candidate')
    return candidate.client
  }
  const complete = (signal = never()) => client.complete(simple, { signal })
  const read = async (signal = never()): Promise<ChatChunk[]> =>
    collect(await client.stream(simple, { signal }))
  const both: [string, () => Promise<unknown>][] = [
    ['whole', () => complete()],
    ['streamed', () => read()],
  ]

  const expectRequest = (request: RecordedRequest | undefined, streams: boolean) => {
    expect(request).toMatchObject({
      method: 'POST',
      path: streams ? subject.path.stream : subject.path.complete,
    })
    expect(request?.headers).toMatchObject({ ...subject.headers, 'content-type': 'application/json' })
    // Written by our transport alone: an SDK's own client asks for compression, or speaks HTTP/2.
    expect(request?.headers['accept-encoding']).toBe('identity')
    expect(request?.json).toEqual(subject.body(streams))
  }

  it('sends the whole conversation and every parameter, and nothing that was not given', async () => {
    await client.complete(conversation, { signal: never() })
    await collect(await client.stream(conversation, { signal: never() }))
    expectRequest(standIn.requests[0], false)
    expectRequest(standIn.requests[1], true)

    await complete()
    const text = standIn.requests[2]?.text
    const words = ['temperature', 'top', 'max', 'stop', 'system', 'inferenceConfig']
    for (const word of words) if (word !== subject.always) expect(text).not.toContain(word)
  })

  it('goes out by our transport alone', async () => {
    let passed = 0
    const counting: Transport = {
      ...transport,
      request: (request) => {
        passed++
        return transport.request(request)
      },
      fetch: (input, init) => {
        passed++
        return transport.fetch(input, init)
      },
    }
    const counted = open(subject.values(standIn.url), counting)
    await counted.complete(simple, { signal: never() })
    await collect(await counted.stream(simple, { signal: never() }))
    expect(standIn.requests).toHaveLength(2)
    expect(passed).toBe(2 + tokenRequests)
  })

  it('reads text, finish reason and usage of a whole answer', async () => {
    const completion = await complete()
    expect(completion).toMatchObject({ object: 'chat.completion', choices: [{ index: 0 }], usage })
    expect(completion.choices[0]?.message).toMatchObject({ role: 'assistant', content: defaultText })
    expect(completion.choices[0]?.finish_reason).toBe('stop')
    expect(completion.usage?.prompt_tokens_details?.cached_tokens).toBe(4)
  })

  it('reads text, finish reason and usage of a stream, the usage last and once', async () => {
    const chunks = await read()
    expect(textOf(chunks)).toBe(defaultText)
    expect(chunks.length).toBeGreaterThan(5)
    expect(finishOf(chunks)).toEqual(['stop'])
    expect(chunks.filter((chunk) => chunk.usage)).toEqual([chunks.at(-1)])
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage })
  })

  it.each([
    ['length', 'length'],
    ['content_filter', 'content_filter'],
  ] as const)('tells that the model stopped for %s', async (finish, reason) => {
    standIn.next({ finish }, { finish })
    expect((await complete()).choices[0]?.finish_reason).toBe(reason)
    expect(finishOf(await read())).toEqual([reason])
  })

  it('F10: reads the same stream when every byte comes alone', async () => {
    const words = textOf(await read())
    standIn.next({ sliceBytes: 1 })
    const chunks = await read()
    expect(textOf(chunks)).toBe(words)
    expect(finishOf(chunks)).toEqual(['stop'])
    expect(chunks.at(-1)).toMatchObject({ usage })
  })

  describe.each(both)('%s', (kind, call) => {
    it.each<[number, ErrorCode]>([
      [400, 'provider_rejected'],
      [404, 'model_not_found'],
      [413, 'request_too_large'],
      [429, 'provider_rate_limited'],
      [500, 'provider_error'],
      [503, 'provider_error'],
      [529, 'provider_error'],
    ])('F02 F03: a %i becomes %s and is asked once', async (status, code) => {
      standIn.next({ refuse: { status, message: 'because of the moon' } })
      const error = await failureOf(call())
      expect(error).toMatchObject({ code })
      // Its own words reach the caller where the caller can do something about it.
      expect(error.message.includes('because of the moon')).toBe(status < 500)
      expect(standIn.requests).toHaveLength(1)
    })

    it.each([401, 403])(
      'F03: a %i is a failure of ours, not quoted, and not to be tried again',
      async (status) => {
        standIn.next({ refuse: { status, message: `wrong key ${subject.secret.slice(-4)}` } })
        const error = await failureOf(call())
        expect(error).toMatchObject({ code: 'provider_auth_failed', shouldRetry: false })
        expect(error.message).not.toContain(subject.secret.slice(-4))
      },
    )

    it('F01: passes on how long to wait, up to a minute', async () => {
      standIn.next({ refuse: { status: 429, headers: { 'retry-after': '2' } } })
      expect(await failureOf(call())).toMatchObject({ retryAfterSeconds: 2 })
      standIn.next({ refuse: { status: 429, headers: { 'retry-after': '86400' } } })
      expect(await failureOf(call())).toMatchObject({ retryAfterSeconds: 60 })
      standIn.next({ refuse: { status: 429 } })
      expect(await failureOf(call())).toMatchObject({ retryAfterSeconds: undefined })
    })

    it('F05: a provider that says nothing is a timeout', async () => {
      standIn.next({ hang: true })
      expect(await failureOf(call())).toMatchObject({ code: 'provider_timeout' })
      await within(1_000, standIn.requests[0]?.left)
    })

    it.each<[string, Behaviour['answer']]>([
      [
        'a page of HTML',
        { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>hello</html>' },
      ],
      ['half a JSON text', { status: 200, body: '{"choices": [' }],
      ['nothing', { status: 200 }],
      ['null', { status: 200, body: 'null' }],
      ['an array', { status: 200, body: '[]' }],
      ['an empty object', { status: 200, body: '{}' }],
    ])('F08: %s with a 200 is a bad answer', async (_what, answer) => {
      if (!answer) throw new Error('no answer')
      standIn.next({ answer })
      expect(await failureOf(call())).toMatchObject({ code: 'bad_upstream_response' })
    })

    it.each([301, 302, 307, 308])('T52: a %i is refused and goes nowhere', async (status) => {
      standIn.next({ answer: { status, headers: { location: `${standIn.url}/elsewhere` } } })
      expect(await failureOf(call())).toMatchObject({ code: 'upstream_redirect' })
      expect(standIn.requests).toHaveLength(1)
    })

    it('T54: an error that repeats our headers gives no secret away', async () => {
      for (const status of [400, 404, 429]) {
        standIn.next({ refuse: { status, message: `saw ${subject.secret} in`, echoHeaders: true } })
        const error = await failureOf(call())
        expect(error.message).toContain('saw')
        expect(error.message).not.toContain(subject.secret)
        expect(error.message).not.toMatch(/Signature=[0-9a-f]{8}/)
      }
    })

    it('T57: what the log gets of a failure says what it was, in no word of the provider', async () => {
      // A credential that no pattern knows, and a prompt that is quoted.
      const canary = 'qzjvkw canary'
      const message = `saw ${canary} in`
      for (const status of [401, 403, 500, 503, 529]) {
        standIn.next({ refuse: { status, message, code: canary, echoHeaders: true } })
        const error = await failureOf(call())
        expect(inspect(error.cause)).toContain(`status ${status}`)
        for (const word of [canary, 'saw', subject.secret])
          expect(inspect(error, everything)).not.toContain(word)
      }
      const answers: Behaviour['answer'][] = [
        { status: 200, headers: { 'content-type': 'text/html' }, body: `<html>${canary}</html>` },
        { status: 200, body: `{"choices": [${canary}` },
        { status: 200, body: `${canary}` },
        { status: 200, body: JSON.stringify({ choices: canary, output: canary, candidates: canary }) },
        { status: 200, headers: { 'content-type': 'text/event-stream' }, body: `data: ${canary}\n\n` },
        { status: 500, headers: { 'x-amzn-errortype': canary }, body: canary },
        { status: 500, body: JSON.stringify({ __type: canary, message: canary, error: canary }) },
      ]
      for (const answer of answers) {
        if (!answer) throw new Error('no answer')
        standIn.next({ answer })
        expect(inspect(await failureOf(call()), everything)).not.toContain(canary)
      }
    })

    it('T67: an encoded answer that nobody asked for is refused', async () => {
      standIn.next({ answer: { status: 200, headers: { 'content-encoding': 'gzip' }, body: 'not really' } })
      expect(await failureOf(call())).toMatchObject({ code: 'bad_upstream_response' })
    })

    it('T69: an error of many megabytes is not read to its end', async () => {
      standIn.next({ answer: { status: 500, body: 'x'.repeat(5_000_000) } })
      expect(await failureOf(call())).toMatchObject({ code: 'provider_error' })
    })

    it('F04: a provider that refuses the connection is unreachable', async () => {
      await standIn.close()
      expect(await failureOf(call())).toMatchObject({ code: 'provider_unreachable' })
    })

    it('F15: a connection that breaks before the head is unreachable, and is not tried again', async () => {
      standIn.next({ hang: true })
      const failure = failureOf(call())
      await until(() => standIn.requests.length === 1)
      standIn.resetAll()
      expect(await failure).toMatchObject({ code: 'provider_unreachable' })
      expect(standIn.requests).toHaveLength(1)
    })

    it('F12: a caller who leaves frees the socket within a second', async () => {
      const leave = new AbortController()
      standIn.next({ hang: true })
      const running = kind === 'whole' ? complete(leave.signal) : read(leave.signal)
      running.catch(() => {})
      await until(() => standIn.requests.length === 1)
      const reason = new Error('the caller left')
      leave.abort(reason)
      await expect(running).rejects.toBe(reason)
      await within(1_000, standIn.requests[0]?.left)
    })
  })

  it('F12: a caller who leaves in the middle of a stream frees the socket within a second', async () => {
    const leave = new AbortController()
    standIn.next({ pieceDelayMs: 20, text: 'word '.repeat(500) })
    const stream = await client.stream(simple, { signal: leave.signal })
    const reason = new Error('the caller left')
    const reading = (async () => {
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) leave.abort(reason)
    })()
    await expect(reading).rejects.toBe(reason)
    await within(1_000, standIn.requests[0]?.left)
  })

  it('F12: a reader who stops reading frees the socket within a second', async () => {
    standIn.next({ pieceDelayMs: 20, text: 'word '.repeat(500) })
    for await (const chunk of await client.stream(simple, { signal: never() })) {
      if (chunk.choices[0]?.delta.content) break
    }
    await within(1_000, standIn.requests[0]?.left)
  })

  it('F12: a stream that nobody begins to read is freed by leaving it', async () => {
    standIn.next({ pieceDelayMs: 20, text: 'word '.repeat(500) })
    const stream = await client.stream(simple, { signal: never() })
    await stream[Symbol.asyncIterator]().return?.()
    await within(1_000, standIn.requests[0]?.left)
  })

  it('F06: a stream that stalls is a timeout, after the words that came', async () => {
    standIn.next({ after: 3, breakBy: 'stall' })
    const { chunks, error } = await readUntilFailure(await client.stream(simple, { signal: never() }))
    expect(textOf(chunks)).not.toBe('')
    expect(error).toMatchObject({ code: 'provider_timeout' })
  })

  it.each(['reset', 'cut', 'end'] as const)(
    'F07: a stream that ends by %s before its end mark is an error',
    async (breakBy) => {
      standIn.next({ after: 3, breakBy }, { breakBy })
      const early = await readUntilFailure(await client.stream(simple, { signal: never() }))
      expect(textOf(early.chunks)).not.toBe('')
      expect(early.error).toMatchObject({ code: 'upstream_disconnect' })
      // Every word came, but not the mark that there are no more.
      const late = await readUntilFailure(await client.stream(simple, { signal: never() }))
      expect(late.error).toMatchObject({ code: 'upstream_disconnect' })
    },
  )

  it('F07: a whole answer that is cut is an error', async () => {
    standIn.next({ breakBy: 'cut' }, { breakBy: 'reset' })
    expect(await failureOf(complete())).toMatchObject({ code: 'upstream_disconnect' })
    expect(await failureOf(complete())).toMatchObject({ code: 'upstream_disconnect' })
  })

  it('F09: an error inside a stream is thrown where it stands', async () => {
    standIn.next({ after: 3, breakBy: 'error' })
    const { chunks, error } = await readUntilFailure(await client.stream(simple, { signal: never() }))
    expect(textOf(chunks)).not.toBe('')
    expect(error).toMatchObject({ code: 'provider_error' })
    expect(inspect(error, everything)).not.toContain('it broke')
  })

  it('F11: a reader who pauses gets every piece in order', async () => {
    const text = Array.from({ length: 2_000 }, (_, index) => `${index} `).join('')
    standIn.next({ text: text.trimEnd() })
    const chunks: ChatChunk[] = []
    for await (const chunk of await client.stream(simple, { signal: never() })) {
      chunks.push(chunk)
      if (chunks.length === 10) await new Promise((resolve) => setTimeout(resolve, 600))
    }
    expect(textOf(chunks)).toBe(text.trimEnd())
  })

  it('uses a connection again after a whole answer and after a stream', async () => {
    for (const call of [complete, read, complete, read]) {
      await call()
      // The client looks at a socket once more, a turn later, before it is free.
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(standIn.requests).toHaveLength(4)
    expect(standIn.sockets()).toBe(1)
  })

  it.each([
    ['seed', 77123],
    ['user', 'person-77123'],
    ['logit_bias', { 77123: 1 }],
    ['a_field_of_nobody', 77123],
  ])('sends %s, or tells that it is left out', async (field, value) => {
    const told: string[] = []
    const onDropped = (names: readonly string[]) => void told.push(...names)
    const request = { ...simple, [field]: value } as ChatRequest
    await client.complete(request, { signal: never(), onDropped })
    expect(told).toEqual(standIn.requests[0]?.text.includes('77123') ? [] : [field])
  })

  it('refuses an image, or sends it', async () => {
    const image = { type: 'image_url' as const, image_url: { url: 'https://example.com/a.png' } }
    const request: ChatRequest = {
      model,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }, image] }],
    }
    const outcome = await client.complete(request, { signal: never() }).catch((error: unknown) => error)
    if (outcome instanceof AppError) {
      expect(outcome).toMatchObject({ code: 'unsupported_by_provider', param: 'messages[0].content[1]' })
    } else {
      expect(standIn.requests[0]?.text).toContain('https://example.com/a.png')
    }
  })
})

async function collect(stream: AsyncIterable<ChatChunk>): Promise<ChatChunk[]> {
  const chunks: ChatChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

async function readUntilFailure(stream: AsyncIterable<ChatChunk>) {
  const chunks: ChatChunk[] = []
  try {
    for await (const chunk of stream) chunks.push(chunk)
  } catch (error) {
    return { chunks, error }
  }
  throw new Error('The stream did not fail.')
}

async function failureOf(call: Promise<unknown>): Promise<AppError> {
  const error = await call.then(
    () => new Error('The call did not fail.'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(AppError)
  return error as AppError
}

function textOf(chunks: ChatChunk[]): string {
  return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
}

function finishOf(chunks: ChatChunk[]): string[] {
  return chunks.flatMap((chunk) => chunk.choices[0]?.finish_reason ?? [])
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function within(milliseconds: number, promise: Promise<void> | undefined): Promise<void> {
  if (!promise) throw new Error('There was no request.')
  await Promise.race([
    promise,
    new Promise((_resolve, reject) =>
      setTimeout(() => reject(new Error(`not within ${milliseconds} ms`)), milliseconds),
    ),
  ])
}
