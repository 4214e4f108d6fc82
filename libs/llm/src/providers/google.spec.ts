import { createTransport, type Transport } from '@gatehouse/outbound'
import { type StandIn, startGemini } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChatChunk, ChatRequest } from '../chat.js'
import { createModels } from '../models.js'
import { modelVariables } from '../registry.js'

const signal = new AbortController().signal
const request: ChatRequest = { model: 'gemini-test', messages: [{ role: 'user', content: 'Hi' }] }

let transport: Transport
let standIn: StandIn
beforeEach(async () => {
  transport = createTransport()
  standIn = await startGemini()
})
afterEach(async () => {
  await transport.close()
  await standIn.close()
})

function client() {
  const values = { GOOGLE_API_KEY: 'AIza-test-key', GOOGLE_GEMINI_BASE_URL: standIn.url }
  const [candidate] = createModels({ values, transport, production: true }).resolve('google', 'gemini-test')
  if (!candidate) throw new Error('no candidate')
  return candidate.client
}

const answer = (body: object) => standIn.next({ answer: { status: 200, body: JSON.stringify(body) } })
const events = (...list: string[]) =>
  standIn.next({
    answer: { status: 200, headers: { 'content-type': 'text/event-stream' }, body: list.join('') },
  })

async function readStream(): Promise<ChatChunk[]> {
  const chunks: ChatChunk[] = []
  for await (const chunk of await client().stream(request, { signal })) chunks.push(chunk)
  return chunks
}

describe('Gemini', () => {
  it('refuses a wrong key with a 400, which is a failure of ours', async () => {
    const error = {
      code: 400,
      message: 'API key not valid. Please pass a valid API key.',
      status: 'INVALID_ARGUMENT',
      details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
    }
    standIn.next({ answer: { status: 400, body: JSON.stringify({ error }) } })
    await expect(client().complete(request, { signal })).rejects.toMatchObject({
      code: 'provider_auth_failed',
    })
  })

  it('says how long to wait in its body', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }]
    const error = { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED', details }
    standIn.next({ answer: { status: 429, body: JSON.stringify({ error }, null, 2) } })
    await expect(client().complete(request, { signal })).rejects.toMatchObject({
      code: 'provider_rate_limited',
      retryAfterSeconds: 34.5,
    })
  })

  it('that blocks the prompt gives no candidate, which is an answer without words', async () => {
    const blocked = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 3 } }
    answer(blocked)
    const completion = await client().complete(request, { signal })
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { content: '' } })
    events(`data: ${JSON.stringify(blocked)}\n\n`)
    expect((await readStream()).at(-2)?.choices[0]?.finish_reason).toBe('content_filter')
  })

  it('thinks, which is counted as output and not shown', async () => {
    answer({
      candidates: [
        {
          content: { role: 'model', parts: [{ text: 'hm', thought: true }, { text: 'yes' }] },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: {
        promptTokenCount: 2,
        candidatesTokenCount: 1,
        thoughtsTokenCount: 40,
        totalTokenCount: 43,
      },
    })
    const completion = await client().complete(request, { signal })
    expect(completion.choices[0]?.message.content).toBe('yes')
    expect(completion.usage).toEqual({
      prompt_tokens: 2,
      completion_tokens: 41,
      total_tokens: 43,
      completion_tokens_details: { reasoning_tokens: 40 },
    })
  })

  it('may spend every token on thinking, and have nothing to say', async () => {
    answer({ candidates: [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS' }], usageMetadata: {} })
    const completion = await client().complete(request, { signal })
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '' } })
  })

  it('F10: may write its events as the standard allows', async () => {
    const first = JSON.stringify({ candidates: [{ content: { parts: [{ text: 'Grüße' }] } }] })
    const last = '{"candidates":\ndata: [{"content":{"parts":[{"text":"!"}]},"finishReason":"STOP"}]}'
    events(`\uFEFF: hello\r\rid: 1\rdata:${first}\r\r`, `event: x\ndata: ${last}\n\n`)
    const chunks = await readStream()
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Grüße!')
  })

  it('F07: a last event that is cut is an early end', async () => {
    events('data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n\n', 'data: {"candidates":[{"fin')
    await expect(readStream()).rejects.toMatchObject({ code: 'upstream_disconnect' })
  })

  it('T69: a stream whose line never ends is a bad answer', async () => {
    events(`data: ${'x'.repeat(3_000_000)}`)
    await expect(readStream()).rejects.toMatchObject({ code: 'bad_upstream_response' })
  })

  it.each(['a/b', 'models/a:countTokens', 'a@b', 'publishers/google/models/a'])(
    'T56: has no model named %s, and is not asked',
    async (model) => {
      await expect(client().complete({ ...request, model }, { signal })).rejects.toMatchObject({
        code: 'invalid_request',
        param: 'model',
      })
      expect(standIn.requests).toHaveLength(0)
    },
  )

  it('lists the models that answer or embed', async () => {
    const values = { GOOGLE_API_KEY: 'AIza-test-key', GOOGLE_GEMINI_BASE_URL: standIn.url }
    const found = await createModels({ values, transport, production: true }).list()
    expect(found).toMatchObject([
      { id: 'google/gemini-test', contextLength: 1_048_576 },
      { id: 'google/embedding-test' },
    ])
    expect(found).toHaveLength(2)
  })

  it('is itself whatever the environment says of Vertex', async () => {
    process.env.GOOGLE_GENAI_USE_VERTEXAI = 'true'
    process.env.GOOGLE_CLOUD_PROJECT = 'p'
    try {
      await client().complete(request, { signal })
      expect(standIn.requests[0]?.path).toBe('/v1beta/models/gemini-test:generateContent')
    } finally {
      delete process.env.GOOGLE_GENAI_USE_VERTEXAI
      delete process.env.GOOGLE_CLOUD_PROJECT
    }
  })

  it.each<[string, string, object | undefined, string[]]>([
    ['gemini-2.0-flash', 'low', undefined, ['reasoning_effort']],
    ['gemini-2.0-flash', 'none', undefined, []],
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }, []],
    ['gemini-2.5-pro', 'none', undefined, ['reasoning_effort']],
    ['gemini-2.5-pro', 'medium', { includeThoughts: true, thinkingBudget: 8_192 }, []],
    ['gemini-3.1-pro-preview', 'minimal', { includeThoughts: true, thinkingLevel: 'LOW' }, []],
    ['gemini-3-flash', 'minimal', { includeThoughts: true, thinkingLevel: 'MINIMAL' }, []],
    ['gemini-flash-latest', 'max', { includeThoughts: true, thinkingLevel: 'HIGH' }, []],
    ['gemma-3-27b-it', 'low', undefined, ['reasoning_effort']],
  ])('%s thinks with %s effort', async (model, effort, thinkingConfig, dropped) => {
    const told: string[] = []
    const onDropped = (names: readonly string[]) => void told.push(...names)
    await client().complete({ ...request, model, reasoning_effort: effort as 'low' }, { signal, onDropped })
    const body = standIn.requests[0]?.json as { generationConfig: { thinkingConfig?: object } }
    expect(body.generationConfig.thinkingConfig).toEqual(thinkingConfig)
    expect(told).toEqual(dropped)
  })

  it('gets the signature of its words back with them', async () => {
    const parts = [{ text: 'Hello' }, { text: '', thoughtSignature: 'c2lnbmVk' }]
    const whole = { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] }
    answer(whole)
    const message = (await client().complete(request, { signal })).choices[0]?.message
    expect(message).toMatchObject({ extra_content: { google: { thought_signature: 'c2lnbmVk' } } })
    events(`data: ${JSON.stringify(whole)}\n\n`)
    const deltas = (await readStream()).map((chunk) => chunk.choices[0]?.delta)
    expect(deltas).toContainEqual({ extra_content: { google: { thought_signature: 'c2lnbmVk' } } })

    const messages = [...request.messages, message, ...request.messages] as ChatRequest['messages']
    await client().complete({ ...request, messages }, { signal })
    expect(standIn.requests[2]?.json).toMatchObject({
      contents: [{}, { parts: [{ text: 'Hello', thoughtSignature: 'c2lnbmVk' }] }, {}],
    })
  })

  it('gives a call without a name a name, and one without arguments an object', async () => {
    const parts = [{ functionCall: { name: 'f' } }, { functionCall: { name: 'f' } }]
    answer({ candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] })
    const calls = (await client().complete(request, { signal })).choices[0]?.message.tool_calls ?? []
    expect(calls).toMatchObject([{ function: { arguments: '{}' } }, { function: { arguments: '{}' } }])
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2)
  })

  it('that breaks off in a call is an error: it would look as if it had nothing to say', async () => {
    answer({ candidates: [{ content: {}, finishReason: 'MALFORMED_FUNCTION_CALL' }] })
    await expect(client().complete(request, { signal })).rejects.toMatchObject({ code: 'provider_error' })
    events('data: {"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}\n\n')
    await expect(readStream()).rejects.toMatchObject({ code: 'provider_error' })
  })

  it('is told the answer of a tool as the object that it is', async () => {
    const call = (id: string) => ({ id, type: 'function' as const, function: { name: 'f', arguments: '{}' } })
    const said = (id: string, content: string) => ({ role: 'tool' as const, tool_call_id: id, content })
    const messages: ChatRequest['messages'] = [
      ...request.messages,
      { role: 'assistant', tool_calls: [call('a'), call('b')] },
      said('a', '{"degrees": 21}'),
      said('b', '[21]'),
    ]
    await client().complete({ ...request, messages }, { signal })
    expect(standIn.requests[0]?.json).toMatchObject({
      contents: [
        {},
        {},
        {
          parts: [
            { functionResponse: { response: { degrees: 21 } } },
            { functionResponse: { response: { output: '[21]' } } },
          ],
        },
      ],
    })
  })

  it('keeps the arguments of strict tools to their schema', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'f', strict: true } }]
    await client().complete({ ...request, tools }, { signal })
    expect(standIn.requests[0]?.json).toMatchObject({
      toolConfig: { functionCallingConfig: { mode: 'VALIDATED' } },
    })
  })
})

it.each<[string, unknown, unknown]>([
  ['GOOGLE_GENAI_USE_VERTEXAI', 'true', true],
  ['GOOGLE_GENAI_USE_VERTEXAI', true, true],
  ['GOOGLE_GENAI_USE_VERTEXAI', 'false', false],
  ['GOOGLE_GENAI_USE_VERTEXAI', '1', undefined],
  ['GOOGLE_CLOUD_LOCATION', 'europe-west4', 'europe-west4'],
  ['GOOGLE_CLOUD_LOCATION', 'a.example/', undefined],
  ['GOOGLE_CLOUD_PROJECT', 'example.com:project-1', 'example.com:project-1'],
  ['GOOGLE_CLOUD_PROJECT', '../other', undefined],
  ['GCE_METADATA_HOST', '127.0.0.1:8080', '127.0.0.1:8080'],
  ['GCE_METADATA_HOST', 'host/path?', undefined],
])('%s reads %j as %j', (name, given, value) => {
  expect(modelVariables[name]?.schema.safeParse(given).data).toBe(value)
})
