import { createTransport, type Transport } from '@gatehouse/outbound'
import { type RecordedRequest, type StandIn, startBedrock } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChatChunk, ChatRequest } from '../chat.js'
import { createModels } from '../models.js'
import type { ChatClient } from '../provider.js'

const signal = new AbortController().signal
const hi = { role: 'user' as const, content: 'Hi' }
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const clock = { type: 'function' as const, function: { name: 'clock' } }
const form = { type: 'json_schema' as const, json_schema: { name: 'place', schema } }
const png = 'iVBORw0KGgo='

let transport: Transport
let standIn: StandIn
beforeEach(async () => {
  transport = createTransport()
  standIn = await startBedrock()
})
afterEach(async () => {
  await transport.close()
  await standIn.close()
})

function clientOf(model: string): ChatClient {
  const values = {
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: standIn.url,
    AWS_BEARER_TOKEN_BEDROCK: 'ABSK-test',
  }
  const [candidate] = createModels({ values, transport, production: true }).resolve('bedrock', model)
  if (!candidate) throw new Error('no candidate')
  return candidate.client
}

/** What came back, what reached the provider, and what was left out. */
async function ask(model: string, fields: object) {
  const dropped: string[] = []
  const request = { model, messages: [hi], ...structuredClone(fields) } as ChatRequest
  const onDropped = (names: readonly string[]) => void dropped.push(...names)
  const { choices, usage } = await clientOf(model).complete(request, { signal, onDropped })
  return { choice: choices[0], usage, sent: bodyOf(standIn.requests.at(-1)), dropped }
}

const bodyOf = (request: RecordedRequest | undefined) => request?.json as Record<string, unknown>

async function chunksOf(model: string, fields: object): Promise<ChatChunk[]> {
  const chunks: ChatChunk[] = []
  const request = { model, messages: [hi], ...structuredClone(fields) } as ChatRequest
  for await (const chunk of await clientOf(model).stream(request, { signal })) chunks.push(chunk)
  return chunks
}

const fromUser = (...content: object[]) => ({ messages: [{ role: 'user', content }] })
const words = { type: 'text', text: 'See:' }
const fileOf = (filename: string | undefined, type = 'application/pdf') => ({
  type: 'file',
  file: { filename, file_data: `data:${type};base64,JVBERi0xLjQK` },
})

describe('Media on Bedrock', () => {
  it('goes as bytes', async () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${png}`, detail: 'low' } }
    const { sent, dropped } = await ask('amazon.nova-lite-v1:0', fromUser(words, image))
    expect(sent).toEqual({
      messages: [
        { role: 'user', content: [{ text: 'See:' }, { image: { format: 'png', source: { bytes: png } } }] },
      ],
    })
    expect(dropped).toEqual(['messages[].content[].image_url.detail'])
  })

  it.each([
    ['s3://a-bucket/of-the-account.png'],
    ['https://example.com/a.png'],
    ['data:image/tiff;base64,AAAA'],
  ])('is refused as %s: nobody reads with the role of the gateway what a caller names', async (url) => {
    const call = ask('amazon.nova-lite-v1:0', fromUser(words, { type: 'image_url', image_url: { url } }))
    await expect(call).rejects.toMatchObject({
      code: 'unsupported_by_provider',
      param: 'messages[0].content[1]',
    })
    expect(standIn.requests).toHaveLength(0)
  })

  it('has documents under names that Converse takes, each another one', async () => {
    const parts = ["Ann's résumé  #1.pdf", "Ann's résumé  #1.pdf", '분기.pdf', undefined, 'a.b.csv'].map(
      (name) => fileOf(name, name?.endsWith('.csv') ? 'text/csv' : undefined),
    )
    const { sent } = await ask('eu.anthropic.claude-sonnet-4-6', fromUser(words, ...parts))
    const [{ content }] = sent.messages as [{ content: { document?: { name: string; format: string } }[] }]
    expect(content.flatMap(({ document }) => document ?? [])).toMatchObject([
      { name: 'Ann-s r-sum- -1', format: 'pdf' },
      { name: 'Ann-s r-sum- -1 (2)' },
      { name: 'Document' },
      { name: 'Document (2)' },
      { name: 'a-b', format: 'csv' },
    ])
  })

  it('has sound where the model is no Claude', async () => {
    const sound = { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }
    const { sent } = await ask('amazon.nova-2-omni-v1:0', fromUser(words, sound))
    expect(sent).toMatchObject({
      messages: [
        { content: [{ text: 'See:' }, { audio: { format: 'wav', source: { bytes: 'UklGRg==' } } }] },
      ],
    })
  })

  it('comes from tools too', async () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }
    const { sent } = await ask('eu.anthropic.claude-sonnet-4-6', {
      messages: [
        hi,
        { role: 'assistant', tool_calls: [{ id: 'c1', function: { name: 'clock', arguments: '' } }] },
        { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: ' ' }, image] },
      ],
      tools: [clock],
    })
    const block = { toolResult: { content: [{ image: { format: 'png', source: { bytes: png } } }] } }
    expect(sent).toMatchObject({ messages: [{}, {}, { content: [block] }] })
  })
})

describe('The form of an answer', () => {
  const withTool = { toolSpec: { name: 'place', inputSchema: { json: schema } } }
  const call = [{ id: 'c1', name: 'place', arguments: { city: 'Zürich' } }]
  const text = '{"city":"Zürich"}'

  it.each([
    'eu.anthropic.claude-opus-4-8',
    'eu.anthropic.claude-haiku-4-5-20251001-v1:0',
    'amazon.nova-pro-v1:0',
    'arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3',
  ])('is a tool that has to be called, of %s', async (model) => {
    standIn.next({ calls: call })
    const { sent, choice, dropped } = await ask(model, { response_format: form })
    expect(sent).toMatchObject({
      toolConfig: { tools: [withTool], toolChoice: { tool: { name: 'place' } } },
    })
    expect(sent).not.toHaveProperty('outputConfig')
    expect(dropped).toEqual([])
    expect(choice).toMatchObject({ finish_reason: 'stop', message: { content: text } })
    expect(choice?.message).not.toHaveProperty('tool_calls')
  })

  it('comes in pieces of words', async () => {
    standIn.next({ calls: call })
    const chunks = await chunksOf('amazon.nova-pro-v1:0', { response_format: form })
    const deltas = chunks.map(({ choices }) => choices[0]?.delta)
    expect(deltas.filter((delta) => delta?.content).length).toBeGreaterThan(1)
    expect(deltas.map((delta) => delta?.content ?? '').join('')).toBe(text)
    expect(deltas.some((delta) => delta?.tool_calls)).toBe(false)
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason).filter(Boolean)).toEqual(['stop'])
  })

  it('does not stand in the way of other tools', async () => {
    standIn.next({ calls: [{ id: 'c1', name: 'clock', arguments: {} }] })
    const { sent, choice } = await ask('amazon.nova-pro-v1:0', { response_format: form, tools: [clock] })
    expect(sent.toolConfig).toMatchObject({
      tools: [{ toolSpec: { name: 'clock' } }, withTool],
      toolChoice: { any: {} },
    })
    expect(choice).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ id: 'c1', function: { name: 'clock', arguments: '{}' } }] },
    })
  })

  it('has another name than a tool of the caller', async () => {
    const place = { type: 'function', function: { name: 'place' } }
    const { sent } = await ask('amazon.nova-pro-v1:0', { response_format: form, tools: [place] })
    expect(sent.toolConfig).toMatchObject({ tools: [{}, { toolSpec: { name: 'place_' } }] })
  })

  it.each([
    ['of a model that cannot be made to call', 'us.anthropic.claude-opus-5-5', form],
    ['of a model that takes no choice', 'meta.llama3-3-70b-instruct-v1:0', form],
    [
      'that is no object',
      'amazon.nova-pro-v1:0',
      { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'array' } } },
    ],
  ])('is named as left out %s', async (_case, model, format) => {
    const { sent, dropped } = await ask(model, { response_format: format })
    expect(sent).not.toHaveProperty('toolConfig')
    expect(dropped).toEqual(['response_format'])
  })

  it('keeps a tool to its schema where the model can', async () => {
    const strict = { type: 'function', function: { name: 'place', strict: true, parameters: schema } }
    const { sent } = await ask('qwen.qwen3-32b-v1:0', { tools: [strict] })
    expect(sent.toolConfig).toEqual({ tools: [{ toolSpec: { ...withTool.toolSpec, strict: true } }] })
    const other = await ask('amazon.nova-pro-v1:0', { tools: [strict] })
    expect(other.sent.toolConfig).toEqual({ tools: [withTool] })
    expect(other.dropped).toEqual(['tools[].function.strict'])
  })
})

describe('A choice of tools', () => {
  const required = { tools: [clock], tool_choice: 'required' }
  const named = { tools: [clock], tool_choice: { type: 'function', function: { name: 'clock' } } }

  it.each([
    ['mistral.mistral-large-2407-v1:0', required, { any: {} }, []],
    ['mistral.mistral-large-2407-v1:0', named, { any: {} }, []],
    ['amazon.nova-micro-v1:0', named, { tool: { name: 'clock' } }, []],
    ['cohere.command-r-v1:0', required, undefined, ['tool_choice']],
    ['meta.llama3-3-70b-instruct-v1:0', { ...required, tool_choice: 'auto' }, undefined, []],
    ['us.anthropic.claude-sonnet-5-5', required, undefined, ['tool_choice']],
  ])('of %s', async (model, fields, choice, left) => {
    const { sent, dropped } = await ask(model, fields)
    expect((sent.toolConfig as { toolChoice?: object }).toolChoice).toEqual(choice)
    expect(dropped).toEqual(left)
  })

  it('cannot keep other models than Claude to one call', async () => {
    const { dropped } = await ask('amazon.nova-micro-v1:0', { tools: [clock], parallel_tool_calls: false })
    expect(dropped).toEqual(['parallel_tool_calls'])
  })

  it('comes back to Mistral with ids of nine letters', async () => {
    const calls = ['tooluse_aaaaaaaaaaaaa', 'tooluse_aaaaaaaaaaaab', 'abcDEF123']
    const { sent } = await ask('mistral.mistral-large-2407-v1:0', {
      messages: [
        hi,
        {
          role: 'assistant',
          tool_calls: calls.map((id) => ({ id, function: { name: 'clock', arguments: '{}' } })),
        },
        ...calls.map((id) => ({ role: 'tool', tool_call_id: id, content: 'noon' })),
      ],
      tools: [clock],
    })
    const blocks = (sent.messages as { content: { toolUse?: { toolUseId: string } }[] }[])[1]?.content ?? []
    const ids = blocks.map(({ toolUse }) => toolUse?.toolUseId)
    expect(new Set(ids).size).toBe(3)
    expect(ids[2]).toBe('abcDEF123')
  })
})

describe('Thinking on Bedrock', () => {
  it('has a budget below the limit, which has to be said', async () => {
    const { sent } = await ask('eu.anthropic.claude-sonnet-4-5-20250929-v1:0', { reasoning_effort: 'high' })
    expect(sent).toMatchObject({
      inferenceConfig: { maxTokens: 64_000 },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 16_384 } },
    })
  })

  it('makes room for the form of the answer', async () => {
    const { sent, dropped } = await ask('eu.anthropic.claude-haiku-4-5-20251001-v1:0', {
      reasoning_effort: 'low',
      response_format: form,
    })
    expect(sent).toMatchObject({ toolConfig: { toolChoice: { tool: { name: 'place' } } } })
    expect(sent).not.toHaveProperty('additionalModelRequestFields')
    expect(dropped).toEqual(['reasoning_effort'])
  })

  it.each([
    [
      'amazon.nova-2-lite-v1:0',
      'minimal',
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } },
    ],
    ['amazon.nova-2-lite-v1:0', 'max', { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }],
    ['amazon.nova-2-lite-v1:0', 'none', undefined],
    ['openai.gpt-oss-120b-1:0', 'xhigh', { reasoning_effort: 'high' }],
    ['qwen.qwen3-32b-v1:0', 'medium', { reasoning_config: 'high' }],
    ['amazon.nova-pro-v1:0', 'none', undefined],
  ])('of %s, %s', async (model, effort, fields) => {
    const { sent, dropped } = await ask(model, { reasoning_effort: effort })
    expect(sent.additionalModelRequestFields).toEqual(fields)
    expect(dropped).toEqual([])
  })

  it.each([
    ['amazon.nova-pro-v1:0', 'low'],
    ['openai.gpt-oss-120b-1:0', 'none'],
    ['us.anthropic.claude-opus-5-5', 'none'],
  ])('is named as left out of %s, %s', async (model, effort) => {
    const { sent, dropped } = await ask(model, { reasoning_effort: effort })
    expect(sent).not.toHaveProperty('additionalModelRequestFields')
    expect(dropped).toEqual(['reasoning_effort'])
  })

  it('keeps to a limit of the caller rather than to the highest effort', async () => {
    const { sent, dropped } = await ask('amazon.nova-2-lite-v1:0', {
      reasoning_effort: 'high',
      max_tokens: 99,
    })
    expect(sent).toMatchObject({
      inferenceConfig: { maxTokens: 99 },
      additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } },
    })
    expect(dropped).toEqual(['reasoning_effort'])
  })

  it('shows what nobody signed, and does not take it back', async () => {
    standIn.next({ thoughts: [{ text: 'Hm.' }], text: 'Fine.' })
    const { choice } = await ask('openai.gpt-oss-120b-1:0', {})
    expect(choice?.message).toMatchObject({ content: 'Fine.', reasoning_content: 'Hm.' })
    const { sent } = await ask('openai.gpt-oss-120b-1:0', { messages: [hi, choice?.message, hi] })
    expect(sent).toMatchObject({ messages: [{}, { content: [{ text: 'Fine.' }] }, {}] })
  })

  it('is kept from models that could not read it', async () => {
    standIn.next({ thoughts: [{ text: '', encrypted: 'aGlkZGVu' }], text: 'Fine.' })
    const { choice } = await ask('us.openai.gpt-6', {})
    const back = { messages: [hi, choice?.message, hi] }
    const hidden = { reasoningContent: { redactedContent: 'aGlkZGVu' } }
    const own = await ask('us.openai.gpt-6', back)
    expect(own.sent).toMatchObject({ messages: [{}, { content: [hidden, { text: 'Fine.' }] }, {}] })
    const other = await ask('eu.anthropic.claude-sonnet-4-6', back)
    expect(other.sent).toMatchObject({ messages: [{}, { content: [{ text: 'Fine.' }] }, {}] })
  })
})

describe('What else Bedrock is told', () => {
  const marked = { type: 'text', text: 'Long.', cache_control: { type: 'ephemeral', ttl: '1h' } }

  it('marks for the cache, as blocks behind what they mark', async () => {
    const { sent, dropped } = await ask('eu.anthropic.claude-sonnet-4-6', {
      ...fromUser(marked, words),
      tools: [{ ...clock, cache_control: { type: 'ephemeral' } }],
      cache_control: { type: 'ephemeral' },
    })
    const point = { cachePoint: { type: 'default' } }
    expect(sent).toMatchObject({
      messages: [
        {
          content: [
            { text: 'Long.' },
            { cachePoint: { type: 'default', ttl: '1h' } },
            { text: 'See:' },
            point,
          ],
        },
      ],
      toolConfig: { tools: [{ toolSpec: { name: 'clock' } }, point] },
    })
    expect(dropped).toEqual([])
  })

  it('a mark inside the answer of a tool, behind it, and once', async () => {
    const mark = { cache_control: { type: 'ephemeral' } }
    const call = { id: 'c1', function: { name: 'clock', arguments: '' } }
    const answer = { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'noon', ...mark }] }
    for (const more of [{}, mark]) {
      const messages = [hi, { role: 'assistant', tool_calls: [call] }, { ...answer, ...more }]
      const { sent } = await ask('eu.anthropic.claude-sonnet-4-6', { messages, tools: [clock] })
      const toolResult = { toolUseId: 'c1', content: [{ text: 'noon' }] }
      expect((sent.messages as object[])[2]).toEqual({
        role: 'user',
        content: [{ toolResult }, { cachePoint: { type: 'default' } }],
      })
    }
  })

  it.each([
    ['amazon.nova-lite-v1:0', { tools: [{ ...clock, cache_control: { type: 'ephemeral' } }] }],
    ['meta.llama3-3-70b-instruct-v1:0', fromUser(marked)],
  ])('no marks that %s refuses', async (model, fields) => {
    const { dropped } = await ask(model, fields)
    expect(dropped).toEqual(['cache_control'])
  })

  it.each([
    ['amazon.nova-lite-v1:0', { inferenceConfig: { topK: 40 } }, []],
    ['us.anthropic.claude-3-7-sonnet-20250219-v1:0', { top_k: 40 }, []],
    ['us.anthropic.claude-opus-4-8', undefined, ['top_k']],
    ['meta.llama3-3-70b-instruct-v1:0', undefined, ['top_k']],
  ])('top_k as %s has it', async (model, fields, left) => {
    const { sent, dropped } = await ask(model, { top_k: 40 })
    expect(sent.additionalModelRequestFields).toEqual(fields)
    expect(dropped).toEqual(left)
  })

  it('no sampling where the model refuses it', async () => {
    const sampling = { temperature: 0.5, top_p: 0.5, stop: 'END', max_tokens: 9 }
    const { sent, dropped } = await ask('us.openai.gpt-6', sampling)
    expect(sent.inferenceConfig).toEqual({ maxTokens: 9 })
    expect(dropped).toEqual(['stop', 'temperature', 'top_p'])
  })

  it('no metadata that the log of the account would refuse', async () => {
    const { sent, dropped } = await ask('amazon.nova-lite-v1:0', { metadata: { team: 'a', note: 'é' } })
    expect(sent).not.toHaveProperty('requestMetadata')
    expect(dropped).toEqual(['metadata'])
  })

  it('no words that are blank', async () => {
    const { sent } = await ask('amazon.nova-lite-v1:0', fromUser({ type: 'text', text: ' \n' }, words))
    expect(sent.messages).toEqual([{ role: 'user', content: [{ text: 'See:' }] }])
  })
})

describe('An answer of Bedrock', () => {
  const answerWith = (body: object) =>
    standIn.next({
      answer: { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    })
  const whole = (stopReason: string, ...content: object[]) => ({
    output: { message: { role: 'assistant', content } },
    stopReason,
    usage: {
      inputTokens: 5,
      outputTokens: 2,
      totalTokens: 7,
      cacheReadInputTokens: 3,
      cacheWriteInputTokens: 4,
    },
    metrics: { latencyMs: 1 },
  })

  it('counts the cache with the prompt', async () => {
    answerWith(whole('end_turn', { text: 'Fine.' }))
    expect((await ask('amazon.nova-lite-v1:0', {})).usage).toEqual({
      prompt_tokens: 12,
      completion_tokens: 2,
      total_tokens: 14,
      prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 4 },
    })
  })

  it('has the words that quote a document', async () => {
    answerWith(
      whole(
        'end_turn',
        { citationsContent: { content: [{ text: 'Quoted' }], citations: [] } },
        { text: '.' },
      ),
    )
    expect((await ask('amazon.nova-lite-v1:0', {})).choice?.message.content).toBe('Quoted.')
  })

  it.each([
    ['stop_sequence', 'stop'],
    ['model_context_window_exceeded', 'length'],
    ['content_filtered', 'content_filter'],
    ['guardrail_intervened', 'content_filter'],
    ['a_reason_of_tomorrow', 'stop'],
  ])('that ends by %s ends by %s', async (reason, ours) => {
    answerWith(whole(reason, { text: 'Fine.' }))
    expect((await ask('amazon.nova-lite-v1:0', {})).choice?.finish_reason).toBe(ours)
  })

  it.each(['malformed_tool_use', 'malformed_model_output'])(
    'that is broken by %s is none',
    async (reason) => {
      answerWith(whole(reason, { text: 'Fi' }))
      await expect(ask('amazon.nova-lite-v1:0', {})).rejects.toMatchObject({ code: 'provider_error' })
    },
  )
})
