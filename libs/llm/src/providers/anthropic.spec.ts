import { createTransport, type Transport } from '@gatehouse/outbound'
import { type StandIn, startAnthropic } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ChatChunk, ChatRequest } from '../chat.js'
import { createModels } from '../models.js'

const signal = new AbortController().signal
const hi = { role: 'user' as const, content: 'Hi' }

let transport: Transport
let standIn: StandIn
beforeEach(async () => {
  transport = createTransport()
  standIn = await startAnthropic()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await transport.close()
  await standIn.close()
})

function client() {
  const values = { ANTHROPIC_API_KEY: 'sk-ant-test-key', ANTHROPIC_BASE_URL: standIn.url }
  const [candidate] = createModels({ values, transport, production: true }).resolve('claude', 'claude-test')
  if (!candidate) throw new Error('no candidate')
  return candidate.client
}

/** What a request becomes, without what is the same for all; and what is left out of it. */
async function sent(fields: Partial<ChatRequest> & Record<string, unknown>) {
  const dropped: string[] = []
  const request = { messages: [hi], ...fields } as ChatRequest
  await client().complete(request, { signal, onDropped: (names) => void dropped.push(...names) })
  const { json, headers } = standIn.requests.at(-1) ?? {}
  const {
    messages,
    model: _model,
    stream: _stream,
    ...body
  } = json as { messages: unknown[] } & Record<string, unknown>
  return { messages, body, dropped, version: headers?.['anthropic-version'] }
}

const events = (...list: object[]) =>
  standIn.next({
    answer: {
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: list.map((event) => `event: any\ndata: ${JSON.stringify(event)}\n\n`).join(''),
    },
  })
const start = { type: 'message_start', message: { usage: { input_tokens: 3, output_tokens: 1 } } }
const end = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } },
  { type: 'message_stop' },
]
const delta = (index: number, piece: object) => ({ type: 'content_block_delta', index, delta: piece })

async function readStream(): Promise<ChatChunk[]> {
  const chunks: ChatChunk[] = []
  for await (const chunk of await client().stream({ model: 'claude-test', messages: [hi] }, { signal })) {
    chunks.push(chunk)
  }
  return chunks
}

describe('a model of Anthropic', () => {
  it.each([
    ['claude-3-5-haiku-latest', 8_192],
    ['claude-opus-4-1', 32_000],
    ['claude-sonnet-4-5', 64_000],
    ['claude-sonnet-5-5', 128_000],
  ])('%s may write %i tokens where the caller says nothing', async (model, limit) => {
    expect((await sent({ model })).body).toEqual({ max_tokens: limit })
    expect((await sent({ model, max_completion_tokens: 7 })).body).toEqual({ max_tokens: 7 })
  })

  it('has its sampling in the version of 2023, where it has any', async () => {
    const old = await sent({ model: 'claude-sonnet-4-5', temperature: 0.5, top_k: 5, max_tokens: 9 })
    expect(old).toMatchObject({ body: { temperature: 0.5, top_k: 5 }, version: '2023-06-01', dropped: [] })
    const both = await sent({ model: 'claude-sonnet-4-5', temperature: 0.5, top_p: 0.5, max_tokens: 9 })
    expect(both).toMatchObject({ dropped: ['top_p'] })
    expect(both.body).not.toHaveProperty('top_p')
    const present = await sent({
      model: 'claude-sonnet-5',
      temperature: 0.5,
      top_p: 1,
      top_k: 5,
      max_tokens: 9,
    })
    expect(present).toEqual({
      messages: expect.anything(),
      body: { max_tokens: 9 },
      version: '2026-10-21',
      // A `top_p` of 1 is what it does anyway.
      dropped: ['temperature', 'top_k'],
    })
  })

  it.each<[string, string, object, string[]]>([
    ['claude-3-5-sonnet-latest', 'high', {}, ['reasoning_effort']],
    ['claude-sonnet-4-5', 'none', {}, []],
    ['claude-sonnet-4-5', 'minimal', { thinking: { type: 'enabled', budget_tokens: 1_024 } }, []],
    ['claude-sonnet-4-5', 'medium', { thinking: { type: 'enabled', budget_tokens: 8_192 } }, []],
    [
      'claude-opus-4-5',
      'max',
      { thinking: { type: 'enabled', budget_tokens: 32_000 }, output_config: { effort: 'high' } },
      [],
    ],
    [
      'claude-opus-4-6',
      'xhigh',
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } },
      [],
    ],
    [
      'claude-opus-5-5',
      'minimal',
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
      [],
    ],
    ['claude-opus-5-5', 'none', {}, ['reasoning_effort']],
    ['claude-sonnet-5-5', 'none', { thinking: { type: 'between_tools' } }, []],
    ['claude-haiku-5-5', 'none', { thinking: { type: 'disabled' } }, []],
  ])('%s thinks with %s effort', async (model, effort, body, dropped) => {
    const outcome = await sent({ model, reasoning_effort: effort as 'low', max_tokens: 60_000 })
    expect(outcome.body).toEqual({ max_tokens: 60_000, ...body })
    expect(outcome.dropped).toEqual(dropped)
  })

  it('thinks within its limit, or not at all', async () => {
    const model = 'claude-sonnet-4-5'
    const some = await sent({ model, reasoning_effort: 'high', max_tokens: 5_000 })
    expect(some.body).toMatchObject({ thinking: { budget_tokens: 4_000 } })
    const none = await sent({ model, reasoning_effort: 'high', max_tokens: 1_200, temperature: 0 })
    expect(none).toMatchObject({ body: { temperature: 0 }, dropped: ['reasoning_effort'] })
    const both = await sent({ model, reasoning_effort: 'high', temperature: 0 })
    expect(both.dropped).toEqual(['temperature'])
  })

  it('thinks as the caller tells it in its own words', async () => {
    const thinking = { type: 'enabled', budget_tokens: 2_000 }
    expect(await sent({ model: 'claude-sonnet-4-5', thinking })).toMatchObject({
      body: { thinking },
      dropped: [],
    })
    const call = sent({ model: 'claude-sonnet-4-5', thinking: 'hard' })
    await expect(call).rejects.toMatchObject({ code: 'invalid_request', param: 'thinking' })
  })

  it('of the older ones neither thinks before a tool that it must call, nor after thoughts that were lost', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'f' } }]
    const same = { model: 'claude-sonnet-4-5', reasoning_effort: 'low' as const, tools }
    const forced = await sent({ ...same, tool_choice: 'required' })
    expect(forced).toMatchObject({ body: { tool_choice: { type: 'any' } }, dropped: ['reasoning_effort'] })

    const call = { id: 'a', type: 'function' as const, function: { name: 'f', arguments: '{}' } }
    const asked = (more: object) => [
      hi,
      { role: 'assistant' as const, tool_calls: [call], ...more },
      { role: 'tool' as const, tool_call_id: 'a', content: 'x' },
    ]
    expect((await sent({ ...same, messages: asked({}) })).dropped).toEqual(['reasoning_effort'])
    const signed = { thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 's' }] }
    expect((await sent({ ...same, messages: asked(signed) })).dropped).toEqual([])
  })

  it('cannot be made to call a tool, where it always thinks', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'f' } }]
    const outcome = await sent({ model: 'claude-opus-5-5', tools, tool_choice: 'required' })
    expect(outcome).toMatchObject({ body: { tool_choice: { type: 'auto' } }, dropped: ['tool_choice'] })
  })

  it('is not shown the thoughts of another', async () => {
    const google = { type: 'reasoning.encrypted', data: 'd', format: 'google-gemini-v1', index: 0 }
    const answer = { role: 'assistant' as const, content: 'Hello', reasoning_details: [google] }
    const unsigned = { role: 'assistant' as const, content: 'Again', reasoning_content: 'Hm.' }
    const only = { role: 'assistant' as const, reasoning_details: [google] }
    expect((await sent({ model: 'claude-test', messages: [hi, only, hi] })).messages).toHaveLength(2)
    const { messages } = await sent({ model: 'claude-test', messages: [hi, answer, unsigned, hi] })
    expect(messages[1]).toEqual({
      role: 'assistant',
      content: [
        { type: 'text', text: 'Hello' },
        { type: 'text', text: 'Again' },
      ],
    })
  })

  it('is held to a schema as far as it can be, and the rest is told to it and named', async () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { age: { type: 'integer', minimum: 0 } },
      required: ['age'],
      additionalProperties: false,
    }
    const held = {
      type: 'object',
      properties: { age: { type: 'integer', description: '{minimum: 0}' } },
      required: ['age'],
      additionalProperties: false,
    }
    const model = 'claude-sonnet-5'
    const form = {
      type: 'json_schema' as const,
      json_schema: { name: 'p', description: 'A person.', schema },
    }
    const answer = await sent({ model, response_format: form })
    expect(answer.body.output_config).toEqual({
      format: { type: 'json_schema', schema: { description: 'A person.', ...held } },
    })
    expect(answer.dropped).toEqual(['response_format.json_schema.schema'])

    const tool = { type: 'function' as const, function: { name: 'f', parameters: schema, strict: true } }
    const strict = await sent({ model, tools: [tool] })
    expect(strict.body.tools).toEqual([{ name: 'f', input_schema: held, strict: true }])
    expect(strict.dropped).toEqual(['tools[].function.parameters'])
    const older = await sent({ model: 'claude-3-7-sonnet-latest', tools: [tool], response_format: form })
    expect(older.dropped).toEqual(['response_format', 'tools[].function.strict'])

    const shapeless = { type: 'json_schema' as const, json_schema: { name: 'p', schema: {} } }
    await expect(sent({ model, response_format: shapeless })).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'response_format.json_schema.schema',
    })
  })

  it('is told a text file as words, and no picture of a kind that it cannot see', async () => {
    const file = (type: string) => [
      {
        role: 'user' as const,
        content: [{ type: 'file' as const, file: { file_data: `data:${type};base64,R3LDvMOfZQ==` } }],
      },
    ]
    const { messages } = await sent({ model: 'claude-test', messages: file('text/plain') })
    expect(messages).toMatchObject([
      { content: [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße' } }] },
    ])
    const param = 'messages[0].content[0]'
    await expect(sent({ model: 'claude-test', messages: file('application/zip') })).rejects.toMatchObject({
      param,
    })
    const tiff = { type: 'image_url' as const, image_url: { url: 'data:image/tiff;base64,AAAA' } }
    const picture = [{ role: 'user' as const, content: [tiff] }]
    await expect(sent({ model: 'claude-test', messages: picture })).rejects.toMatchObject({ param })
  })

  it('keeps the marks for its cache, and tells what it read and wrote there', async () => {
    const mark = { type: 'ephemeral', ttl: '1h' }
    const tool = { type: 'function' as const, function: { name: 'f' }, cache_control: mark }
    const { body } = await sent({ model: 'claude-test', tools: [tool], cache_control: { type: 'ephemeral' } })
    expect(body).toMatchObject({
      cache_control: { type: 'ephemeral' },
      tools: [{ name: 'f', cache_control: mark }],
    })
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 1_000,
      output_tokens: 5,
    }
    const message = { content: [], stop_reason: 'end_turn', usage }
    standIn.next({ answer: { status: 200, body: JSON.stringify(message) } })
    const completion = await client().complete({ model: 'claude-test', messages: [hi] }, { signal })
    expect(completion.usage).toEqual({
      prompt_tokens: 1_110,
      completion_tokens: 5,
      total_tokens: 1_115,
      prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 1_000 },
    })
  })

  it('is not believed in figures that cannot be', async () => {
    const message = { content: [], stop_reason: 'end_turn', usage: { input_tokens: -1, output_tokens: 0.5 } }
    standIn.next({ answer: { status: 200, body: JSON.stringify(message) } })
    const completion = await client().complete({ model: 'claude-test', messages: [hi] }, { signal })
    expect(completion.usage).toBeUndefined()
  })

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls'],
    ['refusal', 'content_filter'],
  ])('stops for %s, which is %s', async (reason, finish) => {
    const message = { content: [{ type: 'text', text: 'Hm' }], stop_reason: reason }
    standIn.next({ answer: { status: 200, body: JSON.stringify(message) } })
    const completion = await client().complete({ model: 'claude-test', messages: [hi] }, { signal })
    expect(completion.choices[0]?.finish_reason).toBe(finish)
  })
})

describe('a stream of Anthropic', () => {
  it('may hold what we do not know, which says nothing', async () => {
    events(
      { type: 'ping' },
      start,
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'G' } },
      delta(0, { type: 'text_delta', text: 'rüße' }),
      delta(0, { type: 'citations_delta', citation: { type: 'char_location' } }),
      delta(0, { type: 'perfume_delta', smell: 'lavender' }),
      {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'server_tool_use', id: 'x', input: {} },
      },
      delta(1, { type: 'input_json_delta', partial_json: '{"a":1}' }),
      { type: 'content_block_stop', index: 1 },
      { type: 'weather_report' },
      ...end,
    )
    const chunks = await readStream()
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Grüße')
    expect(chunks.some(({ choices }) => choices[0]?.delta.tool_calls)).toBe(false)
    expect(chunks.at(-1)?.usage).toEqual({ prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 })
  })

  it('may begin a call with its arguments', async () => {
    const block = { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } }
    events(
      start,
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'content_block_stop', index: 0 },
      ...end,
    )
    const pieces = (await readStream()).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(pieces.map((piece) => piece.function?.arguments).join('')).toBe('{"x":1}')
  })

  it('has a blank line between two thoughts', async () => {
    const thought = (index: number, thinking: string) => [
      {
        type: 'content_block_start',
        index,
        content_block: { type: 'thinking', thinking: '', signature: '' },
      },
      delta(index, { type: 'thinking_delta', thinking }),
      delta(index, { type: 'signature_delta', signature: `s${index}` }),
      { type: 'content_block_stop', index },
    ]
    events(start, ...thought(0, 'One.'), ...thought(1, 'Two.'), ...end)
    const deltas = (await readStream()).map(
      ({ choices }) => choices[0]?.delta as Record<string, unknown> | undefined,
    )
    expect(deltas.map((one) => one?.reasoning_content ?? '').join('')).toBe('One.\n\nTwo.')
    expect(deltas.flatMap((one) => one?.reasoning_details ?? [])).toEqual([
      { type: 'reasoning.text', text: 'One.', signature: 's0', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.text', text: 'Two.', signature: 's1', format: 'anthropic-claude-v1', index: 1 },
    ])
  })

  it.each([
    ['overloaded_error', 'provider_error'],
    ['rate_limit_error', 'provider_rate_limited'],
    ['authentication_error', 'provider_auth_failed'],
    ['invalid_request_error', 'provider_rejected'],
    ['timeout_error', 'provider_timeout'],
    ['an_error_of_tomorrow', 'provider_error'],
  ])('that breaks with %s is %s', async (type, code) => {
    events(start, { type: 'error', error: { type, message: 'because' } })
    await expect(readStream()).rejects.toMatchObject({ code })
  })

  it('F07: is not over before it says so', async () => {
    events(start, ...end.slice(0, 1))
    await expect(readStream()).rejects.toMatchObject({ code: 'upstream_disconnect' })
  })
})

describe('Anthropic', () => {
  it('that wants to be paid is a failure of ours, not of the caller', async () => {
    const message = 'Your credit balance is too low to access the Anthropic API.'
    standIn.next({ refuse: { status: 400, message } }, { refuse: { status: 402, message } })
    for (const _status of [400, 402]) {
      const call = client().complete({ model: 'claude-test', messages: [hi] }, { signal })
      await expect(call).rejects.toMatchObject({
        code: 'provider_error',
        message: expect.not.stringContaining('credit'),
      })
    }
  })

  it('lists its models', async () => {
    const values = { ANTHROPIC_API_KEY: 'sk-ant-test-key', ANTHROPIC_BASE_URL: standIn.url }
    const found = await createModels({ values, transport, production: true }).list()
    expect(found).toMatchObject([
      {
        id: 'anthropic/claude-test',
        created: Date.UTC(2026, 1, 3, 4, 5, 6) / 1_000,
        contextLength: 1_000_000,
        inputModalities: ['text', 'image'],
      },
    ])
    expect(standIn.requests[0]).toMatchObject({ path: '/v1/models?limit=1000' })
  })

  it('is asked as we say, whatever the environment says', async () => {
    vi.stubEnv('ANTHROPIC_BASE_URL', 'http://127.0.0.1:9')
    vi.stubEnv('ANTHROPIC_AUTH_TOKEN', 'another')
    vi.stubEnv('ANTHROPIC_API_KEY', 'another')
    vi.stubEnv('ANTHROPIC_LOG', 'debug')
    vi.stubEnv(
      'ANTHROPIC_CUSTOM_HEADERS',
      'authorization: Bearer another\nx-other: another\nanthropic-version: 2023-01-01',
    )
    const written = vi.spyOn(console, 'warn').mockImplementation(() => {})
    await client().complete({ model: 'claude-sonnet-4-5', messages: [hi] }, { signal })
    expect(written).not.toHaveBeenCalled()
    written.mockRestore()
    const { headers } = standIn.requests[0] ?? {}
    expect(JSON.stringify(headers)).not.toContain('another')
    expect(headers).toMatchObject({
      'x-api-key': 'sk-ant-test-key',
      'anthropic-version': '2026-10-21',
    })
    expect(headers).not.toHaveProperty('authorization')
    expect(Object.keys(headers ?? {}).filter((name) => name.startsWith('x-'))).toEqual(['x-api-key'])
  })
})
