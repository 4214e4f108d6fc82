import { AppError } from '@gatehouse/contracts'
import { describe, expect, it } from 'vitest'
import type { ChatRequest } from '../chat.js'
import type { Chat } from './conversation.js'
import { translate } from './dialect.js'

const dialect = { provider: 'Somebody', takes: new Set(['temperature', 'tools', 'tool_choice', 'seed']) }
const hi = { role: 'user', content: 'Hi' }
const signal = new AbortController().signal

async function read(fields: object, onDropped = (_names: readonly string[]) => {}): Promise<Chat> {
  const request = { model: 'm', messages: [hi], ...fields } as ChatRequest
  return translate(request, { signal, onDropped }, dialect, (chat) => chat)
}

const talk = (...messages: unknown[]) => ({ messages })
const say = (content: unknown) => talk({ role: 'user', content })
const call = (more: object) => ({
  role: 'assistant',
  tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' }, ...more }],
})
const tool = (more: object) => ({ type: 'function', function: { name: 'f', ...more } })

async function dropped(fields: object): Promise<readonly string[]> {
  let told: readonly string[] = []
  await read(fields, (names) => {
    told = names
  })
  return told
}

describe('a request that no provider could make sense of', () => {
  it.each<[string, object]>([
    ['messages', { messages: 'Hi' }],
    ['messages', talk()],
    ['messages', talk({ role: 'system', content: 'Be brief.' })],
    ['messages[0]', talk('Hi')],
    ['messages[1].role', talk(hi, { role: 'robot', content: 'Hi' })],
    ['messages[0].content', talk({ role: 'user' })],
    ['messages[0].content', say(7)],
    ['messages[0].content[1].type', say([{ type: 'text', text: 'a' }, { type: 'video' }])],
    ['messages[0].content[0].text', say([{ type: 'text' }])],
    ['messages[0].content[0].type', talk({ role: 'system', content: [image('https://a.example/b')] })],
    ['messages[0].content[0].cache_control', say([{ type: 'text', text: 'a', cache_control: 'yes' }])],
    ['messages[0].content[0].image_url', say([{ type: 'image_url' }])],
    ['messages[0].content[0].image_url.url', say([image('cat.png')])],
    ['messages[0].content[0].image_url.url', say([image('data:image/png,abc')])],
    ['messages[0].content[0].image_url.url', say([image('data:image/png;base64,ab c')])],
    ['messages[0].content[0].file.file_data', say([{ type: 'file', file: {} }])],
    ['messages[0].tool_calls[0].id', talk(call({ id: 7 }))],
    ['messages[0].tool_calls[0].function', talk(call({ function: null }))],
    [
      'messages[0].tool_calls[0].function.arguments',
      talk(call({ function: { name: 'f', arguments: '[1]' } })),
    ],
    [
      'messages[0].tool_calls[0].function.arguments',
      talk(call({ function: { name: 'f', arguments: '{"a' } })),
    ],
    ['messages[1].tool_call_id', talk(call({}), { role: 'tool', tool_call_id: 'b', content: '' })],
    ['tools[0].function.name', { tools: [{ type: 'function', function: {} }] }],
    ['tools[0].function.parameters', { tools: [tool({ parameters: [] })] }],
    ['tool_choice', { tools: [tool({})], tool_choice: 'perhaps' }],
    ['tool_choice', { tools: [tool({})], tool_choice: { type: 'function', function: { name: 'g' } } }],
    ['tool_choice', { tool_choice: 'required' }],
    ['temperature', { temperature: 'hot' }],
    ['stop[1]', { stop: ['a', 1] }],
    ['n', { n: '2' }],
    ['reasoning_effort', { reasoning_effort: 'some' }],
    ['response_format.type', { response_format: { type: 'xml' } }],
    ['response_format.json_schema.name', { response_format: { type: 'json_schema', json_schema: {} } }],
  ])('is refused at %s', async (param, fields) => {
    const error = await read(fields).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ code: 'invalid_request', param, message: expect.stringContaining(param) })
  })

  it.each<[string, object]>([
    ['n', { n: 2 }],
    ['audio', { audio: { voice: 'ash', format: 'wav' } }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['tools[0].type', { tools: [{ type: 'custom', custom: { name: 'f' } }] }],
    ['messages[0].tool_calls[0].type', talk(call({ type: 'custom' }))],
    ['messages[0].role', talk({ role: 'function', name: 'f', content: '' })],
    ['messages[0].function_call', talk({ role: 'assistant', function_call: { name: 'f', arguments: '' } })],
  ])('or asks for another kind of answer, is refused at %s', async (param, fields) => {
    await expect(read(fields)).rejects.toMatchObject({ code: 'unsupported_by_provider', param })
  })
})

describe('a conversation', () => {
  it('is read into turns that alternate, without its system messages', async () => {
    const { system, turns } = await read(
      talk(
        { role: 'system', content: 'Be brief.' },
        hi,
        { role: 'user', content: [{ type: 'text', text: 'there' }] },
        { role: 'assistant', content: 'Hello', refusal: null },
        { role: 'developer', content: 'And kind.' },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
        { role: 'user', content: 'Why?' },
      ),
    )
    expect(system.map(({ text }) => text)).toEqual(['Be brief.', 'And kind.'])
    expect(turns.map(({ role, parts }) => [role, parts.map((part) => 'text' in part && part.text)])).toEqual([
      ['user', ['Hi', 'there']],
      ['assistant', ['Hello', 'No.']],
      ['user', ['Why?']],
    ])
  })

  it('has no turn in which nothing was said', async () => {
    const { turns } = await read(
      talk(hi, { role: 'assistant', content: '' }, { role: 'user', content: 'Hello?' }),
    )
    expect(turns).toMatchObject([{ role: 'user', parts: [{ text: 'Hi' }, { text: 'Hello?' }] }])
  })

  it('keeps what a provider signed, in the form in which it goes out and in that of LiteLLM', async () => {
    const ours = [
      { type: 'reasoning.text', text: 'Hm.', signature: 's', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'd', format: 'anthropic-claude-v1', index: 1 },
      { type: 'reasoning.summary', summary: 'x' },
    ]
    const theirs = [
      { type: 'thinking', thinking: 'Hm.', signature: 's' },
      { type: 'redacted_thinking', data: 'd' },
    ]
    for (const fields of [{ reasoning_details: ours }, { thinking_blocks: theirs }]) {
      const { turns } = await read(
        talk({ role: 'assistant', content: 'So.', reasoning_content: 'Hm.', ...fields }),
      )
      expect(turns[0]?.parts).toMatchObject([
        { type: 'reasoning', text: 'Hm.', signature: 's', format: 'anthropic-claude-v1' },
        { type: 'reasoning', text: '', encrypted: 'd', format: 'anthropic-claude-v1' },
        { type: 'text', text: 'So.' },
      ])
    }
  })
})

describe('what is left out', () => {
  it('is told by name, sorted, once for each', async () => {
    const message = { ...hi, name: 'ann' }
    const fields = {
      messages: [message, message],
      tools: [{ ...tool({ more: 1 }), more: 1 }],
      user: 'ann',
      seed: 7,
      logprobs: true,
    }
    expect(await dropped(fields)).toEqual([
      'logprobs',
      'messages[].name',
      'tools[].function.more',
      'tools[].more',
      'user',
    ])
  })

  it('is not what asks for nothing', async () => {
    expect(await dropped({ user: null, n: 1, logprobs: false, stream: true, stream_options: {} })).toEqual([])
  })

  it('is what an answer said of itself only where it was made up', async () => {
    const answer = {
      role: 'assistant',
      content: 'Hello',
      annotations: [],
      reasoning_content: 'Hm.',
      mood: 'good',
    }
    expect(await dropped({ messages: [hi, answer] })).toEqual(['messages[].mood'])
  })

  it('T56: cannot end a header, nor fill it, whatever a field is called', async () => {
    const fields = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field_${index}`, 1]))
    const names = await dropped({ ...fields, 'a\r\nset-cookie: x': 1, ['y'.repeat(500)]: 1 })
    expect(names).toHaveLength(50)
    expect(await dropped({ 'a\r\nset-cookie: x': 1 })).toEqual(['a??set-cookie??x'])
    expect(await dropped({ ['y'.repeat(500)]: 1 })).toEqual(['y'.repeat(64)])
  })

  it('has no trouble with the names of what every object has', async () => {
    const fields = JSON.parse('{"constructor": 1, "toString": 1, "__proto__": 1, "hasOwnProperty": 1}')
    expect(await dropped(fields)).toEqual(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])
  })
})

function image(url: string) {
  return { type: 'image_url', image_url: { url } }
}
