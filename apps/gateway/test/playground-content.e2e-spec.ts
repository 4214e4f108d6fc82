import { type StandIn, startOpenAi } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CookieJar, signInLocally } from './browser.js'
import { events, type InnerGateway, startGateway } from './harness.js'

interface Detail {
  id: string
  prompt: { role: string; content: string | { type: string; text?: string }[] }[] | null
  response: string | null
  truncated: boolean
  streamed: boolean
  asked_model: string
  connection: string
  key: { id: string; name: string; prefix: string } | null
  key_id: string | null
}

const image = (bytes: number) => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${'A'.repeat((bytes * 4) / 3)}` },
})
const model = 'openai/gpt-4o-mini'

describe('what is kept of the playground under KEEP_CONTENT=own', () => {
  let openai: StandIn
  let gateway: InnerGateway
  const jar = new CookieJar()
  let token: string

  beforeAll(async () => {
    openai = await startOpenAi()
    gateway = await startGateway({
      OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
      OPENAI_BASE_URL: `${openai.url}/v1`,
    })
    await signInLocally(gateway.url, 'admin@localhost', jar)
    token = (await gateway.gateway.localToken()) ?? ''
  })
  afterAll(async () => {
    await gateway?.close()
    await openai?.close()
  })

  const byCookie = () => ({ cookie: jar.header(), origin: gateway.url })
  const chat = (body: object, how: { token?: string; headers?: Record<string, string> }) =>
    gateway.ask('/v1/chat/completions', {
      body: { model, messages: [{ role: 'user', content: 'Hi' }], ...body },
      ...how,
    })
  const latest = async (query = ''): Promise<Detail> => {
    await gateway.gateway.calls.flush()
    const list = await gateway.ask<{ data: { id: string }[] }>('/api/v1/history?limit=1', { token })
    return (await gateway.ask<Detail>(`/api/v1/history/${list.json.data[0]?.id}${query}`, { token })).json
  }

  it.each([false, true])('a chat with the cookie of the browser is kept, streamed: %s', async (stream) => {
    const answer = await chat({ stream }, { headers: byCookie() })
    expect(answer.status, answer.text).toBe(200)
    const said = stream
      ? events(answer.text.replace('data: [DONE]', ''))
          .map(({ choices }) => (choices as { delta: { content?: string } }[])[0]?.delta.content ?? '')
          .join('')
      : (answer.json as { choices: { message: { content: string } }[] }).choices[0]?.message.content
    expect(await latest()).toMatchObject({
      prompt: [{ role: 'user', content: 'Hi' }],
      response: said,
      truncated: false,
      streamed: stream,
      asked_model: model,
      connection: 'default',
      key: null,
    })
  })

  it('the same with a session token or a key is not: programs come so', async () => {
    expect((await chat({}, { token })).status).toBe(200)
    expect(await latest()).toMatchObject({ prompt: null, response: null, truncated: false })
    const expires = new Date(Date.now() + 86_400_000).toISOString()
    const made = await gateway.ask<{ key: string; id: string; prefix: string }>('/api/v1/keys', {
      token,
      body: { name: 'nightly', expires_at: expires },
    })
    const { key, id, prefix } = made.json
    expect((await chat({ stream: true }, { token: key })).status).toBe(200)
    const byKey = await latest()
    expect(byKey).toMatchObject({ prompt: null, key_id: id, key: { id, name: 'nightly', prefix } })
    const filtered = await gateway.ask<{ data: Detail[] }>(`/api/v1/history?key_id=${id}`, { token })
    expect(filtered.json.data.map((call) => call.key?.name)).toEqual(['nightly'])
  })

  it('other routes with the cookie are not', async () => {
    const answer = await gateway.ask('/v1/completions', {
      body: { model, prompt: 'Once' },
      headers: byCookie(),
    })
    expect(answer.status, answer.text).toBe(200)
    expect(await latest()).toMatchObject({ prompt: null })
  })

  it('images are kept up to 1 MiB, and told of beyond it', async () => {
    const text = { type: 'text', text: 'What is it?' }
    const ask = (part: object) =>
      chat({ messages: [{ role: 'user', content: [text, part] }] }, { headers: byCookie() })
    expect((await ask(image(3000))).status).toBe(200)
    expect((await latest()).prompt).toEqual([{ role: 'user', content: [text, image(3000)] }])
    expect((await ask(image(900_000))).status).toBe(200)
    expect((await latest()).prompt).toEqual([
      { role: 'user', content: [text, { type: 'text', text: '[An image of 900 kB was not kept.]' }] },
    ])
  })

  it('a long prompt is shown in part, and whole on demand', async () => {
    const content = 'word '.repeat(20_000)
    expect((await chat({ messages: [{ role: 'user', content }] }, { headers: byCookie() })).status).toBe(200)
    const part = await latest()
    expect(part.truncated).toBe(true)
    expect(part.prompt?.[0]?.content).toBe(content.slice(0, 65_536))
    const whole = await latest('?full=true')
    expect(whole.truncated).toBe(false)
    expect(whole.prompt?.[0]?.content).toBe(content)
    const refused = await gateway.ask(`/api/v1/history/${part.id}?full=perhaps`, { token })
    expect(refused.status).toBe(400)
  })

  it('nothing of who has said no', async () => {
    const choose = (keep: boolean | null) =>
      gateway.ask('/api/v1/users/me', { method: 'PATCH', token, body: { keep_content: keep } })
    expect((await choose(false)).status).toBe(200)
    expect((await chat({}, { headers: byCookie() })).status).toBe(200)
    expect(await latest()).toMatchObject({ prompt: null, response: null })
    await choose(null)
  })
})
