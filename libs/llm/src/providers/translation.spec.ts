import { isDeepStrictEqual } from 'node:util'
import { AppError } from '@gatehouse/contracts'
import { createTransport, type Transport } from '@gatehouse/outbound'
import { type StandIn, type StandInCall, startAnthropic, startBedrock, startGemini } from '@gatehouse/testing'
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChatChunk, ChatCompletion, ChatRequest } from '../chat.js'
import { createModels } from '../models.js'
import type { CallOptions, ChatClient } from '../provider.js'
import { providers } from './index.js'

/** What a request becomes: the body, and the names of what is left out; or the place at which it is refused. */
type Outcome = { body: object; dropped?: string[] } | { refused: string }

/** What the suite needs to know of a provider that is translated. */
interface Subject {
  start: () => Promise<StandIn>
  /** Variables that turn it on, against a stand-in at this address. */
  values: (url: string) => Record<string, unknown>
  /** One that thinks. */
  model: string
  outcomes: Record<keyof typeof requests, Outcome>
  /** The thoughts and signatures of an answer, as they stand in the request that follows it. */
  returned: object
  /** What a provider says that refuses to answer; undefined where it has no words for it. */
  refusal: string | undefined
  /** It tells how many tokens went into thoughts. */
  countsThoughts: boolean
}

type Message = ChatRequest['messages'][number]

const hi: Message = { role: 'user', content: 'Hi' }
const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'Of a place.',
    parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
  },
}
const clock = { type: 'function' as const, function: { name: 'clock' } }
const tools = [weather, clock]
const png = 'iVBORw0KGgo='
const pdf = 'JVBERi0xLjQK'
const called = (id: string, name: string, text: string) => ({
  id,
  type: 'function' as const,
  function: { name, arguments: text },
})
const history: Message[] = [
  hi,
  {
    role: 'assistant',
    content: null,
    tool_calls: [called('call_1', 'weather', '{"place":"Zürich"}'), called('call:2', 'clock', '')],
  },
  { role: 'tool', tool_call_id: 'call_1', content: '21 °C' },
  { role: 'tool', tool_call_id: 'call:2', content: [{ type: 'text', text: 'noon' }] },
]
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}

/** In OpenAI's shape; the model is added. */
const requests = {
  tools: { messages: [hi], tools, tool_choice: 'required', parallel_tool_calls: false },
  'a tool by name': { messages: [hi], tools, tool_choice: { type: 'function', function: { name: 'clock' } } },
  'some of the tools': {
    messages: [hi],
    tools,
    tool_choice: {
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'clock' } }] },
    },
  },
  'no tool for now': { messages: [hi], tools: [clock], tool_choice: 'none' },
  'answers of tools': { messages: [...history, { role: 'user', content: 'Well?' }], tools: [clock] },
  'answers of tools that are gone': { messages: history },
  images: {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See:' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.jpg', detail: 'high' } },
        ],
      },
    ],
  },
  'a document': {
    messages: [
      {
        role: 'user',
        content: [
          {
            type: 'file',
            file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` },
          },
        ],
      },
    ],
  },
  "a file of OpenAI's": {
    messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }],
  },
  sound: {
    messages: [
      { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }] },
    ],
  },
  'a form of the answer': {
    messages: [hi],
    response_format: { type: 'json_schema', json_schema: { name: 'place', schema, strict: true } },
  },
  'JSON of any form': { messages: [hi], response_format: { type: 'json_object' } },
  thinking: { messages: [hi], reasoning_effort: 'low' },
  'no thinking': { messages: [hi], reasoning_effort: 'none' },
  'marks for the cache': {
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'Long.', cache_control: { type: 'ephemeral' } }] },
      hi,
    ],
  },
  'every other parameter': {
    messages: [{ ...hi, name: 'ann' }],
    seed: 7,
    top_k: 40,
    frequency_penalty: 0.5,
    presence_penalty: 0.25,
    logprobs: true,
    top_logprobs: 2,
    logit_bias: { 50256: -100 },
    service_tier: 'flex',
    user: 'ann',
    safety_identifier: 'a1b2',
    metadata: { team: 'a' },
    store: true,
    verbosity: 'low',
    prediction: { type: 'content', content: 'x' },
  },
  'what says nothing': {
    messages: [hi],
    n: 1,
    store: false,
    logprobs: false,
    frequency_penalty: 0,
    presence_penalty: 0,
    logit_bias: {},
    metadata: {},
    tools: [],
    stop: [],
    seed: null,
    response_format: { type: 'text' },
    modalities: ['text'],
    parallel_tool_calls: true,
  },
} as const satisfies Record<string, object>

const words = (text: string) => ({ type: 'text', text })

/** A body of Anthropic's, for a model whose answers may have 128000 tokens. */
const toAnthropic = (more: object) => ({
  model: 'claude-opus-4-8',
  max_tokens: 128_000,
  messages: [{ role: 'user', content: [words('Hi')] }],
  stream: false,
  ...more,
})
const anthropicTools = [
  {
    name: 'weather',
    description: 'Of a place.',
    input_schema: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
  },
  { name: 'clock', input_schema: { type: 'object' } },
]
const anthropicHistory = [
  { role: 'user', content: [words('Hi')] },
  {
    role: 'assistant',
    content: [
      { type: 'tool_use', id: 'call_1', name: 'weather', input: { place: 'Zürich' } },
      { type: 'tool_use', id: 'call_2', name: 'clock', input: {} },
    ],
  },
]
const anthropicResults = [
  { type: 'tool_result', tool_use_id: 'call_1', content: [words('21 °C')] },
  { type: 'tool_result', tool_use_id: 'call_2', content: [words('noon')] },
]

/** A body of Google's; the SDK always says how to generate. */
const toGemini = (more: object) => ({
  contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
  generationConfig: {},
  ...more,
})
const fromUser = (...parts: object[]) => toGemini({ contents: [{ role: 'user', parts }] })
const geminiTools = [
  {
    name: 'weather',
    description: 'Of a place.',
    parametersJsonSchema: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
  },
  { name: 'clock' },
]
const offered = (from: number) => [{ functionDeclarations: geminiTools.slice(from) }]
const calling = (config: object) => ({ toolConfig: { functionCallingConfig: config } })
const geminiCalls = {
  role: 'model',
  parts: [
    { functionCall: { id: 'call_1', name: 'weather', args: { place: 'Zürich' } } },
    { functionCall: { id: 'call:2', name: 'clock', args: {} } },
  ],
}
const geminiResults = [
  { functionResponse: { id: 'call_1', name: 'weather', response: { output: '21 °C' } } },
  { functionResponse: { id: 'call:2', name: 'clock', response: { output: 'noon' } } },
]

/** A body of Converse's, where bytes are base64. */
const toConverse = (more: object) => ({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }], ...more })
const toSpec = (spec: object) => ({ toolSpec: spec })
const converseTools = [
  toSpec({
    name: 'weather',
    description: 'Of a place.',
    inputSchema: {
      json: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
    },
  }),
  toSpec({ name: 'clock', inputSchema: { json: { type: 'object' } } }),
]
/** For an id that Converse would not take. */
const otherId = expect.stringMatching(/^call_[0-9a-f]{32}$/)
const converseCalls = [
  { role: 'user', content: [{ text: 'Hi' }] },
  {
    role: 'assistant',
    content: [
      { toolUse: { toolUseId: 'call_1', name: 'weather', input: { place: 'Zürich' } } },
      { toolUse: { toolUseId: otherId, name: 'clock', input: {} } },
    ],
  },
]
const converseResults = [
  { toolResult: { toolUseId: 'call_1', content: [{ text: '21 °C' }] } },
  { toolResult: { toolUseId: otherId, content: [{ text: 'noon' }] } },
]
/** A text that is JSON of this value, in any order. */
const jsonOf = (value: object) =>
  expect.toSatisfy((text: string) => isDeepStrictEqual(JSON.parse(text), value))

const subjects = new Map<string, Subject>([
  [
    'anthropic',
    {
      start: startAnthropic,
      values: (url) => ({ ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: url }),
      model: 'claude-opus-4-8',
      outcomes: {
        tools: {
          body: toAnthropic({
            tools: anthropicTools,
            tool_choice: { type: 'any', disable_parallel_tool_use: true },
          }),
        },
        'a tool by name': {
          body: toAnthropic({ tools: anthropicTools, tool_choice: { type: 'tool', name: 'clock' } }),
        },
        'some of the tools': {
          body: toAnthropic({ tools: anthropicTools.slice(1), tool_choice: { type: 'auto' } }),
        },
        'no tool for now': {
          body: toAnthropic({ tools: anthropicTools.slice(1), tool_choice: { type: 'none' } }),
        },
        'answers of tools': {
          body: toAnthropic({
            messages: [...anthropicHistory, { role: 'user', content: [...anthropicResults, words('Well?')] }],
            tools: anthropicTools.slice(1),
          }),
        },
        'answers of tools that are gone': {
          body: toAnthropic({
            messages: [...anthropicHistory, { role: 'user', content: anthropicResults }],
            tools: ['weather', 'clock'].map((name) => ({ name, input_schema: { type: 'object' } })),
            tool_choice: { type: 'none' },
          }),
        },
        images: {
          body: toAnthropic({
            messages: [
              {
                role: 'user',
                content: [
                  words('See:'),
                  { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
                  { type: 'image', source: { type: 'url', url: 'https://example.com/a.jpg' } },
                ],
              },
            ],
          }),
          dropped: ['messages[].content[].image_url.detail'],
        },
        'a document': {
          body: toAnthropic({
            messages: [
              {
                role: 'user',
                content: [
                  {
                    type: 'document',
                    title: 'a.pdf',
                    source: { type: 'base64', media_type: 'application/pdf', data: pdf },
                  },
                ],
              },
            ],
          }),
        },
        "a file of OpenAI's": { refused: 'messages[0].content[0]' },
        sound: { refused: 'messages[0].content[0]' },
        'a form of the answer': {
          body: toAnthropic({ output_config: { format: { type: 'json_schema', schema } } }),
        },
        'JSON of any form': { body: toAnthropic({}), dropped: ['response_format'] },
        thinking: {
          body: toAnthropic({
            thinking: { type: 'adaptive', display: 'summarized' },
            output_config: { effort: 'low' },
          }),
        },
        'no thinking': { body: toAnthropic({}) },
        'marks for the cache': {
          body: toAnthropic({ system: [{ ...words('Long.'), cache_control: { type: 'ephemeral' } }] }),
        },
        'every other parameter': {
          body: toAnthropic({ metadata: { user_id: 'a1b2' } }),
          dropped: [
            'frequency_penalty',
            'logit_bias',
            'logprobs',
            'messages[].name',
            'metadata',
            'prediction',
            'presence_penalty',
            'seed',
            'service_tier',
            'store',
            'top_k',
            'top_logprobs',
            'user',
            'verbosity',
          ],
        },
        'what says nothing': { body: toAnthropic({}) },
      },
      returned: {
        messages: [
          {},
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'Hm, a place.', signature: 'c2lnbmVk' },
              { type: 'redacted_thinking', data: 'aGlkZGVu' },
              words('I shall look.'),
              { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { place: 'Zürich' } },
              { type: 'tool_use', id: 'toolu_2', name: 'clock', input: {} },
            ],
          },
          {},
        ],
      },
      refusal: 'This request is against the policy of the stand-in.',
      countsThoughts: true,
    },
  ],
  [
    'google',
    {
      start: startGemini,
      values: (url) => ({ GEMINI_API_KEY: 'AIza-test', GOOGLE_GEMINI_BASE_URL: url }),
      model: 'gemini-3-flash',
      outcomes: {
        tools: {
          body: toGemini({ tools: offered(0), ...calling({ mode: 'ANY' }) }),
          dropped: ['parallel_tool_calls'],
        },
        'a tool by name': {
          body: toGemini({ tools: offered(0), ...calling({ mode: 'ANY', allowedFunctionNames: ['clock'] }) }),
        },
        'some of the tools': { body: toGemini({ tools: offered(1) }) },
        'no tool for now': { body: toGemini({ tools: offered(1), ...calling({ mode: 'NONE' }) }) },
        // The user has spoken since, so no signature is asked for.
        'answers of tools': {
          body: toGemini({
            contents: [
              { role: 'user', parts: [{ text: 'Hi' }] },
              geminiCalls,
              { role: 'user', parts: [...geminiResults, { text: 'Well?' }] },
            ],
            tools: offered(1),
          }),
        },
        // The client has lost the signature: the first call says so.
        'answers of tools that are gone': {
          body: toGemini({
            contents: [
              { role: 'user', parts: [{ text: 'Hi' }] },
              {
                role: 'model',
                parts: [
                  { ...geminiCalls.parts[0], thoughtSignature: 'skip_thought_signature_validator' },
                  geminiCalls.parts[1],
                ],
              },
              { role: 'user', parts: geminiResults },
            ],
          }),
        },
        images: {
          body: fromUser(
            { text: 'See:' },
            { inlineData: { mimeType: 'image/png', data: png } },
            { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.com/a.jpg' } },
          ),
          dropped: ['messages[].content[].image_url.detail'],
        },
        'a document': { body: fromUser({ inlineData: { mimeType: 'application/pdf', data: pdf } }) },
        "a file of OpenAI's": { refused: 'messages[0].content[0]' },
        sound: { body: fromUser({ inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } }) },
        'a form of the answer': {
          body: toGemini({
            generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema },
          }),
        },
        'JSON of any form': {
          body: toGemini({ generationConfig: { responseMimeType: 'application/json' } }),
        },
        thinking: {
          body: toGemini({
            generationConfig: { thinkingConfig: { includeThoughts: true, thinkingLevel: 'LOW' } },
          }),
        },
        'no thinking': { body: toGemini({}), dropped: ['reasoning_effort'] },
        'marks for the cache': {
          body: toGemini({ systemInstruction: { parts: [{ text: 'Long.' }] } }),
          dropped: ['cache_control'],
        },
        'every other parameter': {
          body: toGemini({
            generationConfig: { seed: 7, topK: 40, frequencyPenalty: 0.5, presencePenalty: 0.25 },
          }),
          dropped: [
            'logit_bias',
            'logprobs',
            'messages[].name',
            'metadata',
            'prediction',
            'safety_identifier',
            'service_tier',
            'store',
            'top_logprobs',
            'user',
            'verbosity',
          ],
        },
        'what says nothing': {
          body: toGemini({ generationConfig: { frequencyPenalty: 0, presencePenalty: 0 } }),
        },
      },
      returned: {
        contents: [
          {},
          {
            role: 'model',
            parts: [
              { text: 'I shall look.' },
              {
                functionCall: { id: 'toolu_1', name: 'weather', args: { place: 'Zürich' } },
                thoughtSignature: 'c2lnbmVk',
              },
              { functionCall: { id: 'toolu_2', name: 'clock', args: {} } },
            ],
          },
          {},
        ],
      },
      refusal: undefined,
      countsThoughts: true,
    },
  ],
  [
    'bedrock',
    {
      start: startBedrock,
      values: (url) => ({
        AWS_REGION: 'eu-central-1',
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
        AWS_BEARER_TOKEN_BEDROCK: 'ABSK-test',
      }),
      model: 'eu.anthropic.claude-sonnet-4-6',
      outcomes: {
        // Converse has no field for it, and Claude's own choice goes with no other.
        tools: {
          body: toConverse({
            toolConfig: { tools: converseTools },
            additionalModelRequestFields: { tool_choice: { type: 'any', disable_parallel_tool_use: true } },
          }),
        },
        'a tool by name': {
          body: toConverse({ toolConfig: { tools: converseTools, toolChoice: { tool: { name: 'clock' } } } }),
        },
        'some of the tools': { body: toConverse({ toolConfig: { tools: converseTools.slice(1) } }) },
        'no tool for now': { body: toConverse({}) },
        'answers of tools': {
          body: toConverse({
            messages: [...converseCalls, { role: 'user', content: [...converseResults, { text: 'Well?' }] }],
            toolConfig: { tools: converseTools.slice(1) },
          }),
        },
        // Calls without tools are refused, and there is no word for tools that are not to be called.
        'answers of tools that are gone': {
          body: toConverse({
            messages: [
              { role: 'user', content: [{ text: 'Hi' }] },
              {
                role: 'assistant',
                content: [
                  { text: '[Called weather with {"place":"Zürich"}]' },
                  { text: '[Called clock with {}]' },
                ],
              },
              {
                role: 'user',
                content: [{ text: '[weather answered: 21 °C]' }, { text: '[clock answered: noon]' }],
              },
            ],
          }),
        },
        // Of these, the one with an address.
        images: { refused: 'messages[0].content[2]' },
        'a document': {
          body: toConverse({
            messages: [
              {
                role: 'user',
                content: [{ text: 'a' }, { document: { format: 'pdf', name: 'a', source: { bytes: pdf } } }],
              },
            ],
          }),
        },
        "a file of OpenAI's": { refused: 'messages[0].content[0]' },
        sound: { refused: 'messages[0].content[0]' },
        'a form of the answer': {
          body: toConverse({
            outputConfig: {
              textFormat: {
                type: 'json_schema',
                structure: { jsonSchema: { name: 'place', schema: jsonOf(schema) } },
              },
            },
          }),
        },
        'JSON of any form': { body: toConverse({}), dropped: ['response_format'] },
        thinking: {
          body: toConverse({
            additionalModelRequestFields: { thinking: { type: 'adaptive', display: 'summarized' } },
            outputConfig: { effort: 'low' },
          }),
        },
        'no thinking': { body: toConverse({}) },
        'marks for the cache': {
          body: toConverse({ system: [{ text: 'Long.' }, { cachePoint: { type: 'default' } }] }),
        },
        'every other parameter': {
          body: toConverse({
            additionalModelRequestFields: { top_k: 40 },
            requestMetadata: { team: 'a' },
            serviceTier: { type: 'flex' },
          }),
          dropped: [
            'frequency_penalty',
            'logit_bias',
            'logprobs',
            'messages[].name',
            'prediction',
            'presence_penalty',
            'safety_identifier',
            'seed',
            'store',
            'top_logprobs',
            'user',
            'verbosity',
          ],
        },
        'what says nothing': { body: toConverse({}) },
      },
      returned: {
        messages: [
          {},
          {
            role: 'assistant',
            content: [
              { reasoningContent: { reasoningText: { text: 'Hm, a place.', signature: 'c2lnbmVk' } } },
              { reasoningContent: { redactedContent: 'aGlkZGVu' } },
              { text: 'I shall look.' },
              { toolUse: { toolUseId: 'toolu_1', name: 'weather', input: { place: 'Zürich' } } },
              { toolUse: { toolUseId: 'toolu_2', name: 'clock', input: {} } },
            ],
          },
          {},
        ],
      },
      refusal: undefined,
      countsThoughts: false,
    },
  ],
])

/** Two tools at once, one of them without arguments. */
const calls: StandInCall[] = [
  { id: 'toolu_1', name: 'weather', arguments: { place: 'Zürich' }, signature: 'c2lnbmVk' },
  { id: 'toolu_2', name: 'clock', arguments: {} },
]
const thoughts = [
  { text: 'Hm, a place.', signature: 'c2lnbmVk' },
  { text: '', encrypted: 'aGlkZGVu' },
]
const never = () => new AbortController().signal

it('every provider that does not speak as OpenAI does is in this suite', () => {
  const names = providers.flatMap(({ variables }) => Object.keys(variables))
  const values = Object.fromEntries(names.map((name) => [name, 'https://localhost']))
  const translated = providers.filter((provider) =>
    provider.configure(values, { production: true }).connections.some(({ relay }) => !relay),
  )
  expect([...subjects.keys()].sort()).toEqual(translated.map(({ id }) => id).sort())
})

describe.each([...subjects])('%s', (id, subject) => {
  let standIn: StandIn
  let transport: Transport
  let client: ChatClient

  beforeEach(async () => {
    standIn = await subject.start()
    transport = createTransport()
    const values = subject.values(standIn.url)
    const [candidate] = createModels({ values, transport, production: true }).resolve(id, subject.model)
    if (!candidate) throw new Error('no candidate')
    client = candidate.client
  })
  afterEach(async () => {
    await transport.close()
    await standIn.close()
  })

  const toRequest = (fields: object) => ({ model: subject.model, ...structuredClone(fields) }) as ChatRequest
  const ask = (fields: object, options: Partial<CallOptions> = {}) =>
    client.complete(toRequest(fields), { signal: never(), ...options })
  const askStreamed = async (fields: object) =>
    assemble(await client.stream(toRequest(fields), { signal: never() }))
  const both: [string, (fields: object) => Promise<ChatCompletion>][] = [
    ['whole', ask],
    ['streamed', askStreamed],
  ]

  it.each(Object.keys(requests) as (keyof typeof requests)[])('is sent %s', async (name) => {
    const outcome = subject.outcomes[name]
    const told: (readonly string[])[] = []
    const call = ask(requests[name], { onDropped: (names) => void told.push(names) })
    if ('refused' in outcome) {
      await expect(call).rejects.toMatchObject({ code: 'unsupported_by_provider', param: outcome.refused })
      expect(standIn.requests).toHaveLength(0)
      return
    }
    await call
    expect(standIn.requests[0]?.json).toEqual(outcome.body)
    expect(told).toEqual(outcome.dropped ? [outcome.dropped] : [])
  })

  it('is not asked where leaving something out is refused', async () => {
    const refusal = new AppError('unsupported_by_provider')
    const onDropped = () => {
      throw refusal
    }
    const fields = { messages: [hi], user: 'ann' }
    await expect(ask(fields, { onDropped })).rejects.toBe(refusal)
    const streamed = client.stream(toRequest(fields), { signal: never(), onDropped })
    await expect(streamed).rejects.toBe(refusal)
    expect(standIn.requests).toHaveLength(0)
  })

  describe.each(both)('%s', (_kind, call) => {
    it.each([100_000, 1])('F10: calls two tools, however its bytes are cut: %i', async (sliceBytes) => {
      standIn.next({ text: 'I shall look.', calls, sliceBytes })
      const { choices } = await call(requests.tools)
      expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'I shall look.' } })
      expect(choices[0]?.message.tool_calls).toMatchObject([
        { id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '{"place":"Zürich"}' } },
        { id: 'toolu_2', type: 'function', function: { name: 'clock', arguments: '{}' } },
      ])
    })

    it('has no words where it only calls', async () => {
      standIn.next({ calls })
      expect((await call(requests.tools)).choices[0]?.message.content || null).toBeNull()
    })

    it('says what it thinks apart from what it says', async () => {
      standIn.next({ thoughts, text: 'Fine.' })
      const { choices, usage } = await call(requests.thinking)
      expect(choices[0]?.message).toMatchObject({ content: 'Fine.' })
      expect(usage?.completion_tokens_details?.reasoning_tokens).toBe(subject.countsThoughts ? 3 : undefined)
    })

    it('gets its thoughts and signatures back with its message as it was', async () => {
      standIn.next({ thoughts, text: 'I shall look.', calls })
      const { choices } = await call({ ...requests.tools, reasoning_effort: 'low', tool_choice: 'auto' })
      const answers = calls.map((one) => ({ role: 'tool', tool_call_id: one.id, content: '?' }))
      await ask({ messages: [hi, choices[0]?.message, ...answers], tools })
      expect(standIn.requests[1]?.json).toMatchObject(subject.returned)
    })

    it('refuses to answer', async () => {
      standIn.next({ finish: 'content_filter', text: 'Well,' })
      const { choices } = await call({ messages: [hi] })
      expect(choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { content: 'Well,' } })
      expect(choices[0]?.message.refusal ?? undefined).toBe(subject.refusal)
    })
  })

  it('tells what it thought beside its words', async () => {
    standIn.next({ thoughts, text: 'Fine.' })
    const { choices } = await ask(requests.thinking)
    expect(choices[0]?.message).toMatchObject({ content: 'Fine.', reasoning_content: 'Hm, a place.' })
  })

  it('thinks aloud, piece by piece', async () => {
    standIn.next({ thoughts, text: 'Fine.' })
    const pieces: unknown[] = []
    for await (const chunk of await client.stream(toRequest(requests.thinking), { signal: never() })) {
      const delta: object = chunk.choices[0]?.delta ?? {}
      if ('reasoning_content' in delta) pieces.push(delta.reasoning_content)
    }
    expect(pieces.length).toBeGreaterThan(0)
    expect(pieces.join('')).toBe('Hm, a place.')
  })
})

/** The chunks as the official client puts them together. */
async function assemble(chunks: AsyncIterable<ChatChunk>): Promise<ChatCompletion> {
  const lines = (async function* () {
    for await (const chunk of chunks) yield new TextEncoder().encode(`${JSON.stringify(chunk)}\n`)
  })()
  const stream = ChatCompletionStream.fromReadableStream(ReadableStream.from(lines))
  return stream.finalChatCompletion()
}
