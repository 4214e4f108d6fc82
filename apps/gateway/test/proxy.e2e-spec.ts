import { connect } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { defaultText, type StandIn, speechBytes } from '@gatehouse/testing'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type House, type InnerGateway, openAiKey, type Person, startHouse, until } from './harness.js'

interface ErrorAnswer {
  error: { message: string; type: string; param: string | null; code: string }
}

describe('/proxy/{provider}', () => {
  let house: House & { gateway: InnerGateway }
  let openai: StandIn
  let gemini: StandIn
  let anthropic: StandIn
  let azure: StandIn
  let gateway: InnerGateway
  let ada: Person
  let root: Person
  let client: OpenAI

  beforeAll(async () => {
    house = await startHouse({ vendors: ['openai', 'gemini', 'anthropic', 'azure'] })
    ;({ gateway, root } = house)
    ;({ openai, gemini, anthropic, azure } = house.standIns)
    ada = await house.people.register(gateway, 'ada@example.com')
    client = new OpenAI({ baseURL: `${gateway.url}/proxy/openai`, apiKey: root.token, maxRetries: 0 })
  })
  afterAll(() => house?.close())
  beforeEach(() => {
    for (const standIn of [openai, gemini, anthropic, azure]) standIn.requests.length = 0
  })

  const sent = () => openai.requests.at(-1)
  const ask = (path: string, asking: Parameters<InnerGateway['ask']>[1] = {}) =>
    gateway.ask<ErrorAnswer>(path, { token: root.token, ...asking })
  const latest = async () => {
    await gateway.gateway.calls.flush()
    const list = await gateway.ask<{ data: Record<string, unknown>[] }>('/api/v1/history?limit=1', {
      token: root.token,
    })
    return list.json.data[0] ?? {}
  }
  /** The path as it is written here: a client of HTTP would tidy it up. */
  const raw = (path: string, method = 'GET'): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(gateway.url)
      const socket = connect(Number(port), hostname)
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
      })
      socket.on('close', () => resolve(text))
      socket.on('error', reject)
      socket.write(
        `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${root.token}\r\nConnection: close\r\n\r\n`,
        'latin1',
      )
    })

  it('passes on GET, POST and DELETE with path, query and body as they came, and the status as it comes', async () => {
    expect((await client.files.list({ limit: 2, after: 'a b/c' })).data[0]?.id).toBe('file-1')
    expect(sent()).toMatchObject({ method: 'GET', path: '/v1/files?limit=2&after=a%20b%2Fc', text: '' })
    expect((await client.files.retrieve('file-1')).id).toBe('file-1')
    expect(sent()?.path).toBe('/v1/files/file-1')
    expect((await client.files.delete('file-1')).deleted).toBe(true)
    expect(sent()).toMatchObject({ method: 'DELETE', path: '/v1/files/file-1' })
    await client.files.create({ file: await toFile(speechBytes, 'a.bin'), purpose: 'batch' })
    expect(sent()).toMatchObject({ method: 'POST', path: '/v1/files' })
    expect(sent()?.bytes.includes(speechBytes)).toBe(true)
    const odd = '{ "model" : "gpt-5",\n "seed": 1e2, "x":"\\u00fc" }'
    openai.next({
      answer: { status: 201, headers: { 'content-type': 'application/json' }, body: '{"ok":1}' },
    })
    const created = await ask('/proxy/openai/odd?b=2&a=1&a=+', { method: 'PATCH', body: odd })
    expect([created.status, created.text]).toEqual([201, '{"ok":1}'])
    expect(sent()).toMatchObject({ method: 'PATCH', path: '/v1/odd?b=2&a=1&a=+', text: odd })
    openai.next({ answer: { status: 204 } })
    const gone = await ask('/proxy/openai/files/file-1', { method: 'DELETE' })
    expect([gone.status, gone.text]).toEqual([204, ''])
    const head = await ask('/proxy/openai/files', { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    expect(sent()?.method).toBe('HEAD')
  })

  it('writes each down, with its path, and with model and tokens where they are told', async () => {
    await client.files.list()
    expect(await latest()).toMatchObject({
      endpoint: '/proxy/openai/files',
      provider: 'openai',
      model: 'none',
      status: 'success',
      usage: { input_tokens: 0, output_tokens: 0, estimated: false },
    })
    await client.responses.create({ model: 'gpt-5', input: 'Hi' })
    expect(await latest()).toMatchObject({
      endpoint: '/proxy/openai/responses',
      model: 'gpt-5',
      status: 'success',
      usage: { input_tokens: 12, output_tokens: 9, estimated: false },
      cost_usd: expect.any(Number),
    })
    await ask('/proxy/openai/files?secret=1')
    expect(await latest()).toMatchObject({ endpoint: '/proxy/openai/files' })
    expect(await ask('/proxy/openai/nothing')).toMatchObject({
      status: 404,
      json: { error: { code: 'not_found', param: null, message: expect.stringContaining('no such path') } },
    })
    expect(await latest()).toMatchObject({
      endpoint: '/proxy/openai/nothing',
      status: 'error',
      error: { code: 'not_found' },
    })
  })

  it('passes streams on as they come: chat, typed events and others, each whole with its own end', async () => {
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    let text = ''
    const options = { stream: true, stream_options: { include_usage: true } } as const
    for await (const { choices } of await client.chat.completions.create({
      model: 'gpt-5',
      messages,
      ...options,
    }))
      text += choices[0]?.delta.content ?? ''
    expect(text).toBe(defaultText)
    expect(await latest()).toMatchObject({
      endpoint: '/proxy/openai/chat/completions',
      status: 'success',
      finish_reason: 'stop',
      usage: { input_tokens: 12, output_tokens: 9, estimated: false },
    })
    // Byte for byte: what nobody asked for is not asked for here.
    await ask('/proxy/openai/chat/completions', { body: { model: 'gpt-5', messages, stream: true } })
    expect(sent()?.json).not.toHaveProperty('stream_options')
    for await (const event of await client.responses.create({ model: 'gpt-5', input: 'Hi', stream: true }))
      text = event.type
    expect(text).toBe('response.completed')
    expect(await latest()).toMatchObject({ status: 'success', usage: { output_tokens: 9 } })
    const body = 'event: step\ndata: {"n":1}\n\ndata: last'
    openai.next({ answer: { status: 200, headers: { 'content-type': 'text/event-stream' }, body } })
    expect((await ask('/proxy/openai/other')).text).toBe(body)
    expect(await latest()).toMatchObject({ status: 'success' })
  })

  it('F07, F09: a stream that does not end well ends in an error, once', async () => {
    for (const [path, more] of [
      ['chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
      ['responses', { input: 'Hi' }],
    ] as const) {
      for (const model of ['reset', 'cut', 'truncated', 'in-stream-error']) {
        const answer = await ask(`/proxy/openai/${path}`, { body: { model, stream: true, ...more } })
        const what = `${path} ${model}`
        expect(answer.text, what).not.toMatch(/\[DONE\]|response\.completed/)
        expect(answer.text.match(/^data: \{"(?:error"|type":"error")/gm), what).toHaveLength(1)
        expect(await latest(), what).toMatchObject({ endpoint: `/proxy/openai/${path}`, status: 'error' })
      }
    }
  })

  it('T53: replaces the credential, and passes on no header that says who asks or by which way', async () => {
    for (const headers of [{ authorization: `Bearer ${root.token}` }, { 'x-api-key': root.token }] as Record<
      string,
      string
    >[]) {
      await gateway.ask('/proxy/openai/files', {
        headers: {
          ...headers,
          cookie: 'a=1',
          'x-goog-api-key': 'k',
          'api-key': 'k',
          'proxy-authorization': 'Basic eDp5',
          'x-forwarded-for': '1.2.3.4',
          forwarded: 'for=1.2.3.4',
          traceparent: '00-x',
          baggage: 'b=1',
          'openai-organization': 'org-other',
          'openai-project': 'proj-other',
          'openai-beta': 'assistants=v2',
        },
      })
      expect(sent()?.headers).toMatchObject({
        authorization: `Bearer ${openAiKey}`,
        host: new URL(openai.url).host,
        'openai-beta': 'assistants=v2',
      })
      expect(Object.keys(sent()?.headers ?? {}).sort()).toEqual([
        'accept-encoding',
        'authorization',
        'connection',
        'host',
        'openai-beta',
        'user-agent',
      ])
    }
  })

  it('T52: follows no redirect', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      for (const location of [`${gemini.url}/stolen`, '/v1/elsewhere', 'http://169.254.169.254/']) {
        openai.next({ answer: { status, headers: { location } } })
        const before = openai.requests.length
        const answer = await ask('/proxy/openai/files')
        expect([answer.status, answer.json.error.code]).toEqual([502, 'upstream_redirect'])
        expect(answer.headers.get('location')).toBeNull()
        expect(openai.requests).toHaveLength(before + 1)
      }
    }
    expect(gemini.requests).toHaveLength(0)
  })

  it('T54: gives on neither headers nor pages of the provider', async () => {
    const types = [
      'text/html',
      'TEXT/HTML; charset=x',
      'image/svg+xml',
      'application/xhtml+xml',
      'text/javascript',
      'application/xml',
      'application/pdf',
      'audio/x+xml',
      'multipart/x-mixed-replace; boundary=x',
    ]
    for (const type of types) {
      const headers = {
        'content-type': type,
        'set-cookie': 'a=1',
        server: 'them',
        'strict-transport-security': 'max-age=1',
        'x-powered-by': 'x',
        'content-security-policy': 'none',
      }
      openai.next({ answer: { status: 200, headers, body: '<script>1</script>' } })
      const answer = await ask('/proxy/openai/files/file-1/content')
      expect(answer.text).toBe('<script>1</script>')
      expect(answer.headers.get('content-type'), type).toBe('application/octet-stream')
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(answer.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'")
      for (const name of ['set-cookie', 'server', 'strict-transport-security', 'x-powered-by'])
        expect(answer.headers.get(name), name).toBeNull()
    }
    for (const status of [400, 401, 403, 404, 413, 429, 500]) {
      openai.next({ refuse: { status, echoHeaders: true } })
      const answer = await ask('/proxy/openai/files')
      expect(answer.status).toBe([401, 403, 500].includes(status) ? 502 : status)
      expect(answer.text).not.toContain('sk-up-')
    }
  })

  it('T56: refuses a path that climbs, in every spelling, and asks nobody', async () => {
    const paths = [
      '/proxy/openai/../admin',
      '/proxy/openai/files/../../admin',
      '/proxy/openai/%2e%2e/admin',
      '/proxy/openai/%2E./admin',
      '/proxy/openai/.%2e/admin',
      '/proxy/openai/..%2fadmin',
      '/proxy/openai/files%2f..%2fadmin',
      '/proxy/openai/..%5cadmin',
      '/proxy/openai/..\\admin',
      '/proxy/openai/\\evil.test/x',
      '/proxy/openai/%252e%252e/admin',
      '/proxy/openai/%25252e%25252e%25252fadmin',
      '/proxy/openai/%c0%ae%c0%ae/admin',
      '/proxy/openai/%C0%AFadmin',
      '/proxy/openai/..;/admin',
      '/proxy/openai/files/..?x=1',
      '/proxy/openai/files/..',
      '/proxy/openai%2f../admin',
    ]
    for (const path of paths) {
      for (const method of ['GET', 'DELETE'])
        expect(await raw(path, method), path).toMatch(/^HTTP\/1\.1 (400|404) /)
    }
    expect(openai.requests).toHaveLength(0)
    // These are odd, and lead nowhere else.
    for (const path of [
      '/proxy/openai//evil.test/x',
      '/proxy/openai/@evil.test/',
      '/proxy/openai/http://evil.test/',
      '/proxy/openai/x?y=../z',
    ]) {
      await raw(path)
      expect(sent()?.path, path).toMatch(/^\/v1\//)
      expect(sent()?.headers.host).toBe(new URL(openai.url).host)
    }
  })

  it('T14: refuses a provider that there is not, one that is not on, and one that is translated', async () => {
    for (const [provider, status, code] of [
      ['nobody', 400, 'unsupported_provider'],
      ['__proto__', 400, 'unsupported_provider'],
      ['constructor', 400, 'unsupported_provider'],
      ['OPENAI', 400, 'unsupported_provider'],
      ['groq', 400, 'provider_not_configured'],
      ['google', 400, 'unsupported_by_provider'],
    ] as const) {
      const answer = await ask(`/proxy/${provider}/files`)
      expect([answer.status, answer.json.error.code], provider).toEqual([status, code])
    }
    for (const path of ['/proxy', '/proxy/', '/proxy/openai'])
      expect([400, 404], path).toContain((await ask(path)).status)
    expect((await gateway.ask('/proxy/openai/files')).status).toBe(401)
    expect(openai.requests.length + gemini.requests.length).toBe(0)
  })

  it('T64: the model that is written down is the one that the provider reads', async () => {
    await ask('/proxy/openai/responses', { body: '{"mod\\u0065l":"dear","input":"x"}' })
    expect(sent()?.json).toEqual({ model: 'dear', input: 'x' })
    expect(await latest()).toMatchObject({ model: 'dear' })
    for (const body of ['{"model":"gpt-5","input":"x"}', '\ufeff {"model":"gpt-5","input":"x"}']) {
      await ask('/proxy/openai/responses', { body, headers: { 'content-type': 'application/octet-stream' } })
      expect(await latest(), body).toMatchObject({ model: 'gpt-5' })
    }
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=utf-8',
    ]) {
      await ask('/proxy/openai/responses', {
        body: { model: 'gpt-5', input: 'x' },
        headers: { 'content-type': type },
      })
      expect(await latest(), type).toMatchObject({ model: 'gpt-5' })
      expect(sent()?.headers['content-type']).toMatch(/^application\/json/)
    }
    for (const body of [
      '{"model":"cheap","model":"dear"}',
      '{"model":"cheap","mod\\u0065l":"dear"}',
      '{"model":"cheap","Model":"dear"}',
      '{',
      '[1]',
    ])
      expect((await ask('/proxy/openai/responses', { body })).status, body).toBe(400)
  })

  it('members ask models; what is kept at the provider is an admin’s, and its credentials nobody’s', async () => {
    const member = (path: string, asking: Parameters<InnerGateway['ask']>[1] = {}) =>
      gateway.ask<ErrorAnswer>(`/proxy/openai${path}`, { token: ada.token, ...asking })
    const body = { model: 'gpt-5', input: 'x' }
    expect((await member('/responses', { body })).status).toBe(200)
    openai.requests.length = 0
    for (const [path, asking] of [
      ['/files', {}],
      ['/files', { body }],
      ['/files/file-1', { method: 'DELETE', body }],
      ['/responses/resp_1', {}],
      ['/responses/resp_1', { body }],
      ['/assistants/asst_1', { body }],
      ['/responses', { body: { input: 'x' } }],
      ['/responses', { method: 'PUT', body }],
      ['/%72esponses', { body }],
      ['/unknown', { body }],
    ] as const) {
      const { status, json } = await member(path, asking)
      expect([status, json.error.code], path).toEqual([403, 'admin_required'])
    }
    for (const path of [
      '/realtime/client_secrets',
      '/realtime/sessions',
      '/realtime/transcription_sessions',
      '/v1/chatkit/sessions?x=1',
      '/v1/oauth/token',
      '/organization/admin_api_keys',
      '/%6Frganization/users',
      '//realtime/./sessions',
      '/Organization;a=b/users',
    ]) {
      const { status, json } = await ask(`/proxy/openai${path}`, { body })
      expect([status, json.error.code], path).toEqual([403, 'forbidden'])
    }
    expect(openai.requests).toHaveLength(0)
  })

  it('an address that is routed in another spelling than it is read in leads nowhere', async () => {
    expect(await raw('/%70roxy/openai/files')).toMatch(/^HTTP\/1\.1 404 /)
    expect(openai.requests).toHaveLength(0)
  })

  it('estimates what a stream does not tell', async () => {
    const messages = [{ role: 'user', content: 'Hi' }]
    await ask('/proxy/openai/chat/completions', { body: { model: 'gpt-5', messages, stream: true } })
    const { usage } = (await latest()) as { usage: { output_tokens: number } }
    expect(usage).toMatchObject({ estimated: true })
    expect(usage.output_tokens).toBeGreaterThan(0)
  })

  it('refuses a name that no model can have, and does not give it back', async () => {
    const model = 'x'.repeat(100_000)
    for (const path of ['/proxy/openai/responses', '/v1/responses']) {
      const answer = await ask(path, { body: { model, input: 'x' } })
      expect(answer).toMatchObject({ status: 400, json: { error: { param: 'model' } } })
      expect(answer.text.length).toBeLessThan(500)
    }
  })

  it('T62: a caller who leaves frees the provider', async () => {
    const controller = new AbortController()
    openai.next({ hang: true })
    const asked = ask('/proxy/openai/files', { signal: controller.signal }).catch(() => 'left')
    await until(() => openai.requests.length > 0)
    controller.abort()
    expect(await asked).toBe('left')
    // Long before anything else would end it.
    await sent()?.left
    await until(async () => (await latest()).status === 'aborted')
    expect(await latest()).toMatchObject({ endpoint: '/proxy/openai/files' })
  })

  it('serves Anthropic’s own client below Anthropic’s base address', async () => {
    const claude = new Anthropic({
      baseURL: `${gateway.url}/proxy/anthropic`,
      authToken: root.token,
      apiKey: null,
      maxRetries: 0,
      logLevel: 'off',
    })
    const asking = {
      model: 'claude-test',
      max_tokens: 10,
      messages: [{ role: 'user' as const, content: 'Hi' }],
    }
    expect((await claude.messages.create(asking)).type).toBe('message')
    expect(anthropic.requests.at(-1)?.path).toBe('/v1/messages')
    expect(await latest()).toMatchObject({
      endpoint: '/proxy/anthropic/v1/messages',
      provider: 'anthropic',
      model: 'claude-test',
      usage: { input_tokens: 12, output_tokens: 9 },
    })
    expect((await claude.messages.stream(asking).finalMessage()).stop_reason).toBe('end_turn')
    expect(await latest()).toMatchObject({
      finish_reason: 'end_turn',
      usage: { input_tokens: 12, output_tokens: 9 },
    })
    for await (const { id } of claude.models.list()) expect(id).toBe('claude-test')
    expect(anthropic.requests.at(-1)).toMatchObject({ method: 'GET', path: '/v1/models' })
  })

  it('gives Azure’s deployments what Azure wants in the address', async () => {
    await ask('/proxy/azure/embeddings', { body: { model: 'my-deployment', input: 'x' } })
    expect(azure.requests.at(-1)?.path).toBe(
      '/openai/deployments/my-deployment/embeddings?api-version=2024-10-21',
    )
    const chat = { messages: [{ role: 'user', content: 'Hi' }] }
    await ask('/proxy/azure/deployments/dear/chat/completions', { body: chat })
    expect(await latest()).toMatchObject({ model: 'dear' })
    const before = azure.requests.length
    const other = { ...chat, model: 'cheap' }
    const twice = await ask('/proxy/azure/deployments/dear/chat/completions', { body: other })
    expect([twice.status, azure.requests.length]).toEqual([400, before])
    await ask('/proxy/azure/files?purpose=batch')
    expect(azure.requests.at(-1)?.path).toBe('/openai/files?purpose=batch&api-version=2024-10-21')
    expect(azure.requests.at(-1)?.headers).toMatchObject({ 'api-key': 'azure-key-0000000000000000' })
    expect(azure.requests.at(-1)?.headers).not.toHaveProperty('authorization')
  })
})
