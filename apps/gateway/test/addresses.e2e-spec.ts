import { createServer, type Server } from 'node:net'
import { freePort, type StandIn, startOpenAi } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  adminEmail,
  type InnerGateway,
  type People,
  type Person,
  startGateway,
  startPeople,
} from './harness.js'

/** This machine, in all the ways in which an address can be written so that a filter takes it for another one. */
const hosts = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '127.000.000.001',
  '0177.0.0.1',
  '0177.0.0.01',
  '0x7f.0.0.1',
  '0x7f000001',
  '0X7F000001',
  '2130706433',
  '017700000001',
  '0.0.0.0',
  '0',
  '127.127.127.127',
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[fe80::1]',
  '[fd00::1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'localhost.localdomain',
  'ip6-localhost',
  'ok.localhost',
  '127.0.0.1.nip.io',
  '127。0。0。1',
  '①②⑦.⓪.⓪.①',
  '169.254.169.254',
  '169.254.170.2',
  '[fd00:ec2::254]',
  'metadata.google.internal',
  'metadata',
  '100.100.100.200',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
]

/** Some of them as whole addresses that two parsers read differently, or by which something else than http is asked. */
const addresses = (port: number): string[] => [
  ...hosts.map((host) => `http://${host}:${port}`),
  `https://127.0.0.1:${port}`,
  `HTTP://127.0.0.1:${port}`,
  `//127.0.0.1:${port}`,
  `127.0.0.1:${port}`,
  `http:127.0.0.1:${port}`,
  `http:\\\\127.0.0.1:${port}`,
  `http://api.openai.com@127.0.0.1:${port}`,
  `http://api.openai.com:443@127.0.0.1:${port}`,
  `http://api.openai.com\\@127.0.0.1:${port}`,
  `http://127.0.0.1:${port}\\@api.openai.com`,
  `http://127.0.0.1:${port}#@api.openai.com`,
  `http://127.0.0.1:${port}?@api.openai.com`,
  `http://127.0.0.1:${port}/v1/..;/`,
  `http://127.0.0.1:${port}%2f@api.openai.com`,
  `http://127.0.0.1:${port} .api.openai.com`,
  `http://127.0.0.1%09:${port}`,
  'http://127.0.0.1:25',
  'file:///etc/passwd',
  `gopher://127.0.0.1:${port}/_x`,
  `ftp://127.0.0.1:${port}`,
  `ws://127.0.0.1:${port}`,
  `jar:http://127.0.0.1:${port}!/`,
  `dict://127.0.0.1:${port}/x`,
  `data:text/plain,http://127.0.0.1:${port}`,
  `unix:/tmp/x.sock`,
]

/** Names under which other gateways take an address. */
const fields = [
  'base_url',
  'api_base',
  'endpoint',
  'issuer',
  'issuer_url',
  'jwks_uri',
  'callback_url',
  'webhook',
]

describe('addresses that come from outside', () => {
  let people: People
  let openai: StandIn
  let gateway: InnerGateway
  let admin: Person
  let port: number
  const evil: Server[] = []
  let visits = 0

  beforeAll(async () => {
    people = await startPeople()
    openai = await startOpenAi()
    gateway = await startGateway({
      ...people.environment,
      OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
      OPENAI_BASE_URL: `${openai.url}/v1`,
    })
    admin = await people.register(gateway, adminEmail)
    port = await freePort()
    for (const host of ['127.0.0.1', '::1']) {
      const server = createServer((socket) => {
        visits++
        socket.destroy()
      })
      // A machine without IPv6 has one way less.
      const listens = await new Promise<boolean>((done) => {
        server.once('error', () => done(false)).listen(port, host, () => done(true))
      })
      if (listens) evil.push(server)
    }
  })
  afterAll(async () => {
    for (const server of evil) await new Promise((done) => server.close(done))
    await gateway?.close()
    await people?.close()
    await openai?.close()
  })

  it('T51: not even an admin can say by a request where the gateway connects to', async () => {
    const all = addresses(port)
    expect(all.length).toBeGreaterThanOrEqual(60)
    expect(evil.length).toBeGreaterThan(0)
    const { token, id } = admin
    for (const address of all) {
      const id_token = people.idToken('x@example.com', { iss: address, sub: 'x' })
      const saved = await Promise.all(
        fields.flatMap((field) => [
          gateway.ask('/api/v1/users/me', { method: 'PATCH', token, body: { name: 'x', [field]: address } }),
          gateway.ask(`/api/v1/admin/users/${id}`, {
            method: 'PATCH',
            token,
            body: { roles: ['admin'], [field]: address },
          }),
          gateway.ask('/api/v1/keys', {
            token,
            body: { name: 'x', expires_at: new Date(Date.now() + 3_600_000).toISOString(), [field]: address },
          }),
        ]),
      )
      expect(new Set(saved.map(({ status }) => status)), address).toEqual(new Set([400]))
      const named = encodeURIComponent(address)
      const answers = await Promise.all([
        gateway.ask('/auth/link', { token, body: { provider: 'google', id_token } }),
        gateway.ask('/auth/link', { token, body: { provider: address, id_token } }),
        gateway.ask('/auth/register', { body: { provider: 'google', id_token } }),
        gateway.ask('/v1/models', { token: id_token }),
        gateway.ask('/api/v1/llm/call', { token, body: { provider: address, model: 'm', prompt: 'x' } }),
        gateway.ask(`/v1/chat/completions?provider=${named}`, {
          token,
          body: { model: 'm', messages: [{ role: 'user', content: 'x' }] },
        }),
        gateway.ask(`/proxy/${named}/v1/models`, { token }),
        gateway.ask(`/auth/${named}/start`),
      ])
      for (const { status, headers } of answers) {
        expect(status, address).toBeGreaterThanOrEqual(300)
        expect(headers.get('location') ?? '/', address).toMatch(/^\/(\?sign_in_error=|$)/)
      }
    }
    expect(visits).toBe(0)
  })
})
