import { createTransport, type Transport } from '@gatehouse/outbound'
import { type OpenAiVendor, openAiVendors, type StandIn } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createModels } from '../models.js'
import { adaptBody, DoneMark } from './openai-quirks.js'

const signal = new AbortController().signal

describe('a body on its way to a vendor with quirks', () => {
  const quirks = { fields: { stream_options: null, seed: 'random_seed' }, noDeveloper: true }
  const adapted = (body: object) =>
    JSON.parse(adaptBody(Buffer.from(JSON.stringify(body)), quirks).toString())

  it('is the same bytes where none of them concerns it', () => {
    const bytes = Buffer.from('{ "model": "m",\n "messages": [] }')
    expect(adaptBody(bytes, quirks)).toBe(bytes)
    const broken = Buffer.from('{"seed": ')
    expect(adaptBody(broken, quirks)).toBe(broken)
  })

  it('says fields by the names of the vendor, and leaves out what it does unasked', () => {
    expect(adapted({ model: 'm', seed: 7, stream: true, stream_options: { include_usage: true } })).toEqual({
      model: 'm',
      random_seed: 7,
      stream: true,
    })
    expect(adapted({ seed: null, random_seed: 3 })).toEqual({ random_seed: 3 })
  })

  it('gives the messages of a developer to the system, and words of that name to nobody', () => {
    const messages = [
      { role: 'developer', content: 'a' },
      { role: 'user', content: 'developer' },
    ]
    expect(adapted({ messages })).toEqual({ messages: [{ role: 'system', content: 'a' }, messages[1]] })
    expect(adapted({ messages: 'developer', user: 'developer' })).toEqual({
      messages: 'developer',
      user: 'developer',
    })
  })
})

describe('the end of a stream that no mark ends', () => {
  const finish = 'data: {"choices":[{"delta":{},"finish_reason": "stop"}]}\r\n\r\n'
  const markOf = (...pieces: string[]) => {
    const mark = new DoneMark()
    for (const piece of pieces) mark.push(Buffer.from(piece))
    return mark.missing()?.toString()
  }

  it('is whole behind a finish reason alone, wherever the bytes were cut', () => {
    expect(markOf(finish)).toContain('data: [DONE]')
    expect(markOf(...finish)).toContain('data: [DONE]')
    expect(markOf('data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}]}\n\n')).toBeUndefined()
    expect(markOf()).toBeUndefined()
  })

  it('gets no second mark', () => {
    expect(markOf(finish, 'data: [DONE]\n\n')).toBeUndefined()
    expect(markOf(...`${finish}data: [DONE]\n\n`)).toBeUndefined()
  })

  it('is not taken for one by words that look like it', () => {
    expect(
      markOf('data: {"choices":[{"delta":{"content":"data: [DONE]"},"finish_reason":"stop"}]}\n\n'),
    ).toContain('[DONE]')
  })
})

describe('a vendor', () => {
  let transport: Transport
  let standIn: StandIn
  beforeEach(() => {
    transport = createTransport()
  })
  afterEach(async () => {
    await transport.close()
    await standIn.close()
  })

  const begin = async (id: string, values?: (url: string) => Record<string, unknown>) => {
    const vendor = openAiVendors.find((one) => one.id === id) as OpenAiVendor
    standIn = await vendor.start()
    const [candidate] = createModels({
      values: (values ?? vendor.values)(standIn.url),
      transport,
      production: true,
    }).resolve(id, 'm')
    if (!candidate?.relay) throw new Error('no candidate')
    const { client, relay } = candidate
    const relayed = (body: object) =>
      new Promise((resolve, reject) =>
        relay.send(
          { path: '/chat/completions', model: 'm', body: Buffer.from(JSON.stringify(body)), signal },
          { onHead: () => {}, onData: () => true, onEnd: () => resolve(undefined), onError: reject },
        ),
      )
    return { client, relayed }
  }
  const messages = [{ role: 'user' as const, content: 'Hi' }]

  it.each(['mistral', 'deepseek', 'together', 'perplexity', 'cohere', 'nvidia', 'moonshot', 'ollama'])(
    '%s is told the limit under the one name it knows, asked by us and relayed',
    async (id) => {
      const { client, relayed } = await begin(id)
      const body = { model: 'm', messages, max_completion_tokens: 5 }
      await client.complete(body, { signal })
      await relayed(body)
      for (const { json } of standIn.requests) {
        expect(json).toMatchObject({ max_tokens: 5 })
        expect(json).not.toHaveProperty('max_completion_tokens')
      }
      expect(standIn.requests).toHaveLength(2)
    },
  )

  it('mistral is told the seed under its own name', async () => {
    const { client, relayed } = await begin('mistral')
    await client.complete({ model: 'm', messages, seed: 7 }, { signal })
    await relayed({ model: 'm', messages, seed: 7 })
    for (const { json } of standIn.requests) expect(json).toMatchObject({ random_seed: 7 })
  })

  it.each([
    ['a sentence', { object: 'error', message: 'No such model' }, 'No such model'],
    [
      'what its checker found',
      { detail: [{ loc: ['body', 'n'], msg: 'Extra inputs are not permitted' }] },
      'body.n: Extra inputs are not permitted',
    ],
  ])('mistral is quoted by %s', async (_what, body, quote) => {
    const { client, relayed } = await begin('mistral')
    for (const call of [() => client.complete({ model: 'm', messages }, { signal }), () => relayed({})]) {
      standIn.next({ answer: { status: 422, body: JSON.stringify(body) } })
      await expect(call()).rejects.toMatchObject({ message: expect.stringContaining(quote) })
    }
  })

  it.each(['ollama', 'custom'])('%s is asked without a key where none is set', async (id) => {
    const prefix = id === 'ollama' ? 'OLLAMA' : 'OPENAI_COMPATIBLE'
    const { client, relayed } = await begin(id, (url) => ({ [`${prefix}_BASE_URL`]: `${url}/v1` }))
    await client.complete({ model: 'm', messages }, { signal })
    await relayed({ model: 'm', messages })
    expect(standIn.requests).toHaveLength(2)
    for (const { headers } of standIn.requests) expect(headers).not.toHaveProperty('authorization')
  })

  it('ollama is found by an address with and without its path', async () => {
    const { client } = await begin('ollama', (url) => ({ OLLAMA_BASE_URL: url }))
    await client.complete({ model: 'm', messages }, { signal })
    expect(standIn.requests[0]?.path).toBe('/v1/chat/completions')
  })

  it('T53: no key of the environment reaches a server that has none', async () => {
    const before = process.env.OPENAI_API_KEY
    process.env.OPENAI_API_KEY = 'sk-of-the-environment'
    try {
      const { client } = await begin('custom', (url) => ({ OPENAI_COMPATIBLE_BASE_URL: url }))
      await client.complete({ model: 'm', messages }, { signal })
      expect(JSON.stringify(standIn.requests[0]?.headers)).not.toContain('of-the-environment')
    } finally {
      if (before === undefined) delete process.env.OPENAI_API_KEY
      else process.env.OPENAI_API_KEY = before
    }
  })
})
