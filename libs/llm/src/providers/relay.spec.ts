import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { AppError } from '@gatehouse/contracts'
import { createTransport, type ResponseHeaders, type Transport } from '@gatehouse/outbound'
import {
  defaultText,
  openAiVendors,
  type RunningServer,
  type StandIn,
  startAzure,
  startGrok,
  startOpenAi,
  startServer,
} from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createModels } from '../models.js'
import type { RelayClient, RelayRequest } from '../provider.js'
import { providers } from './index.js'

/** What the suite needs to know of a provider that relays. */
interface Subject {
  start: () => Promise<StandIn>
  values: (url: string) => Record<string, unknown>
  secret: string
  /** Address of an operation of a model on the provider's side, from its path behind `/v1`. */
  address: (path: string) => string
  credential: Record<string, string>
  /** Whether a body goes on byte for byte whatever stands in it. */
  untouched: boolean
}

const model = 'test-model-1'
const secret = 'sk-proj-Zk3VQ1f9aTbLx7'
const bearer = { authorization: `Bearer ${secret}` }
const azure = { AZURE_OPENAI_API_KEY: secret }

const subjects = new Map<string, Subject>([
  [
    'openai',
    {
      start: startOpenAi,
      values: (url) => ({ OPENAI_API_KEY: secret, OPENAI_BASE_URL: `${url}/v1` }),
      secret,
      address: (path) => `/v1${path}`,
      credential: bearer,
      untouched: true,
    },
  ],
  [
    'grok',
    {
      start: startGrok,
      values: (url) => ({ GROK_API_KEY: secret, GROK_API_URL: `${url}/v1` }),
      secret,
      address: (path) => `/v1${path}`,
      credential: bearer,
      untouched: true,
    },
  ],
  [
    'azure',
    {
      start: startAzure,
      values: (url) => ({ ...azure, AZURE_OPENAI_ENDPOINT: url }),
      secret,
      address: (path) => `/openai/deployments/${model}${path}?api-version=2024-10-21`,
      credential: { 'api-key': secret },
      untouched: true,
    },
  ],
  ...openAiVendors.map(({ id, start, values, base, secret: key, developer, streamOptions }) => {
    const subject: Subject = {
      start,
      values,
      secret: key,
      address: (path) => base + path,
      credential: { authorization: `Bearer ${key}` },
      untouched: developer === 'developer' && streamOptions,
    }
    return [id, subject] as const
  }),
])

/** What came of a relayed request. */
interface Outcome {
  status: number | undefined
  headers: ResponseHeaders
  body: Buffer
  error: unknown
}

const never = () => new AbortController().signal
const timeouts = { connectMs: 1_000, firstByteMs: 400, idleMs: 400 }

let transport: Transport
beforeEach(() => {
  transport = createTransport({ timeouts })
})
afterEach(() => transport.close())

function relayOf(provider: string, values: Record<string, unknown>): RelayClient {
  const [candidate] = createModels({ values, transport, production: true }).resolve(provider, model)
  if (!candidate?.relay) throw new Error('no relay')
  return candidate.relay
}

function send(relay: RelayClient, request: Partial<RelayRequest> & { path: string }): Promise<Outcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const outcome: Outcome = { status: undefined, headers: {}, body: Buffer.alloc(0), error: undefined }
    const over = () => resolve({ ...outcome, body: Buffer.concat(chunks) })
    relay.send(
      { signal: never(), ...request },
      {
        onHead(status, headers) {
          outcome.status = status
          outcome.headers = headers
        },
        onData: (chunk) => chunks.push(chunk) > 0,
        onEnd: over,
        onError(error) {
          outcome.error = error
          over()
        },
      },
    )
  })
}

const chat = (more: object = {}) =>
  Buffer.from(JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }], ...more }, null, 2))

it('every provider of the registry that relays is in this suite', () => {
  const values = Object.assign({}, ...[...subjects.values()].map((one) => one.values('http://127.0.0.1:9')))
  const relaying = providers.filter(({ configure }) =>
    configure(values).connections.some(({ relay }) => relay !== undefined),
  )
  expect([...subjects.keys()].sort()).toEqual(relaying.map(({ id }) => id).sort())
})

describe.each([...subjects])('the relay of %s', (id, subject) => {
  let standIn: StandIn
  let relay: RelayClient
  beforeEach(async () => {
    standIn = await subject.start()
    relay = relayOf(id, subject.values(standIn.url))
  })
  afterEach(() => standIn.close())

  it('passes a request on byte for byte, with our credential and no other header', async () => {
    const body = chat()
    const { status, body: answer } = await send(relay, { path: '/chat/completions', model, body })
    expect(status).toBe(200)
    expect(JSON.parse(answer.toString()).choices[0].message.content).toBe(defaultText)
    const [request] = standIn.requests
    expect(request).toMatchObject({ method: 'POST', path: subject.address('/chat/completions') })
    expect(request?.text).toBe(body.toString())
    expect(request?.headers).toEqual({
      ...subject.credential,
      'content-type': 'application/json',
      'content-length': String(body.length),
      'accept-encoding': 'identity',
      'user-agent': 'gatehouse',
      connection: 'keep-alive',
      host: expect.any(String),
    })
  })

  it('passes a stream on to its mark of the end, with its usage', async () => {
    const body = chat({ stream: true, stream_options: { include_usage: true } })
    const { headers, body: answer } = await send(relay, { path: '/chat/completions', model, body })
    expect(String(headers['content-type'])).toMatch(/^text\/event-stream/)
    expect(answer.toString()).toMatch(/data: \[DONE\]\n\n$/)
    expect(answer.toString()).toContain('"prompt_tokens":12')
    if (subject.untouched) expect(standIn.requests[0]?.text).toBe(body.toString())
  })

  it('F07: adds no mark of the end to a stream that was cut', async () => {
    for (const breakBy of ['end', 'reset', 'cut'] as const) {
      standIn.next({ after: 3, breakBy })
      const body = chat({ stream: true })
      const { body: answer } = await send(relay, { path: '/chat/completions', model, body })
      expect(answer.toString()).not.toContain('[DONE]')
    }
  })

  it('relays embeddings', async () => {
    const body = Buffer.from(JSON.stringify({ model, input: ['Hi'] }))
    const { body: answer } = await send(relay, { path: '/embeddings', model, body })
    expect(JSON.parse(answer.toString()).data[0].embedding).toEqual([0.25, -0.5])
    expect(standIn.requests[0]).toMatchObject({ path: subject.address('/embeddings'), text: body.toString() })
  })

  it('F03 T54: maps a refusal and quotes it without a secret', async () => {
    standIn.next({ refuse: { status: 422, message: `because of ${subject.secret} the moon` } })
    const { status, error } = await send(relay, { path: '/chat/completions', model, body: chat() })
    expect(status).toBeUndefined()
    expect(error).toMatchObject({ code: 'provider_rejected', message: expect.stringContaining('the moon') })
    expect((error as AppError).message).not.toContain(subject.secret)
    standIn.next({ refuse: { status: 401, message: 'no' } })
    expect((await send(relay, { path: '/chat/completions', model, body: chat() })).error).toMatchObject({
      code: 'provider_auth_failed',
    })
    expect(standIn.requests).toHaveLength(2)
  })

  it('T56: no path leads out of the base address', async () => {
    const paths = [
      '/../x',
      '/a/../../x',
      '/%2e%2e/x',
      '/a/..%2fx',
      '/a\\..\\x',
      '/..%5cx',
      'x',
      '@127.0.0.1/x',
    ]
    for (const path of [...paths, '//127.0.0.1/../x', '/.%2E/x']) {
      const { error } = await send(relay, { path, model, body: chat() })
      expect(error).toMatchObject({ code: 'invalid_request' })
    }
    expect(standIn.requests).toHaveLength(0)
  })
})

describe('a relay', () => {
  /** What the server does with a request. */
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  let server: RunningServer
  let relay: RelayClient
  beforeEach(async () => {
    server = await startServer((request, response) => answer(request, response))
    relay = relayOf('openai', { OPENAI_API_KEY: secret, OPENAI_BASE_URL: `${server.url}/v1` })
  })
  afterEach(() => server.close())

  const read = async (request: IncomingMessage) => Buffer.concat(await request.toArray())

  it('gives binary bytes on as they are, with the head of the provider', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256))
    answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'audio/mpeg', 'x-own': 'a' }).end(bytes)
    const outcome = await send(relay, { path: '/audio/speech', model, body: chat() })
    expect(outcome.body.equals(bytes)).toBe(true)
    expect(outcome).toMatchObject({ status: 200, headers: { 'content-type': 'audio/mpeg', 'x-own': 'a' } })
  })

  it('asks by another method, without body or model, with a query', async () => {
    const seen: unknown[] = []
    answer = (request, response) => {
      seen.push([
        request.method,
        request.url,
        request.headers['content-type'],
        request.headers['content-length'],
      ])
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    }
    await send(relay, { method: 'GET', path: '/files?limit=2&after=file-1' })
    await send(relay, { method: 'DELETE', path: '/files/file-1' })
    expect(seen).toEqual([
      ['GET', '/v1/files?limit=2&after=file-1', undefined, undefined],
      ['DELETE', '/v1/files/file-1', undefined, undefined],
    ])
  })

  it('T53: passes on the headers it is given, but none that proves somebody or frames the message', async () => {
    let headers: IncomingMessage['headers'] = {}
    answer = (request, response) => {
      headers = request.headers
      response.writeHead(200).end('{}')
    }
    const given = {
      'openai-beta': 'assistants=v2',
      authorization: 'Bearer of-the-caller',
      'Api-Key': 'of-the-caller',
      cookie: 'of-the-caller',
      host: 'elsewhere',
      'transfer-encoding': 'chunked',
      'content-length': '1',
      'accept-encoding': 'gzip',
    }
    await send(relay, { path: '/responses', model, body: chat(), headers: given, contentType: 'text/plain' })
    expect(headers).toMatchObject({
      ...bearer,
      'openai-beta': 'assistants=v2',
      'content-type': 'text/plain',
      'accept-encoding': 'identity',
      host: new URL(server.url).host,
      'content-length': String(chat().length),
    })
    expect(JSON.stringify(headers)).not.toContain('of-the-caller')
    // The next request knows nothing of them.
    await send(relay, { path: '/responses', model, body: chat() })
    expect(headers).not.toHaveProperty('openai-beta')
  })

  it('sends a body that is a stream, as fast as it comes', async () => {
    let received = Buffer.alloc(0)
    let type: string | undefined
    answer = async (request, response) => {
      type = request.headers['content-type']
      received = await read(request)
      response.writeHead(200).end('{"text":"Hi"}')
    }
    async function* pieces() {
      for (const piece of ['--x\r\n', 'audio', '\r\n--x--']) {
        yield Buffer.from(piece)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const contentType = 'multipart/form-data; boundary=x'
    const path = '/audio/transcriptions'
    expect((await send(relay, { path, model, body: pieces(), contentType })).body.toString()).toContain('Hi')
    expect(received.toString()).toBe('--x\r\naudio\r\n--x--')
    expect(type).toBe(contentType)
  })

  it('says how long a stream is where that is known, and sends no more and no less', async () => {
    let length: string | undefined
    answer = async (request, response) => {
      length = request.headers['content-length']
      const bytes = await read(request).catch(() => undefined)
      if (bytes) response.writeHead(200).end(String(bytes.length))
    }
    const upload = (contentLength: number) =>
      send(relay, { path: '/files', body: Readable.from([Buffer.alloc(70_000)]), contentLength })
    expect((await upload(70_000)).body.toString()).toBe('70000')
    expect(length).toBe('70000')
    for (const wrong of [69_999, 70_001]) expect(await upload(wrong)).toMatchObject({ status: undefined })
  })

  it('F11: reads a stream no faster than the provider takes it', async () => {
    let produced = 0
    let begin = () => {}
    const mayRead = new Promise<void>((resolve) => {
      begin = resolve
    })
    answer = async (request, response) => {
      await mayRead
      const bytes = await read(request)
      response.writeHead(200).end(String(bytes.length))
    }
    const total = 400
    const body = Readable.from(
      (function* () {
        for (; produced < total; produced++) yield Buffer.alloc(64 * 1024)
      })(),
      { objectMode: false },
    )
    const sent = send(relay, { path: '/files', body })
    await settled(() => produced)
    // What fits into the buffers of two sockets, far from all of it.
    expect(produced).toBeLessThan(total / 2)
    begin()
    expect((await sent).body.toString()).toBe(String(total * 64 * 1024))
  })

  it('F12: a caller who leaves while the body is going out frees the socket within a second', async () => {
    let gone: Promise<void> | undefined
    answer = (request) => {
      gone = new Promise((resolve) => request.on('close', () => resolve()))
      request.resume()
    }
    const { body, expectUnread } = endless()
    const leave = new AbortController()
    const sent = send(relay, { path: '/audio/transcriptions', model, body, signal: leave.signal })
    while (!gone) await pause(5)
    const reason = new Error('the caller left')
    const left = Date.now()
    leave.abort(reason)
    expect((await sent).error).toBe(reason)
    await gone
    while (server.sockets() > 0) await pause(5)
    expect(Date.now() - left).toBeLessThan(1_000)
    await expectUnread()
  })

  it('F12: a caller who has left before the body is read is not asked for it', async () => {
    const { body, expectUnread } = endless()
    const sent = await send(relay, { path: '/files', body, signal: AbortSignal.abort(new Error('left')) })
    expect(sent.error).toMatchObject({ message: 'left' })
    await expectUnread()
  })

  it('gives on a refusal that comes while the body is going out, and reads no more of it', async () => {
    answer = (_request, response) => response.writeHead(413).end('{"error":{"message":"too much"}}')
    const { body, expectUnread } = endless()
    const { error } = await send(relay, { path: '/files', body })
    expect(error).toMatchObject({ code: 'request_too_large', message: expect.stringContaining('too much') })
    await expectUnread()
  })

  it('takes the end of an answer that comes before the end of the body', async () => {
    answer = (_request, response) => response.writeHead(200).end('{"early":true}')
    const { body, expectUnread } = endless()
    expect((await send(relay, { path: '/files', body })).body.toString()).toBe('{"early":true}')
    await expectUnread()
  })

  it('leaves a generator that it does not read to its end', async () => {
    answer = (_request, response) => response.writeHead(200).end('{}')
    let left: () => void = () => {}
    const closed = new Promise<void>((resolve) => {
      left = resolve
    })
    async function* pieces() {
      try {
        for (;;) {
          yield Buffer.alloc(1024)
          await pause(1)
        }
      } finally {
        left()
      }
    }
    await send(relay, { path: '/files', body: pieces() })
    await closed
  })

  it('a body that breaks is a fault of its sender, not of the provider', async () => {
    answer = (request) => request.resume().on('error', () => {})
    const breaking = (error: Error) =>
      Readable.from(
        (async function* () {
          yield Buffer.from('a')
          await pause(20)
          throw error
        })(),
        { objectMode: false },
      )
    const broken = await send(relay, { path: '/files', body: breaking(new Error('ECONNRESET')) })
    expect(broken.error).toMatchObject({ code: 'invalid_request' })
    const tooLarge = await send(relay, { path: '/files', body: breaking(new AppError('request_too_large')) })
    expect(tooLarge.error).toMatchObject({ code: 'request_too_large' })
  })

  it('F05: a body that goes out slowly is not a provider that says nothing', async () => {
    answer = async (request, response) => {
      await read(request)
      response.writeHead(200).end('{}')
    }
    async function* slow() {
      yield Buffer.from('a')
      await pause(timeouts.firstByteMs * 2)
      yield Buffer.from('b')
    }
    expect(await send(relay, { path: '/files', body: slow() })).toMatchObject({
      status: 200,
      error: undefined,
    })
  })
})

/** A body without an end, and a look at whether anyone still reads it. */
function endless() {
  let asked = 0
  const body = new Readable({
    read() {
      asked++
      setTimeout(() => this.push(Buffer.alloc(1024)), 1)
    },
  })
  return {
    body,
    async expectUnread() {
      await settled(() => asked)
      expect(body.destroyed).toBe(false)
      body.destroy()
    },
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Waits until a number stops growing. */
async function settled(count: () => number): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count()
    await pause(100)
  }
}
