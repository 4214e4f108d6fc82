import { createTransport, type ResponseHeaders, type Transport } from '@gatehouse/outbound'
import { type StandIn, startAnthropic } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createModels } from '../models.js'
import type { RelayClient, RelayRequest } from '../provider.js'

const secret = 'sk-ant-api03-Zk3VQ1f9aTbLx7'
const model = 'claude-test'

/** What came of a request that was passed on. */
interface Outcome {
  status: number | undefined
  headers: ResponseHeaders
  text: string
  error: unknown
}

let transport: Transport
let standIn: StandIn
let relay: RelayClient
beforeEach(async () => {
  transport = createTransport({ timeouts: { connectMs: 1_000, firstByteMs: 400, idleMs: 400 } })
  standIn = await startAnthropic()
  const values = { ANTHROPIC_API_KEY: secret, ANTHROPIC_BASE_URL: standIn.url }
  const [candidate] = createModels({ values, transport, production: true }).resolve('anthropic', model)
  if (!candidate?.messages) throw new Error('no relay')
  relay = candidate.messages
})
afterEach(async () => {
  await transport.close()
  await standIn.close()
})

function send(request: Partial<RelayRequest> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const outcome: Outcome = { status: undefined, headers: {}, text: '', error: undefined }
    const over = () => resolve({ ...outcome, text: Buffer.concat(chunks).toString() })
    relay.send(
      { path: '/messages', model, body: bytes, signal: new AbortController().signal, ...request },
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

const toBytes = (more: object = {}) =>
  Buffer.from(
    JSON.stringify({ model, max_tokens: 99, messages: [{ role: 'user', content: 'Hi' }], ...more }, null, 2),
  )
const bytes = toBytes()

describe("What comes in Anthropic's shape", () => {
  it('is passed on byte for byte, with the key of the gateway', async () => {
    const { status, text, error } = await send()
    expect(error).toBeUndefined()
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({ type: 'message', role: 'assistant', model })
    const [request] = standIn.requests
    expect(request).toMatchObject({ method: 'POST', path: '/v1/messages', text: bytes.toString() })
    expect(request?.headers).toMatchObject({
      'x-api-key': secret,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      'accept-encoding': 'identity',
    })
    expect(request?.headers).not.toHaveProperty('authorization')
  })

  it('comes back as the events it is made of', async () => {
    const { headers, text } = await send({ body: toBytes({ stream: true }) })
    expect(headers['content-type']).toContain('text/event-stream')
    expect(text).toMatch(/^event: message_start\ndata: /)
    expect(text).toMatch(/event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/)
  })

  it('keeps the version and the betas that its caller says, and no credential', async () => {
    const headers = {
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'context-management-2025-06-27',
      'x-api-key': 'of-the-caller',
      authorization: 'Bearer of-the-caller',
    }
    await send({ headers })
    const sent = standIn.requests[0]?.headers
    expect(sent).toMatchObject({
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'context-management-2025-06-27',
      'x-api-key': secret,
    })
    expect(JSON.stringify(sent)).not.toContain('of-the-caller')
  })

  it.each([
    ['POST', '/messages/count_tokens', bytes, 'input_tokens'],
    ['GET', '/models?limit=5', undefined, 'claude-test'],
  ])('reaches %s %s', async (method, path, body, word) => {
    const { status, text } = await send({ method, path, body })
    expect(status).toBe(200)
    expect(text).toContain(word)
    expect(standIn.requests[0]).toMatchObject({ method, path: `/v1${path}` })
    expect(standIn.requests[0]?.headers).toMatchObject({
      'x-api-key': secret,
      'anthropic-version': '2023-06-01',
    })
  })

  it.each(['/../admin', '/messages/%2e%2e/%2e%2e/admin'])('T56: does not lead to %s', async (path) => {
    expect((await send({ path })).error).toMatchObject({ code: 'invalid_request' })
    expect(standIn.requests).toHaveLength(0)
  })

  it.each([
    [400, 'provider_rejected', 'because'],
    [401, 'provider_auth_failed', 'An administrator'],
    [402, 'provider_error', '402'],
    [404, 'model_not_found', 'because'],
    [413, 'request_too_large', 'because'],
    [429, 'provider_rate_limited', 'because'],
    [500, 'provider_error', '500'],
    [529, 'provider_error', '529'],
  ])('F01: fails as %i says in its shape', async (status, code, words) => {
    standIn.next({ refuse: { status, message: 'because', headers: { 'retry-after': '7' } } })
    const { error, status: head } = await send()
    expect(head).toBeUndefined()
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
    if (status === 429) expect(error).toMatchObject({ retryAfterSeconds: 7 })
  })

  it('an account without credit is a failure of ours', async () => {
    standIn.next({
      refuse: { status: 400, message: 'Your credit balance is too low to access the Anthropic API.' },
    })
    expect((await send()).error).toMatchObject({
      code: 'provider_error',
      message: expect.not.stringContaining('credit'),
    })
  })

  it('T54: a refusal that repeats the headers shows no key', async () => {
    standIn.next({ refuse: { status: 400, echoHeaders: true } })
    const { error } = await send()
    expect(error).toMatchObject({ code: 'provider_rejected' })
    expect((error as Error).message).not.toContain(secret)
  })

  it('F08: a refusal by something on the way is not quoted', async () => {
    standIn.next({
      answer: { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad</html>' },
    })
    expect((await send()).error).toMatchObject({
      code: 'provider_error',
      message: 'Anthropic failed with status 502.',
    })
  })

  it('F05: silence is a timeout', async () => {
    standIn.next({ hang: true })
    expect((await send()).error).toMatchObject({ code: 'provider_timeout' })
  })
})
