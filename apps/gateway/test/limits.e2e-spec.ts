import { connect } from 'node:net'
import { type GitHub, startGitHub } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InnerGateway, type People, type Person, startGateway, startPeople } from './harness.js'

interface ErrorAnswer {
  error: { message: string; type: string; param: string | null; code: string }
}

describe('the limits of the edge', () => {
  let people: People
  let github: GitHub
  let gateway: InnerGateway
  let ada: Person

  beforeAll(async () => {
    people = await startPeople()
    github = await startGitHub()
    gateway = await startGateway({
      ...people.environment,
      GITHUB_CLIENT_ID: github.clientId,
      GITHUB_CLIENT_SECRET: github.clientSecret,
      GITHUB_URL: github.origin,
      GITHUB_API_URL: github.origin,
    })
    ada = await people.register(gateway, 'ada@example.com')
  })
  afterAll(async () => {
    await gateway.close()
    await people.close()
    await github.close()
  })

  /** Sends bytes as they are, gives back all that comes until the connection ends or nothing more does. */
  const raw = (text: string, then?: { on: string; send: string }) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => socket.write(text))
      let answer = ''
      socket.on('data', (chunk) => {
        const before = answer
        answer += chunk.toString()
        if (then && answer.includes(then.on) && !before.includes(then.on)) socket.write(then.send)
      })
      socket.on('close', () => resolve(answer))
      socket.on('error', reject)
      socket.setTimeout(5000, () => socket.destroy())
    })

  it('T70: a stranger’s body on /auth is a token’s size, and no spelling of a prototype gets in anywhere', async () => {
    const large = `{"provider":"google","id_token":"${'x'.repeat(66 << 10)}"}`
    for (const path of ['/auth/login', '/auth/register', '/%61uth/login']) {
      const refused = await gateway.ask<ErrorAnswer>(path, { method: 'POST', body: large }).catch(() => null)
      if (refused) expect([refused.status, refused.json.error.code]).toEqual([413, 'request_too_large'])
    }
    const pollution = '{"name":"x","provider":"demo","model":"echo","parameters":{"\\u005f_proto__":{"a":1}}}'
    const polluted = await gateway.ask<ErrorAnswer>('/api/v1/presets', {
      method: 'POST',
      token: ada.token,
      body: pollution,
    })
    expect(polluted.json.error).toMatchObject({ code: 'unknown_field', param: '__proto__' })
  })

  it('T70: a body for a model that is too large is refused as soon as it says so, or is it, and ends its connection', async () => {
    const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\n`
    const limit = 32 << 20
    const declared = await raw(`${head}Content-Length: ${limit + 1}\r\n\r\n{`)
    const piece = `${(1 << 20).toString(16)}\r\n${' '.repeat(1 << 20)}\r\n`
    const sent = await raw(`${head}Transfer-Encoding: chunked\r\n\r\n${piece.repeat(33)}`)
    for (const answer of [declared, sent]) {
      expect(answer).toMatch(/^HTTP\/1\.1 413 /)
      expect(answer).toContain('"code":"request_too_large"')
      expect(answer.toLowerCase()).toContain('connection: close')
      expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
    }
  })

  it('a body that comes byte by byte is one body, and the next request on its connection another', async () => {
    const body = '{"model":"demo/echo","messages":[{"role":"user","content":"grüße"}]}'
    const bytes = Buffer.from(body)
    const pieces = [...bytes].map((byte) =>
      Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]),
    )
    const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\n`
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    socket.setNoDelay(true)
    let answers = ''
    socket.on('data', (chunk) => {
      answers += chunk.toString()
    })
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
    for (const piece of pieces) {
      socket.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.write('0\r\n\r\n')
    socket.write(`${head}Content-Length: ${bytes.length}\r\n\r\n${body}`)
    socket.write(`${head}Content-Length: 0\r\nConnection: close\r\n\r\n`)
    await new Promise((resolve) => socket.on('close', resolve))
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400'])
    expect(answers.match(/gr\u00fc\u00dfe/g)).toHaveLength(2)
  })

  it('T75: nothing that is said here is kept, however the address is spelled', async () => {
    for (const path of [
      '/auth/providers',
      '/%61uth/providers',
      '/api/v1/history',
      '/%61pi/v1/history',
      '/%76%31/x',
      '/nowhere',
    ]) {
      expect((await gateway.ask(path)).headers.get('cache-control'), path).toBe('no-store')
    }
  })

  it('probes are known by their route, however the address is spelled', async () => {
    const other = await startGateway({})
    try {
      other.gateway.lifecycle.beginStop()
      other.gateway.lifecycle.beginRefusing()
      expect((await other.ask('/health')).status).toBe(200)
      expect((await other.ask('/%68ealth')).status).toBe(200)
      expect((await other.ask('/health?x=/auth/providers')).status).toBe(200)
      for (const path of ['/auth/providers', '/auth/providers?/health', '/nowhere'])
        expect((await other.ask<ErrorAnswer>(path)).json.error.code, path).toBe('shutting_down')
    } finally {
      await other.close()
    }
  })

  it('T65: an expectation that nobody can meet is refused in the one shape, and 100-continue is met', async () => {
    const refused = await raw(
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nExpect: foo\r\nContent-Type: application/json\r\nContent-Length: 2\r\nx-request-id: my-request-0001\r\n\r\n{}',
    )
    expect(refused).toMatch(/^HTTP\/1.1 417 /)
    expect(refused).toContain('"code":"expectation_failed"')
    expect(refused).toContain('x-request-id: my-request-0001')
    expect(refused).toContain('x-content-type-options: nosniff')
    expect(refused.toLowerCase()).toContain('connection: close')
    expect(refused.match(/HTTP\/1.1/g)).toHaveLength(1)

    const met = await raw(
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n',
      { on: '100 Continue\r\n\r\n', send: '{}' },
    )
    expect(met).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 400 /)
    expect(met).toContain('"param":"provider"')
  })

  it('names a field at fault in at most a hundred characters', async () => {
    const name = 'n'.repeat(1 << 19)
    const preset = { name: 'x', provider: 'demo', model: 'echo', parameters: {} }
    const answers = [
      await gateway.ask<ErrorAnswer>('/api/v1/presets', { token: ada.token, body: { ...preset, [name]: 1 } }),
      await gateway.ask<ErrorAnswer>('/api/v1/presets', {
        token: ada.token,
        body: { ...preset, parameters: { [name]: 1 } },
      }),
      await gateway.ask<ErrorAnswer>('/api/v1/llm/call', {
        token: ada.token,
        body: { provider: 'demo', model: 'echo', prompt: 'x', [name]: { [name]: 1 } },
      }),
      await gateway.ask<ErrorAnswer>('/api/v1/llm/call', {
        token: ada.token,
        body: { provider: name, model: name, prompt: 'x' },
      }),
      await gateway.ask<ErrorAnswer>(`/api/v1/history?${'q'.repeat(9000)}=1`, { token: ada.token }),
    ]
    for (const { status, json, text } of answers) {
      expect(status).toBe(400)
      expect((json.error.param ?? '').length).toBeLessThanOrEqual(100)
      expect(text.length).toBeLessThan(1000)
    }
    expect(answers[0]?.json.error.param).toBe('n'.repeat(100))
  })

  it('T70: whoever tries GitHub tokens is slowed down, and who signs in otherwise is not', async () => {
    const tried = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        gateway.ask<ErrorAnswer>('/auth/login', {
          body: { provider: 'github', id_token: `gho_guess${index}` },
        }),
      ),
    )
    expect(github.requests.check).toBe(10)
    const limited = tried.filter(({ status }) => status === 429)
    expect(limited).toHaveLength(50)
    expect(limited[0]?.json.error).toMatchObject({ code: 'rate_limited', type: 'requests' })
    expect(Number(limited[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(limited[0]?.headers.get('retry-after'))).toBeLessThan(7)
    expect(limited[0]?.headers.get('retry-after-ms')).toMatch(/^\d+$/)
    const google = { provider: 'google', id_token: people.idToken('ada@example.com') }
    expect((await gateway.ask('/auth/login', { body: google })).status).toBe(200)
    const rows = await gateway.gateway.database.client.audit.findMany({ where: { action: 'sign_in.failed' } })
    const kinds = rows.map(({ after }) => after).filter((after) => JSON.stringify(after).includes('github'))
    expect(kinds).toHaveLength(2)
  })

  it('T70: readers that do not read are let go of', () => {
    const server = gateway.gateway.app.getHttpServer() as {
      timeout: number
      listenerCount(name: string): number
    }
    expect(server.timeout).toBe(120_000)
    expect(server.listenerCount('timeout')).toBe(1)
  })
})
