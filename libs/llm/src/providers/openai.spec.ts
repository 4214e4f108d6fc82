import { createTransport, type Transport } from '@gatehouse/outbound'
import { type RunningServer, type StandIn, startOpenAi, startServer } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChatChunk, ChatRequest } from '../chat.js'
import { createModels } from '../models.js'

const signal = new AbortController().signal
const request: ChatRequest = { model: 'gpt-test', messages: [{ role: 'user', content: 'Hi' }] }

let transport: Transport
let server: RunningServer
/** What the server answers. */
let answer: { type: string; body: string }

beforeEach(async () => {
  transport = createTransport()
  server = await startServer((incoming, response) => {
    incoming.resume()
    incoming.on('end', () => response.writeHead(200, { 'content-type': answer.type }).end(answer.body))
  })
})
afterEach(async () => {
  await transport.close()
  await server.close()
})

function clientAt(url: string, provider = 'openai') {
  const values = {
    OPENAI_API_KEY: 'sk-test-1',
    OPENAI_BASE_URL: `${url}/v1`,
    GROK_API_KEY: 'xai-test-1',
    GROK_API_URL: url,
  }
  const [candidate] = createModels({ values, transport, production: true }).resolve(provider, 'gpt-test')
  if (!candidate) throw new Error('no candidate')
  return candidate.client
}

async function readStream(...events: string[]): Promise<ChatChunk[]> {
  answer = { type: 'text/event-stream', body: events.map((event) => `data: ${event}\n\n`).join('') }
  const chunks: ChatChunk[] = []
  for await (const chunk of await clientAt(server.url).stream(request, { signal })) chunks.push(chunk)
  return chunks
}

const chunk = (content: string, more: object = {}) =>
  JSON.stringify({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-test',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
    ...more,
  })
const usage = (total: number) => ({ prompt_tokens: 1, completion_tokens: total - 1, total_tokens: total })

describe('the OpenAI shape', () => {
  it('T63: takes the last usage of many, and gives it out once, at the end', async () => {
    const chunks = await readStream(
      chunk('a', { usage: usage(2) }),
      chunk('b', { usage: usage(3) }),
      chunk('', { choices: [] }),
      '[DONE]',
    )
    expect(chunks.map(({ usage: one }) => one)).toEqual([undefined, undefined, usage(3)])
    expect(chunks.at(-1)?.choices).toEqual([])
  })

  it('goes without usage where the provider sends none', async () => {
    const chunks = await readStream(chunk('a'), '[DONE]')
    expect(chunks).toHaveLength(1)
    expect(chunks[0]).not.toHaveProperty('usage')
  })

  it.each([
    ['not JSON', '{"id":'],
    ['null', 'null'],
    ['an array', '[]'],
    ['no choices', '{"id":"c"}'],
    ['a choice that is none', '{"choices":[null]}'],
    ['a choice without a delta', '{"choices":[{"index":0}]}'],
    ['content that is no text', '{"choices":[{"delta":{"content":["a"]}}]}'],
    ['a finish reason that is no text', '{"choices":[{"delta":{},"finish_reason":{"a":1}}]}'],
  ])('F08: an event that is %s is a bad answer', async (_what, event) => {
    await expect(readStream(chunk('a'), event, '[DONE]')).rejects.toMatchObject({
      code: 'bad_upstream_response',
    })
  })

  it.each([
    [{ message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' }, 'provider_rate_limited'],
    [
      { message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' },
      'provider_rejected',
    ],
    [{ message: 'overloaded', type: 'server_error', code: null }, 'provider_error'],
    [{ message: 'bad gateway', code: 502 }, 'provider_error'],
    [{ message: 'no', code: 'invalid_api_key' }, 'provider_auth_failed'],
  ])('F09: an error inside an answer is mapped: %o', async (error, code) => {
    await expect(readStream(chunk('a'), JSON.stringify({ error }))).rejects.toMatchObject({ code })
    answer = { type: 'application/json', body: JSON.stringify({ error }) }
    await expect(clientAt(server.url).complete(request, { signal })).rejects.toMatchObject({ code })
  })

  it.each([
    ['content that is no text', { message: { content: [{ text: 'a' }] }, finish_reason: 'stop' }],
    ['a number as content', { message: { content: 7 }, finish_reason: 'stop' }],
    ['a finish reason that is no text', { message: { content: 'a' }, finish_reason: { a: 1 } }],
  ])('F08: an answer with %s is a bad one', async (_what, choice) => {
    answer = { type: 'application/json', body: JSON.stringify({ choices: [choice] }) }
    await expect(clientAt(server.url).complete(request, { signal })).rejects.toMatchObject({
      code: 'bad_upstream_response',
    })
  })

  it('F08: an answer without any choice is a bad one, whatever it says it used', async () => {
    answer = { type: 'application/json', body: JSON.stringify({ choices: [], usage: usage(2) }) }
    await expect(clientAt(server.url).complete(request, { signal })).rejects.toMatchObject({
      code: 'bad_upstream_response',
    })
  })

  it('takes an answer of a tool call, whose content is null or absent', async () => {
    for (const content of [null, undefined]) {
      const choices = [{ message: { content, tool_calls: [] }, finish_reason: 'tool_calls' }]
      answer = { type: 'application/json', body: JSON.stringify({ choices }) }
      expect((await clientAt(server.url).complete(request, { signal })).choices).toHaveLength(1)
    }
  })

  it.each([
    {},
    'x',
    [],
    7,
    { prompt_tokens: 1 },
    { prompt_tokens: 1.5, completion_tokens: 1 },
    { prompt_tokens: 5e9, completion_tokens: 1 },
    { prompt_tokens: 1, completion_tokens: -10 },
    { prompt_tokens: '1', completion_tokens: 1 },
    { ...usage(5), total_tokens: 'five' },
    { ...usage(5), prompt_tokens_details: { cached_tokens: -1 } },
    { ...usage(5), completion_tokens_details: { reasoning_tokens: 0.1 } },
  ])('a usage that cannot be is none: %o', async (claimed) => {
    const chunks = await readStream(chunk('a', { usage: usage(4) }), chunk('b', { usage: claimed }), '[DONE]')
    expect(chunks.map(({ usage: one }) => one)).toEqual([undefined, undefined, usage(4)])
    const choices = [{ message: { content: 'a' }, finish_reason: 'stop' }]
    answer = { type: 'application/json', body: JSON.stringify({ choices, usage: claimed }) }
    expect(await clientAt(server.url).complete(request, { signal })).toEqual({ choices })
  })

  it('T69: a stream whose line never ends is a bad answer', async () => {
    await expect(readStream('x'.repeat(3_000_000))).rejects.toMatchObject({ code: 'bad_upstream_response' })
  })

  it('does not wait for a provider that keeps the connection open after [DONE]', async () => {
    const open = await startServer((incoming, response) => {
      incoming.resume()
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${chunk('a')}\n\ndata: [DONE]\n\n`)
    })
    const started = Date.now()
    for await (const _chunk of await clientAt(open.url).stream(request, { signal }));
    expect(Date.now() - started).toBeLessThan(400)
    for (let tries = 0; tries < 200 && open.sockets() > 0; tries++)
      await new Promise((done) => setTimeout(done, 10))
    expect(open.sockets()).toBe(0)
    await open.close()
  })
})

describe('OpenAI', () => {
  let standIn: StandIn
  beforeEach(async () => {
    standIn = await startOpenAi()
  })
  afterEach(() => standIn.close())

  it('is told the limit of tokens under its present name, once', async () => {
    const client = clientAt(standIn.url)
    await client.complete({ ...request, max_tokens: 5 }, { signal })
    await client.complete({ ...request, max_tokens: 5, max_completion_tokens: 7 }, { signal })
    await client.complete({ ...request, max_tokens: null }, { signal })
    expect(standIn.requests.map(({ json }) => json)).toMatchObject([
      { max_completion_tokens: 5 },
      { max_completion_tokens: 7 },
      {},
    ])
    expect(standIn.requests[0]?.json).not.toHaveProperty('max_tokens')
  })

  it('without credit is no reason to try again', async () => {
    standIn.next({ refuse: { status: 429, code: 'insufficient_quota' } })
    await expect(clientAt(standIn.url).complete(request, { signal })).rejects.toMatchObject({
      code: 'provider_rate_limited',
      shouldRetry: false,
    })
  })

  it('T53: no provider hears what the environment holds for OpenAI', async () => {
    const before = { ...process.env }
    Object.assign(process.env, {
      OPENAI_API_KEY: 'sk-of-the-environment',
      OPENAI_ORG_ID: 'org-of-the-environment',
      OPENAI_PROJECT_ID: 'project-of-the-environment',
      OPENAI_ADMIN_KEY: 'admin-of-the-environment',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/of-the-environment',
      OPENAI_CUSTOM_HEADERS: 'x-custom: of-the-environment\nauthorization: Bearer of-the-environment',
    })
    try {
      await clientAt(standIn.url, 'grok').complete(request, { signal })
      expect(Object.keys(standIn.requests[0]?.headers ?? {}).sort()).toEqual([
        'accept',
        'accept-encoding',
        'authorization',
        'connection',
        'content-length',
        'content-type',
        'host',
        'user-agent',
      ])
      expect(JSON.stringify(standIn.requests[0]?.headers)).not.toContain('of-the-environment')
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
      Object.assign(process.env, before)
    }
  })
})
