import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defaultText, type StandIn, speechBytes } from '@gatehouse/testing'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type House,
  type InnerGateway,
  openAiKey,
  type People,
  type Person,
  startHouse,
  until,
} from './harness.js'

interface ErrorAnswer {
  error: { message: string; type: string; param: string | null; code: string }
}

describe('the endpoints of /v1 beside chat', () => {
  let house: House & { gateway: InnerGateway }
  let people: People
  let openai: StandIn
  let gemini: StandIn
  let bedrock: StandIn
  let anthropic: StandIn
  let gateway: InnerGateway
  let ada: Person
  let client: OpenAI

  beforeAll(async () => {
    house = await startHouse({
      vendors: ['openai', 'gemini', 'bedrock', 'anthropic'],
      environment: { KEEP_CONTENT: 'all' },
    })
    ;({ people, gateway } = house)
    ;({ openai, gemini, bedrock, anthropic } = house.standIns)
    ada = await people.register(gateway, 'ada@example.com')
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: ada.token, maxRetries: 0 })
  })
  afterAll(() => house?.close())
  beforeEach(() => {
    for (const standIn of [openai, gemini, bedrock, anthropic]) standIn.requests.length = 0
  })

  const sent = () => openai.requests.at(-1)
  const asked = () =>
    [openai, gemini, bedrock, anthropic].reduce((sum, { requests }) => sum + requests.length, 0)
  const ask = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    gateway.ask<ErrorAnswer>(path, { token: ada.token, body, headers, method: 'POST' })
  const latest = async (): Promise<Record<string, unknown>> => {
    await gateway.gateway.calls.flush()
    const list = await gateway.ask<{ data: { id: string }[] }>('/api/v1/history?limit=1', {
      token: ada.token,
    })
    return (await gateway.ask(`/api/v1/history/${list.json.data[0]?.id}`, { token: ada.token })).json
  }
  const thrown = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    )

  describe('/v1/completions', () => {
    it('answers whole and in pieces, and writes down what was used and said', async () => {
      const whole = await client.completions.create({ model: 'openai/davinci', prompt: 'Once' })
      expect(whole.choices[0]?.text).toBe(defaultText)
      expect(sent()).toMatchObject({ path: '/v1/completions', json: { model: 'davinci', prompt: 'Once' } })
      const row = {
        endpoint: '/v1/completions',
        provider: 'openai',
        model: 'davinci',
        status: 'success',
        finish_reason: 'stop',
        usage: { input_tokens: 12, output_tokens: 9, estimated: false },
        prompt: [{ role: 'user', content: 'Once' }],
        response: defaultText,
      }
      expect(await latest()).toMatchObject(row)
      let text = ''
      for await (const { choices } of await client.completions.create({
        model: 'openai/davinci',
        prompt: 'Once',
        stream: true,
      })) {
        expect(choices).toHaveLength(1)
        text += choices[0]?.text
      }
      expect(text).toBe(defaultText)
      expect(await latest()).toMatchObject(row)
    })

    it('T63: counts what a provider does not', async () => {
      const body = JSON.stringify({ choices: [{ text: 'one two three', finish_reason: 'stop' }] })
      openai.next({ answer: { status: 200, headers: { 'content-type': 'application/json' }, body } })
      await client.completions.create({ model: 'openai/davinci', prompt: 'Once upon a time' })
      expect(await latest()).toMatchObject({ usage: { input_tokens: 4, output_tokens: 3, estimated: true } })
    })
  })

  describe('/v1/embeddings', () => {
    const floats = [0.25, -0.5]

    it('passes on what the official client asks for, which is base64 unless told', async () => {
      const plain = await client.embeddings.create({ model: 'openai/embed', input: ['a', 'b'] })
      expect(plain.data.map(({ embedding }) => embedding)).toEqual([floats, floats])
      expect(sent()).toMatchObject({
        path: '/v1/embeddings',
        json: { encoding_format: 'base64', model: 'embed' },
      })
      const float = await client.embeddings.create({
        model: 'openai/embed',
        input: 'a',
        encoding_format: 'float',
      })
      expect(float.data[0]?.embedding).toEqual(floats)
      expect(await latest()).toMatchObject({
        endpoint: '/v1/embeddings',
        status: 'success',
        usage: { input_tokens: 2, output_tokens: 0, estimated: false },
      })
    })

    it.each([
      ['google/gemini-embedding-2', 3],
      ['bedrock/amazon.titan-embed-text-v2:0', 3],
      ['bedrock/cohere.embed-v4:0', 3],
    ])('is translated to %s, in both encodings', async (model, length) => {
      const input = ['abc', 'xyz zyx']
      const base64 = await client.embeddings.create({ model, input })
      const float = await client.embeddings.create({ model, input, encoding_format: 'float' })
      for (const [index, text] of input.entries()) {
        const wanted = Array.from(text.slice(0, length), (letter) => letter.charCodeAt(0) / 1000)
        expect(float.data[index]).toEqual({ object: 'embedding', index, embedding: wanted })
        expect(base64.data[index]?.embedding.map((value) => Math.round(value * 1000) / 1000)).toEqual(wanted)
      }
      expect(float.usage).toEqual({ prompt_tokens: 3, total_tokens: 3 })
      expect(await latest()).toMatchObject({
        endpoint: '/v1/embeddings',
        provider: model.split('/')[0],
        status: 'success',
        usage: { input_tokens: 3, output_tokens: 0, estimated: false },
      })
    })

    it('says how many tokens there were where the provider does not, and that it is a guess', async () => {
      await client.embeddings.create({ model: 'google/gemini-embedding-001', input: 'one two three' })
      expect(await latest()).toMatchObject({
        usage: { input_tokens: 3, output_tokens: 0, estimated: true },
      })
    })

    it('refuses what cannot be translated, by the name of the field', async () => {
      for (const [change, param] of [
        [{ input: [1, 2, 3] }, 'input'],
        [{ input: [[1], [2]] }, 'input'],
        [{ input: '' }, 'input'],
        [{ input: [] }, 'input'],
        [{ input: undefined }, 'input'],
        [{ dimensions: 0 }, 'dimensions'],
        [{ encoding_format: 'hex' }, 'encoding_format'],
      ] as const) {
        const { status, json } = await ask('/v1/embeddings', {
          model: 'google/gemini-embedding-2',
          input: 'x',
          ...change,
        })
        expect([status, json.error?.param], JSON.stringify(change)).toEqual([400, param])
      }
      expect(asked()).toBe(0)
    })
  })

  describe('/v1/responses', () => {
    it('answers whole and in pieces, and writes down how it ended', async () => {
      const input = [{ role: 'user' as const, content: 'Hi' }]
      const whole = await client.responses.create({ model: 'openai/gpt-5', input, instructions: 'Be brief.' })
      expect(whole.output_text).toBe(defaultText)
      expect(sent()).toMatchObject({ path: '/v1/responses', json: { model: 'gpt-5', input } })
      const row = {
        endpoint: '/v1/responses',
        model: 'gpt-5',
        status: 'success',
        finish_reason: 'completed',
        usage: {
          input_tokens: 12,
          output_tokens: 9,
          cached_tokens: 4,
          reasoning_tokens: 3,
          estimated: false,
        },
        prompt: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
        response: defaultText,
      }
      expect(await latest()).toMatchObject(row)
      const events: string[] = []
      let text = ''
      const stream = await client.responses.create({
        model: 'openai/gpt-5',
        input,
        instructions: 'Be brief.',
        stream: true,
      })
      for await (const event of stream) {
        events.push(event.type)
        if (event.type === 'response.output_text.delta') text += event.delta
      }
      expect(text).toBe(defaultText)
      expect(events[0]).toBe('response.created')
      expect(events.at(-1)).toBe('response.completed')
      // What it is asked for elsewhere, this API refuses.
      expect(sent()?.json).not.toHaveProperty('stream_options')
      expect(await latest()).toMatchObject(row)
    })

    it('T64: what was used is found whatever the caller has the provider repeat', async () => {
      const metadata = { usage: 'none', input_tokens: '0' }
      await client.responses.create({ model: 'openai/gpt-5', input: 'Hi', metadata })
      expect(await latest()).toMatchObject({
        usage: { input_tokens: 12, output_tokens: 9, estimated: false },
      })
      openai.next({ text: 'x'.repeat(100_000), finish: 'length' })
      await client.responses.create({ model: 'openai/gpt-5', input: 'Hi', metadata })
      expect(await latest()).toMatchObject({
        usage: { input_tokens: 12, output_tokens: 9, estimated: false },
      })
    })

    it('has its tools called, at once and piece by piece', async () => {
      const calls = [{ id: 'call_1', name: 'weather', arguments: { city: 'Köln' } }]
      openai.next({ calls }, { calls })
      const whole = await client.responses.create({ model: 'openai/gpt-5', input: 'Weather?' })
      const called = { type: 'function_call', call_id: 'call_1', arguments: '{"city":"Köln"}' }
      expect(whole.output).toEqual([expect.objectContaining(called)])
      const { output } = await client.responses
        .stream({ model: 'openai/gpt-5', input: 'Weather?' })
        .finalResponse()
      expect(output).toEqual([expect.objectContaining(called)])
    })

    it('F07: ends in an error where the provider does not end, and says so in this API’s own event', async () => {
      for (const model of ['reset', 'cut', 'truncated', 'in-stream-error']) {
        const { status, text } = await ask('/v1/responses', {
          model: `openai/${model}`,
          input: 'Hi',
          stream: true,
        })
        expect(status, model).toBe(200)
        expect(text, model).not.toContain('response.completed')
        expect(text.match(/^event: error$/gm), model).toHaveLength(1)
        expect(text, model).toMatch(/"type":"error".*\n\n$/)
        expect(await latest(), model).toMatchObject({ endpoint: '/v1/responses', status: 'error' })
        const events = await client.responses.create({ model: `openai/${model}`, input: 'Hi', stream: true })
        const error = await thrown(
          (async () => {
            for await (const _ of events);
          })(),
        )
        expect(error, model).toBeInstanceOf(OpenAI.APIError)
      }
    })

    it('gives on nothing of an error in which the provider repeats its key', async () => {
      const before = 'data: {"type":"response.output_text.delta","delta":"Hi"}\n\n'
      for (const error of [
        'event: error\ndata: {"type":"error","message":"bad key sk-repeated"}\n\n',
        'data: {"type":"response.failed","response":{"error":{"message":"bad key sk-repeated"}}}\n\n',
      ]) {
        const headers = { 'content-type': 'text/event-stream' }
        openai.next({ answer: { status: 200, headers, body: before + error } })
        const { text } = await ask('/v1/responses', { model: 'openai/gpt-5', input: 'Hi', stream: true })
        expect(text.startsWith(before)).toBe(true)
        expect(text).not.toContain('sk-repeated')
        expect(text.match(/^event: error$/gm)).toHaveLength(1)
        expect(await latest()).toMatchObject({ endpoint: '/v1/responses', status: 'error' })
      }
    })
  })

  describe('pictures, speech and moderation', () => {
    it('/v1/images/generations is passed on, and its tokens are counted', async () => {
      const { data } = await client.images.generate({ model: 'openai/gpt-image-1', prompt: 'A gate' })
      expect(data?.[0]?.b64_json).toBe('iVBORw0KGgo=')
      expect(sent()).toMatchObject({ path: '/v1/images/generations', json: { model: 'gpt-image-1' } })
      expect(await latest()).toMatchObject({
        endpoint: '/v1/images/generations',
        status: 'success',
        usage: { input_tokens: 7, output_tokens: 272, estimated: false },
        prompt: [{ role: 'user', content: 'A gate' }],
      })
    })

    it('a picture of some megabytes comes in one event of a stream', async () => {
      const b64_json = 'A'.repeat(5 << 20)
      const event = (value: { type: string }) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`
      const usage = { input_tokens: 7, output_tokens: 4160, total_tokens: 4167 }
      openai.next({
        answer: {
          status: 200,
          headers: { 'content-type': 'text/event-stream' },
          body:
            event(
              Object.assign({ type: 'image_generation.partial_image' }, { b64_json, partial_image_index: 0 }),
            ) + event(Object.assign({ type: 'image_generation.completed' }, { b64_json, usage })),
        },
      })
      const sizes: number[] = []
      for await (const piece of await client.images.generate({
        model: 'openai/gpt-image-1',
        prompt: 'A gate',
        stream: true,
      }))
        sizes.push('b64_json' in piece ? piece.b64_json.length : 0)
      expect(sizes).toEqual([5 << 20, 5 << 20])
      expect(await latest()).toMatchObject({
        status: 'success',
        usage: { output_tokens: 4160, estimated: false },
      })
    })

    it('/v1/images/edits takes its pictures in a form', async () => {
      await client.images.edit({
        image: [await toFile(speechBytes, 'a.png', { type: 'image/png' })],
        prompt: 'A wall',
        model: 'openai/gpt-image-1',
      })
      expect(sent()?.text).toMatch(/name="model"\r\n\r\ngpt-image-1\r\n/)
      expect(sent()?.bytes.includes(speechBytes)).toBe(true)
      expect(await latest()).toMatchObject({ endpoint: '/v1/images/edits', model: 'gpt-image-1' })
    })

    it('/v1/audio/speech comes as bytes, every one of them', async () => {
      const answer = await client.audio.speech.create({
        model: 'openai/tts-1',
        voice: 'alloy',
        input: 'Hello there',
      })
      expect(Buffer.from(await answer.arrayBuffer()).equals(speechBytes)).toBe(true)
      expect(answer.headers.get('content-type')).toBe('audio/mpeg')
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(await latest()).toMatchObject({
        endpoint: '/v1/audio/speech',
        status: 'success',
        usage: { input_tokens: 2, estimated: true },
      })
      // A sound that breaks off must not look whole.
      openai.next({ breakBy: 'cut' })
      const broken = await thrown(
        client.audio.speech
          .create({ model: 'openai/tts-1', voice: 'alloy', input: 'x' })
          .then((cut) => cut.arrayBuffer()),
      )
      expect(broken).toBeInstanceOf(Error)
      expect(await latest()).toMatchObject({ status: 'error', error: { code: 'upstream_disconnect' } })
    })

    it('/v1/moderations costs nothing: it counts only what the provider counts', async () => {
      const { results } = await client.moderations.create({
        model: 'openai/omni-moderation-latest',
        input: 'Hi',
      })
      expect(results[0]?.flagged).toBe(false)
      expect(await latest()).toMatchObject({
        endpoint: '/v1/moderations',
        status: 'success',
        usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0, estimated: false },
      })
    })
  })

  describe('/v1/audio/transcriptions', () => {
    const audio = () => toFile(speechBytes, 'speech.mp3', { type: 'audio/mpeg' })

    it('takes a form, changes the model in it and not a byte besides', async () => {
      const { text } = await client.audio.transcriptions.create({
        model: 'openai/whisper-1',
        file: await audio(),
      })
      expect(text).toBe('Hello there.')
      expect(sent()?.path).toBe('/v1/audio/transcriptions')
      expect(sent()?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
      expect(sent()?.text).toMatch(/name="model"\r\n\r\nwhisper-1\r\n/)
      expect(sent()?.bytes.includes(speechBytes)).toBe(true)
      expect(await latest()).toMatchObject({
        endpoint: '/v1/audio/transcriptions',
        model: 'whisper-1',
        status: 'success',
        usage: { input_tokens: 14, output_tokens: 5, estimated: false },
      })
      const type = 'multipart/form-data; boundary=xx'
      const file = `--xx\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\n\0\x01--x\r\n`
      const model = `--xx\r\nContent-Disposition: form-data; name="model"\r\n\r\nopenai/whisper-1\r\n`
      for (const form of [`${file}${model}--xx--\r\n`, `${model}${file}--xx--`]) {
        const answer = await ask('/v1/audio/transcriptions', form, { 'content-type': type })
        expect(answer.status).toBe(200)
        expect(sent()?.text).toBe(form.replace('openai/whisper-1', 'whisper-1'))
        expect(sent()?.headers['content-length']).toBe(String(form.length - 'openai/'.length))
      }
    })

    it('answers in text where it was asked to, and in pieces', async () => {
      const text = await client.audio.transcriptions.create({
        model: 'openai/whisper-1',
        file: await audio(),
        response_format: 'text',
      })
      expect(text).toBe('Hello there.\n')
      const pieces: string[] = []
      for await (const event of await client.audio.transcriptions.create({
        model: 'openai/gpt-4o-transcribe',
        file: await audio(),
        stream: true,
      }))
        pieces.push(event.type)
      expect(pieces).toEqual(['transcript.text.delta', 'transcript.text.delta', 'transcript.text.done'])
      expect(await latest()).toMatchObject({
        usage: { input_tokens: 14, output_tokens: 5, estimated: false },
      })
      await client.audio.translations.create({ model: 'openai/whisper-1', file: await audio() })
      expect(await latest()).toMatchObject({ endpoint: '/v1/audio/translations', status: 'success' })
    })

    it('T64: refuses a form in which two readers could find two models', async () => {
      const type = 'multipart/form-data; boundary=xx'
      const field = (name: string, value: string, more = '') =>
        `--xx\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
      const model = field('model', 'openai/cheap')
      const hostile: [string, string][] = [
        [`${model}${field('model', 'openai/dear')}--xx--`, type],
        [`${model}${field('Model', 'openai/dear')}--xx--`, type],
        [`${field('model', 'openai/dear', '; filename="m"')}--xx--`, type],
        [`${model}${field('x', 'y', '; name="model"')}--xx--`, type],
        [model, type],
        [`${model}--xx--\r\n${field('model', 'openai/dear')}--xx--`, type],
        [`${model}--xx--`, 'multipart/form-data'],
        [`${model}--xx--`, 'multipart/form-data; boundary=yy; boundary=xx'],
        [`${field('prompt', 'x')}--xx--`, type],
        ['{"model":"openai/whisper-1"}', type],
      ]
      for (const [form, contentType] of hostile) {
        const answer = await ask('/v1/audio/transcriptions', form, { 'content-type': contentType })
        expect(answer.status, form).toBe(400)
        expect(answer.json.error.type).toBe('invalid_request_error')
      }
      expect(asked()).toBe(0)
      expect((await ask('/v1/audio/transcriptions', undefined)).status).toBe(400)
    })
  })

  it('every body is JSON but a form that an endpoint takes, whatever its content type says', async () => {
    for (const type of [
      'multipart/form-data; boundary=xx',
      'text/plain',
      'application/x-www-form-urlencoded',
    ]) {
      for (const [path, body] of [
        ['/v1/chat/completions', { model: 'openai/gpt-5', messages: [{ role: 'user', content: 'Hi' }] }],
        ['/v1/embeddings', { model: 'openai/embed', input: 'x' }],
        ['/v1/responses', { model: 'openai/gpt-5', input: 'x' }],
      ] as const) {
        const answer = await ask(path, body, { 'content-type': type })
        expect(answer.status, `${path} ${type}`).toBe(200)
        expect(sent()?.headers['content-type']).toBe('application/json')
      }
    }
  })

  it('some are served without /v1 as well, and are the same', async () => {
    const bare = new OpenAI({ baseURL: gateway.url, apiKey: ada.token })
    await bare.completions.create({ model: 'openai/davinci', prompt: 'x' })
    expect(await latest()).toMatchObject({ endpoint: '/v1/completions' })
    await bare.embeddings.create({ model: 'openai/embed', input: 'x' })
    expect(await latest()).toMatchObject({ endpoint: '/v1/embeddings' })
    await bare.chat.completions.create({ model: 'openai/gpt-5', messages: [{ role: 'user', content: 'x' }] })
    expect(await latest()).toMatchObject({ endpoint: '/v1/chat/completions' })
    expect((await ask('/responses', { model: 'openai/gpt-5', input: 'x' })).status).toBe(404)
  })

  it('a provider that is translated has chat, and embeddings where it has them; all else is refused', async () => {
    const bodies: [path: string, body: object][] = [
      ['/v1/completions', { prompt: 'x' }],
      ['/v1/responses', { input: 'x' }],
      ['/v1/moderations', { input: 'x' }],
      ['/v1/images/generations', { prompt: 'x' }],
      ['/v1/audio/speech', { input: 'x', voice: 'alloy' }],
    ]
    for (const provider of ['google', 'bedrock', 'anthropic']) {
      const embeds = provider === 'anthropic' ? [['/v1/embeddings', { input: 'x' }] as [string, object]] : []
      for (const [path, body] of [...bodies, ...embeds]) {
        const { status, json } = await ask(path, { model: `${provider}/m`, ...body })
        expect([status, json.error.code, json.error.param], `${provider} ${path}`).toEqual([
          400,
          'unsupported_by_provider',
          'model',
        ])
        expect(await latest()).toMatchObject({ endpoint: path, provider, status: 'error' })
      }
    }
    expect(asked()).toBe(0)
  })

  const everywhere: [path: string, body: object][] = [
    ['/v1/completions', { prompt: 'Hello' }],
    ['/v1/embeddings', { input: 'Hello' }],
    ['/v1/responses', { input: 'Hello' }],
    ['/v1/moderations', { input: 'Hello' }],
    ['/v1/images/generations', { prompt: 'Hello' }],
    ['/v1/audio/speech', { input: 'Hello', voice: 'alloy' }],
  ]

  it.each(everywhere)(
    'F02, F03, F08, T52, T54: %s gives what went wrong in the one shape, and writes it down',
    async (path, more) => {
      const echoing = { message: 'no such thing', echoHeaders: true }
      const wrong: [next: Parameters<StandIn['next']>[0], status: number, code: string][] = [
        [{ refuse: { status: 400, ...echoing } }, 400, 'provider_rejected'],
        [{ refuse: { status: 401, ...echoing } }, 502, 'provider_auth_failed'],
        [{ refuse: { status: 403, ...echoing } }, 502, 'provider_auth_failed'],
        [{ refuse: { status: 404, ...echoing } }, 404, 'model_not_found'],
        [{ refuse: { status: 413, ...echoing } }, 413, 'request_too_large'],
        [{ refuse: { status: 422, ...echoing } }, 400, 'provider_rejected'],
        [
          { refuse: { status: 429, ...echoing, headers: { 'retry-after': '7' } } },
          429,
          'provider_rate_limited',
        ],
        [{ refuse: { status: 500, ...echoing } }, 502, 'provider_error'],
        [{ refuse: { status: 529, ...echoing } }, 502, 'provider_error'],
        [
          { answer: { status: 307, headers: { location: `${gemini.url}/stolen` } } },
          502,
          'upstream_redirect',
        ],
        ...(path === '/v1/audio/speech'
          ? []
          : ([
              [{ answer: { status: 200, body: '<html>hello</html>' } }, 502, 'bad_upstream_response'],
              [{ answer: { status: 200, body: '' } }, 502, 'bad_upstream_response'],
            ] as [Parameters<StandIn['next']>[0], number, string][])),
      ]
      for (const [behaviour, status, code] of wrong) {
        openai.next(behaviour)
        const answer = await ask(path, { model: 'openai/some-model', ...more })
        const what = `${path} ${JSON.stringify(behaviour)} ${answer.text}`
        expect([answer.status, answer.json.error?.code], what).toEqual([status, code])
        expect(answer.text, what).not.toContain('sk-up-')
        expect(answer.headers.get('retry-after'), what).toBe(status === 429 ? '7' : null)
        expect(answer.headers.get('set-cookie'), what).toBeNull()
        expect(await latest(), what).toMatchObject({
          endpoint: path,
          status: 'error',
          error: { code },
          usage: { output_tokens: 0 },
        })
      }
      expect(gemini.requests).toHaveLength(0)
    },
  )

  it.each(everywhere)(
    'T62: %s, when its caller leaves, frees the provider and is written down',
    async (path, more) => {
      const controller = new AbortController()
      openai.next({ hang: true })
      const answer = gateway
        .ask(path, { token: ada.token, body: { model: 'openai/m', ...more }, signal: controller.signal })
        .catch(() => 'left')
      await until(() => openai.requests.length > 0)
      controller.abort()
      expect(await answer).toBe('left')
      // Long before anything else would end it.
      await sent()?.left
      await until(async () => (await latest())?.status === 'aborted')
      const row = (await latest()) as { endpoint: string; usage: { input_tokens: number } }
      expect(row.endpoint).toBe(path)
      if (path !== '/v1/moderations') expect(row.usage.input_tokens).toBeGreaterThan(0)
    },
  )

  it.each(everywhere)(
    'T43: %s knows its caller by one header, whichever, and refuses two',
    async (path, more) => {
      const body = { model: 'openai/some-model', ...more }
      const by = (headers: Record<string, string>) =>
        gateway.ask<ErrorAnswer>(path, { body, headers, method: 'POST' })
      expect((await by({ 'x-api-key': ada.token })).status).toBe(200)
      expect(JSON.stringify(sent()?.headers)).not.toContain(ada.token)
      expect(sent()?.headers).not.toHaveProperty('x-api-key')
      const before = asked()
      for (const [headers, status] of [
        [{}, 401],
        [{ 'x-api-key': `${ada.token}x` }, 401],
        [{ 'x-api-key': `Bearer ${ada.token}` }, 401],
        [{ 'api-key': ada.token }, 401],
        [{ 'x-api-key': ada.token, authorization: `Bearer ${ada.token}` }, 400],
      ] as [Record<string, string>, number][])
        expect((await by(headers)).status, JSON.stringify(headers)).toBe(status)
      expect(asked()).toBe(before)
      const bob = await people.register(gateway, `bob-${path.replaceAll('/', '-')}@example.com`)
      await gateway.ask('/auth/logout', { method: 'POST', token: bob.token })
      expect((await by({ 'x-api-key': bob.token })).status).toBe(401)
      expect((await by({ authorization: `Bearer ${bob.token}` })).status).toBe(401)
    },
  )

  it('T50: the destination comes from configuration alone, and no address in a body is opened', async () => {
    let visits = 0
    const evil: Server = createServer((_request, response) => {
      visits++
      response.end()
    })
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`
    try {
      const fields = Object.fromEntries(
        ['api_base', 'base_url', 'endpoint', 'azure_endpoint', 'custom_host', 'callback_url'].map((name) => [
          name,
          address,
        ]),
      )
      const headers = { 'x-portkey-custom-host': address, 'x-base-url': address, 'x-forwarded-host': address }
      for (const [path, more] of everywhere) {
        await ask(
          path,
          { model: 'openai/some-model', ...fields, extra_headers: { host: address }, ...more },
          headers,
        )
        expect(sent()?.headers.host).toBe(new URL(openai.url).host)
        for (const name of Object.keys(headers)) expect(sent()?.headers).not.toHaveProperty(name)
      }
      // T55: what a picture, a file or a sound is fetched from is the provider's affair, or nobody's.
      const media = [
        { type: 'image_url', image_url: { url: `${address}/a.png` } },
        { type: 'file', file: { file_data: `${address}/a.pdf` } },
        { type: 'input_audio', input_audio: { data: `${address}/a.wav`, format: 'wav' } },
      ]
      for (const part of media) {
        for (const model of [
          'openai/gpt-5',
          'google/gemini-2.5-flash',
          'bedrock/amazon.nova-pro-v1:0',
          'anthropic/claude-sonnet-4-5',
        ])
          await ask('/v1/chat/completions', {
            model,
            messages: [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, part] }],
          })
      }
      expect(visits).toBe(0)
    } finally {
      await new Promise((resolve) => evil.close(resolve))
    }
  })

  it('T55: passes an address of a picture on unopened to a provider of OpenAI’s shape', async () => {
    const part = { type: 'image_url', image_url: { url: 'http://169.254.169.254/latest' } }
    await ask('/v1/chat/completions', {
      model: 'openai/gpt-5',
      messages: [{ role: 'user', content: [part] }],
    })
    expect(sent()?.json).toMatchObject({ messages: [{ content: [part] }] })
  })

  it('T56: a model that would lead elsewhere is refused, and nobody is asked', async () => {
    for (const model of [
      '../../files',
      'a/../../admin?x=',
      'm%2F..',
      'm#',
      'm?api-version=1',
      'm\r\nX: y',
      'm\0',
      'm'.repeat(10_000),
    ]) {
      for (const [path, body] of [
        ...everywhere,
        ['/v1/chat/completions', { messages: [{ role: 'user', content: 'x' }] }] as const,
      ]) {
        for (const provider of ['google', 'bedrock']) {
          const { status } = await ask(path, { model: `${provider}/${model}`, ...body })
          expect([400, 404], `${path} ${provider}/${model.slice(0, 40)}`).toContain(status)
        }
      }
    }
    for (const { path } of [...gemini.requests, ...bedrock.requests])
      expect(path).toMatch(/^\/(v1beta\/models|model)\/[^/?#]+[:/][a-z-]+/i)
  })

  it('T66: what a connection is told is neither passed on nor changes who asks', async () => {
    const body = JSON.stringify({ model: 'openai/davinci', prompt: 'x' })
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(
        `${gateway.url}/v1/completions`,
        {
          method: 'POST',
          headers: {
            authorization: `Bearer ${ada.token}`,
            connection: 'close, Authorization, X-Request-Id, Content-Length',
            'content-length': Buffer.byteLength(body),
            'x-request-id': 'req-of-mine-0001',
            te: 'trailers',
            'keep-alive': 'timeout=1',
            'proxy-connection': 'keep-alive',
          },
        },
        (response) => {
          expect(response.headers['x-request-id']).toBe('req-of-mine-0001')
          response.resume().on('end', () => resolve(response.statusCode))
        },
      )
      request.on('error', reject).end(body)
    })
    expect(status).toBe(200)
    for (const name of ['te', 'keep-alive', 'proxy-connection', 'trailer', 'upgrade', 'x-request-id'])
      expect(sent()?.headers).not.toHaveProperty(name)
    expect(sent()?.headers.authorization).toBe(`Bearer ${openAiKey}`)
    expect(await latest()).toMatchObject({ request_id: 'req-of-mine-0001' })
  })

  it('T67: an answer that is packed, which nobody asked for, is not passed on', async () => {
    for (const [path, more] of everywhere) {
      for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'x-odd']) {
        openai.next({
          answer: {
            status: 200,
            headers: { 'content-type': 'application/json', 'content-encoding': encoding },
            body: '{"choices":[{}]}',
          },
        })
        const answer = await ask(path, { model: 'openai/m', ...more })
        expect([answer.status, answer.headers.get('content-encoding')], `${path} ${encoding}`).toEqual([
          502,
          null,
        ])
      }
    }
    expect(sent()?.headers['accept-encoding']).toBe('identity')
  })

  it('T87: what a provider or a model says stays one event', async () => {
    const text = 'x\n\ndata: [DONE]\n\nevent: error\rdata: {"error":1}\u2028\uFEFF\u2029'
    for (const model of ['openai/gpt-5', 'google/gemini-2.5-flash', 'bedrock/amazon.nova-pro-v1:0']) {
      const [provider] = model.split('/')
      const standIn = { openai, google: gemini, bedrock }[provider as 'openai' | 'google' | 'bedrock']
      standIn.next({ text })
      let said = ''
      for await (const { choices } of await client.chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'x' }],
        stream: true,
      }))
        said += choices[0]?.delta.content ?? ''
      // The stand-ins say word by word, and leave what is behind the last one.
      expect(said, model).toBe(text.match(/\s*\S+/g)?.join(''))
    }
    const message = 'x\n\ndata: [DONE]\n\nevent: hi\r\r'
    openai.next({ refuse: { status: 400, message } })
    const refused = await ask('/v1/responses', { model: 'openai/gpt-5', input: 'x', stream: true })
    expect(refused.status).toBe(400)
    expect(refused.json.error.message).not.toMatch(/[\r\n]/)
    openai.next({
      answer: {
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: `data: ${JSON.stringify({ error: { message } })}\n\n`,
      },
    })
    const broken = await ask('/v1/completions', { model: 'openai/davinci', prompt: 'x', stream: true })
    expect(broken.text.match(/\n\n/g)?.length ?? 1).toBe(1)
  })

  it('F13: a request is sent once, and never again once an answer has begun', async () => {
    for (const [path, more] of everywhere) {
      openai.requests.length = 0
      openai.next({ breakBy: 'reset' })
      const answer = await ask(path, { model: 'openai/m', ...more }).catch(() => undefined)
      expect(answer?.status ?? 502, path).toBe(502)
      expect(openai.requests, path).toHaveLength(1)
    }
    for (const model of ['reset', 'cut']) {
      openai.requests.length = 0
      await ask('/v1/responses', { model: `openai/${model}`, input: 'x', stream: true })
      expect(openai.requests).toHaveLength(1)
    }
  })

  it('T41: who is charged is who asks, whatever the body says', async () => {
    for (const [path, more] of everywhere) {
      const bob = await people.register(gateway, `carol${path.replaceAll('/', '-')}@example.com`)
      await ask(
        path,
        { model: 'openai/some-model', ...more, user: bob.id, user_id: bob.id },
        { 'x-user-id': bob.id },
      )
      expect(await latest()).toMatchObject({ endpoint: path, principal: { type: 'user', id: ada.id } })
      const own = await gateway.ask<{ data: unknown[] }>('/api/v1/history', { token: bob.token })
      expect(own.json.data).toHaveLength(0)
    }
  })
})
