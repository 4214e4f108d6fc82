import { connect } from 'node:net'
import { type StandIn, startGemini, startOpenAi } from '@gatehouse/testing'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InnerGateway, type People, type Person, startGateway, startPeople, until } from './harness.js'

const providerKey = 'sk-up-0123456789abcdefghijklmnop'

describe('POST /v1/chat/completions, by the official client', () => {
  let people: People
  let openai: StandIn
  let gemini: StandIn
  let gateway: InnerGateway
  let ada: Person
  let client: OpenAI

  beforeAll(async () => {
    people = await startPeople()
    openai = await startOpenAi()
    gemini = await startGemini()
    gateway = await startGateway({
      ...people.environment,
      OPENAI_API_KEY: providerKey,
      OPENAI_BASE_URL: `${openai.url}/v1`,
      GOOGLE_API_KEY: 'AIzaSyGatehouseStandIn0123456789',
      GOOGLE_GEMINI_BASE_URL: gemini.url,
    })
    ada = await people.register(gateway, 'ada@example.com')
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: ada.token })
  })
  afterAll(async () => {
    await gateway.close()
    await Promise.all([people, openai, gemini].map((part) => part.close()))
  })

  const messages = [{ role: 'user' as const, content: 'Hi' }]
  const sent = () => openai.requests.at(-1)
  const latest = async () => {
    await gateway.gateway.calls.flush()
    const { json } = await gateway.ask<{ data: Record<string, unknown>[] }>('/api/v1/history?limit=1', {
      token: ada.token,
    })
    return json.data[0]
  }

  it('passes the answer on as it came, with its cost beside it, and writes the call down', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'openai/gpt-4o-mini', messages })
      .withResponse()
    expect(data.choices[0]?.message.content).toContain('Hello, world! Grüße')
    expect(data.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 9 })
    expect(response.headers.get('x-gatehouse-provider')).toBe('openai')
    expect(Number(response.headers.get('x-gatehouse-cost-usd'))).toBeGreaterThan(0)
    expect(await latest()).toMatchObject({
      endpoint: '/v1/chat/completions',
      status: 'success',
      model: 'gpt-4o-mini',
      finish_reason: 'stop',
      usage: { input_tokens: 12, output_tokens: 9, cached_tokens: 4, reasoning_tokens: 3, estimated: false },
    })
  })

  it('changes the name of the model in the request and nothing else, byte for byte', async () => {
    const body = `{ "messages" : [{"role":"user","content":"\\u00fc \\"model\\": 1"}],\n "seed": 1e2, "model":"openai/gpt-4o-mini" , "unknown_field": {"a":[1.0]} }`
    const answer = await gateway.ask('/v1/chat/completions', {
      token: ada.token,
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(answer.status).toBe(200)
    expect(sent()?.text).toBe(body.replace('openai/gpt-4o-mini', 'gpt-4o-mini'))
  })

  it('T53: sends the provider our credential and none of the caller’s headers', async () => {
    await client.chat.completions.create(
      { model: 'openai/gpt-4o-mini', messages },
      { headers: { cookie: 'a=1', 'x-goog-api-key': 'k', traceparent: '00-x' } },
    )
    expect(sent()?.headers.authorization).toBe(`Bearer ${providerKey}`)
    expect(JSON.stringify(sent()?.headers)).not.toContain(ada.token)
    for (const name of ['cookie', 'x-goog-api-key', 'traceparent', 'x-stainless-lang'])
      expect(sent()?.headers).not.toHaveProperty(name)
  })

  it('frames a stream as HTTP/1.1 has it, so that its connection serves on, and leaves HTTP/1.0 unframed', async () => {
    const body = JSON.stringify({ model: 'openai/gpt-4o-mini', stream: true, messages })
    const request = (version: string, more: string) =>
      `POST /v1/chat/completions HTTP/${version}\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`
    const exchange = async (text: string) => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => socket.write(text))
      const parts: Buffer[] = []
      for await (const part of socket) parts.push(part as Buffer)
      return Buffer.concat(parts).toString('latin1')
    }
    const events = (streamed: string) =>
      streamed.split('\n\n').filter((event) => event.startsWith('data: ')).length
    const two = await exchange(request('1.1', '') + request('1.1', 'Connection: close\r\n'))
    const answers = two.split(/(?=HTTP\/1\.1 200 OK\r\n)/)
    expect(answers).toHaveLength(2)
    for (const answer of answers) {
      const [head = '', framed = ''] = answer.split(/\r\n\r\n(.*)/s)
      expect(head.toLowerCase()).toContain('transfer-encoding: chunked')
      // Read by hand: the length of each chunk, the chunk, and nothing behind the empty one.
      let streamed = ''
      let rest = framed
      for (let size = -1; size !== 0; ) {
        const line = /^([0-9a-f]+)\r\n/.exec(rest)
        size = Number.parseInt(line?.[1] ?? 'NaN', 16)
        const start = line?.[0].length ?? 0
        streamed += rest.slice(start, start + size)
        expect(rest.slice(start + size, start + size + 2)).toBe('\r\n')
        rest = rest.slice(start + size + 2)
      }
      expect(rest).toBe('')
      expect(streamed).toMatch(/data: \[DONE\]\n\n$/)
      expect(events(streamed)).toBeGreaterThan(2)
    }
    const old = await exchange(request('1.0', ''))
    const [head = '', unframed = ''] = old.split(/\r\n\r\n(.*)/s)
    expect(head.toLowerCase()).not.toContain('transfer-encoding')
    expect(unframed).toMatch(/^data: .*data: \[DONE\]\n\n$/s)
    expect(events(unframed)).toBeGreaterThan(2)
  })

  it('T63: streams; the usage is asked for always and shown only to who asked', async () => {
    const read = async (options: { stream_options?: { include_usage: boolean } }) => {
      let text = ''
      let usage = 0
      for await (const chunk of await client.chat.completions.create({
        model: 'openai/gpt-4o-mini',
        messages,
        stream: true,
        ...options,
      })) {
        text += chunk.choices[0]?.delta.content ?? ''
        if (chunk.choices.length === 0) usage++
      }
      expect(text).toContain('Hello, world! Grüße aus der Küche – 你好 👋🏽')
      expect(sent()?.json).toMatchObject({ stream_options: { include_usage: true } })
      expect(await latest()).toMatchObject({
        status: 'success',
        finish_reason: 'stop',
        usage: { input_tokens: 12, output_tokens: 9, estimated: false },
      })
      return usage
    }
    expect(await read({})).toBe(0)
    expect(await read({ stream_options: { include_usage: false } })).toBe(0)
    expect(await read({ stream_options: { include_usage: true } })).toBe(1)
  })

  it('F10: a stream that comes byte by byte goes on whole', async () => {
    let text = ''
    for await (const chunk of await client.chat.completions.create({
      model: 'openai/bytes',
      messages,
      stream: true,
    }))
      text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe('Hello, world! Grüße aus der Küche – 你好 👋🏽')
  })

  it('T64: the model that is priced is the model that the provider obeys, however the body is written', async () => {
    for (const body of [
      '{"model":"openai/cheap","model":"openai/dear","messages":[]}',
      '{"mod\\u0065l":"openai/dear","messages":[]}',
      '{"model":"openai/\\u0064ear","messages":[]}',
    ]) {
      const answer = await gateway.ask('/v1/chat/completions', { token: ada.token, body })
      expect(answer.status, body).toBe(200)
      expect(sent()?.json).toMatchObject({ model: 'dear' })
      expect(sent()?.text.match(/model/g)).toHaveLength(1)
      expect(await latest()).toMatchObject({ model: 'dear' })
    }
    for (const body of [
      '{"model":"openai/cheap","Model":"openai/dear","messages":[]}',
      '{"model":17}',
      '{"messages":[]}',
      '[]',
      '{',
      '',
    ]) {
      expect(
        (await gateway.ask('/v1/chat/completions', { method: 'POST', token: ada.token, body })).status,
        body,
      ).toBe(400)
    }
  })

  it('F03, T89: raises the right class in the client, which retries only what a retry can mend', async () => {
    const raised = async (model: string) => {
      const before = openai.requests.length
      const error = await client.chat.completions
        .create({ model, messages })
        .catch((thrown: unknown) => thrown)
      return { error, requests: openai.requests.length - before }
    }
    expect(await raised('openai/error-400')).toMatchObject({
      error: expect.any(OpenAI.BadRequestError),
      requests: 1,
    })
    expect(await raised('openai/error-404')).toMatchObject({
      error: expect.any(OpenAI.NotFoundError),
      requests: 1,
    })
    const refused = await raised('openai/error-401')
    expect(refused).toMatchObject({ error: { status: 502, code: 'provider_auth_failed' }, requests: 1 })
    expect(await raised('nonsense')).toMatchObject({ error: expect.any(OpenAI.BadRequestError), requests: 0 })
    const stranger = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'dummy-key' })
    await expect(stranger.chat.completions.create({ model: 'openai/x', messages })).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    )
  })

  it('F07, F09: a stream that does not end well ends with an error, never with [DONE]', async () => {
    for (const model of ['reset', 'cut', 'truncated', 'in-stream-error']) {
      const answer = await gateway.ask('/v1/chat/completions', {
        token: ada.token,
        body: { model: `openai/${model}`, messages, stream: true },
      })
      expect(answer.status, model).toBe(200)
      expect(answer.text, model).not.toContain('[DONE]')
      expect(answer.text, model).toMatch(/data: \{"error":\{"message":"[^\n]*\}\}\n\n$/)
      const stream = await client.chat.completions.create({
        model: `openai/${model}`,
        messages,
        stream: true,
      })
      await expect(
        (async () => {
          for await (const _ of stream);
        })(),
      ).rejects.toBeInstanceOf(OpenAI.APIError)
      expect(await latest()).toMatchObject({ status: 'error' })
    }
  })

  it('F08: an answer in another shape is 502', async () => {
    for (const body of ['<html>', '', 'null', '{"choices":', '{}', '{"choices":[]}{"choices":[]}']) {
      openai.next({ answer: { status: 200, headers: { 'content-type': 'application/json' }, body } })
      const answer = await gateway.ask<{ error: { code: string } }>('/v1/chat/completions', {
        token: ada.token,
        body: { model: 'openai/gpt-4o', messages },
      })
      expect([answer.status, answer.json.error.code], body).toEqual([502, 'bad_upstream_response'])
    }
  })

  it('T62: a client that leaves frees the provider within a second and is charged for what was produced', async () => {
    for (const stream of [true, false]) {
      const before = openai.requests.length
      const controller = new AbortController()
      const asked = client.chat.completions
        .create(
          { model: stream ? 'openai/stall' : 'openai/hang', messages, stream },
          { signal: controller.signal },
        )
        .then(async (answer) => {
          if (stream) for await (const _ of answer as AsyncIterable<unknown>);
        })
        .catch(() => 'left')
      await until(() => openai.requests.length > before)
      await new Promise((resolve) => setTimeout(resolve, 200))
      controller.abort()
      await asked
      const left = await Promise.race([
        sent()?.left.then(() => true),
        new Promise((resolve) => setTimeout(() => resolve(false), 1000)),
      ])
      expect(left).toBe(true)
      await until(async () => (await latest())?.status === 'aborted')
      const { usage } = (await latest()) as {
        usage: { input_tokens: number; output_tokens: number; estimated: boolean }
      }
      expect(usage.estimated).toBe(true)
      expect(usage.input_tokens).toBeGreaterThan(0)
      if (stream) expect(usage.output_tokens).toBeGreaterThan(0)
    }
  })

  it('F11: a slow reader pauses the provider and loses nothing', async () => {
    const text = 'x'.repeat(8 << 20)
    openai.next({ text })
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ada.token}` },
      body: JSON.stringify({ model: 'openai/gpt-4o', messages }),
    })
    const before = process.memoryUsage().rss
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20)
    const body = (await response.json()) as { choices: { message: { content: string } }[] }
    expect(body.choices[0]?.message.content).toBe(text)
    expect(await latest()).toMatchObject({ usage: { input_tokens: 12, output_tokens: 9, estimated: false } })
  })

  it('speaks OpenAI’s shape for a provider that does not', async () => {
    const completion = await client.chat.completions.create({
      model: 'google/gemini-2.5-flash',
      messages,
      temperature: 0.5,
    })
    expect(completion.choices[0]?.message.content).toContain('Hello, world!')
    let text = ''
    for await (const chunk of await client.chat.completions.create({
      model: 'gemini/gemini-2.5-flash',
      messages,
      stream: true,
    }))
      text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toContain('Grüße')
    expect(gemini.requests.at(-1)?.path).toContain('gemini-2.5-flash:streamGenerateContent')
  })
})
