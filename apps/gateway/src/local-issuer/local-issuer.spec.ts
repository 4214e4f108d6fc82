import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createSignIn,
  localIssuerName,
  type SignIn,
  type SignInValues,
  signInVariables,
} from '@gatehouse/identity'
import { createTransport } from '@gatehouse/outbound'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localIdToken, visitLocalIssuer } from '../../test/visit-local-issuer.js'
import { createLocalIssuer, type LocalIssuer, type LocalIssuerSettings } from './local-issuer.js'
import { mountLocalIssuer } from './mount.js'
import { identityOf } from './person.js'

const noValues = Object.fromEntries(
  Object.entries(signInVariables).map(([name, { schema }]) => [name, schema.parse(undefined)]),
) as SignInValues

/** What the server answers to a raw request, where the Host header is part of the test. */
function rawStatus(
  port: number,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    request.on('error', reject)
    request.end()
  })
}

interface Running {
  origin: string
  port: number
  redirectUri: string
  issuer: LocalIssuer
  close(): Promise<unknown>
}

/** A bare server with the issuer mounted, on a port that is known before the routes are, as in the gateway. */
async function run(dataDir: string, changes: Partial<LocalIssuerSettings> = {}): Promise<Running> {
  const probe = new FastifyAdapter().getInstance()
  await probe.listen({ port: 0, host: '127.0.0.1' })
  const { port } = probe.server.address() as AddressInfo
  await probe.close()
  const origin = `http://localhost:${port}`
  const redirectUri = `${origin}/auth/local/callback`
  const issuer = await createLocalIssuer({
    publicUrl: origin,
    host: '127.0.0.1',
    production: false,
    dataDir,
    clientId: 'gatehouse',
    redirectUris: [redirectUri],
    ...changes,
  })
  const server = new FastifyAdapter().getInstance()
  await mountLocalIssuer(server, issuer)
  await server.listen({ port, host: '127.0.0.1' })
  return { origin, port, redirectUri, issuer, close: () => server.close() }
}

describe('the local issuer', () => {
  const transport = createTransport()
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-local-issuer-'))
  const failures: unknown[] = []
  let gateway: Running
  let signIn: SignIn

  beforeAll(async () => {
    gateway = await run(dataDir, { onError: (error) => failures.push(error) })
    const local = gateway.issuer.address
    signIn = createSignIn({ values: noValues, fetch: transport.fetch, production: false, local })
  })
  afterAll(async () => {
    await Promise.all([gateway.close(), transport.close()])
    rmSync(dataDir, { recursive: true })
    expect(failures).toEqual([])
  })

  const begin = () => signIn.start('local', { redirectUri: gateway.redirectUri })
  const tokenFor = (email: string) => localIdToken(gateway.issuer.address, gateway.redirectUri, email, fetch)

  /** As far as the form, with the cookies that the browser then holds. */
  async function openForm() {
    const begun = await fetch((await begin()).url, { redirect: 'manual' })
    const form = new URL(begun.headers.get('location') ?? '', gateway.origin)
    const headers = begun.headers.getSetCookie()
    return { form, headers, cookie: headers.map((header) => header.split(';')[0]).join('; ') }
  }
  async function send(body: string, headers: Record<string, string> = {}) {
    const { form, cookie } = await openForm()
    const type = 'application/x-www-form-urlencoded'
    return fetch(form, {
      method: 'POST',
      redirect: 'manual',
      body,
      headers: { cookie, 'content-type': type, ...headers },
    })
  }

  it('signs anyone in through the same flow as any other provider', async () => {
    expect(signIn.list()).toEqual([{ id: 'local', name: 'Local', browser: true }])
    const { url, transaction } = await begin()
    const callback = await visitLocalIssuer(url, 'Ada.Lovelace@Example.com', fetch)
    expect(callback.href.startsWith(`${gateway.redirectUri}?code=`)).toBe(true)
    expect(await signIn.finish('local', callback, transaction)).toEqual({
      provider: 'local',
      issuer: localIssuerName,
      subject: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      email: 'ada.lovelace@example.com',
      emailVerified: true,
      name: 'Ada Lovelace',
    })
  })

  it('gives an ID token without a browser, which proves the same person each time', async () => {
    const token = await tokenFor('admin@localhost')
    const admin = await signIn.verify('local', token)
    expect(admin).toEqual(identityOf('admin@localhost'))
    expect(admin).toMatchObject({ email: 'admin@localhost', emailVerified: true, name: 'Admin' })
    expect(await signIn.verify('local', token)).toEqual(admin)
    expect((await signIn.verify('local', await tokenFor('ADMIN@localhost'))).subject).toBe(admin.subject)
    expect((await signIn.verify('local', await tokenFor('user@localhost'))).subject).not.toBe(admin.subject)
    expect(admin.subject).not.toContain('admin')
  })

  it('asks each time, also a browser that has signed in before', async () => {
    const { form, cookie } = await openForm()
    const body = new URLSearchParams({ email: 'first@localhost' })
    const sent = await fetch(form, { method: 'POST', body, headers: { cookie }, redirect: 'manual' })
    const resumed = await fetch(sent.headers.get('location') ?? '', {
      headers: { cookie },
      redirect: 'manual',
    })
    expect(resumed.headers.get('location')).toContain('code=')
    const session = resumed.headers.getSetCookie().map((header) => header.split(';')[0])
    expect(session.join()).toContain('gatehouse_local_session=')
    const next = await fetch((await begin()).url, {
      headers: { cookie: session.join('; ') },
      redirect: 'manual',
    })
    expect(next.headers.get('location')).toContain('/local/sign-in/')
  })

  it('works with a client secret as well', async () => {
    const confidential = await run(dataDir, { clientSecret: 'a-client-secret-of-this-process-alone' })
    try {
      const { address } = confidential.issuer
      expect(await localIdToken(address, confidential.redirectUri, 'a@b.test', fetch)).toMatch(/^ey/)
      const wrong = { ...address, clientSecret: 'another-secret-that-is-not-the-one' }
      await expect(localIdToken(wrong, confidential.redirectUri, 'a@b.test', fetch)).rejects.toThrow()
    } finally {
      await confidential.close()
    }
  })

  it('shows a page that says what it is, works without scripts, and loads nothing', async () => {
    const { form, cookie } = await openForm()
    const page = await fetch(form, { headers: { cookie } })
    const html = await page.text()
    expect(page.status).toBe(200)
    expect(html).toContain('in development only')
    expect(html).toContain('<button class="primary" name="email" value="admin@localhost">')
    expect(html).toContain('<label for="email">')
    expect(html).not.toMatch(/<script|<link|<img|https?:/)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(page.headers.get('cache-control')).toBe('no-store')
  })

  it('keeps its cookies from scripts and from other sites', async () => {
    const { headers } = await openForm()
    expect(headers.length).toBeGreaterThan(0)
    for (const header of headers) {
      expect(header).toMatch(/httponly/i)
      expect(header).toMatch(/samesite=lax/i)
      expect(header).toMatch(/path=\/local/i)
    }
  })

  it.each(['', 'ada', 'a@evil@corp.com', '"><script>alert(1)</script>@x', 'a b@c.test'])(
    'T09: asks again for %j, which is no address',
    async (email) => {
      const answer = await send(new URLSearchParams({ email }).toString())
      expect(answer.status).toBe(422)
      const html = await answer.text()
      expect(html).toContain('role="alert"')
      expect(html).not.toContain('<script')
    },
  )

  it('lets one turn back', async () => {
    const answer = await send('cancel=1')
    expect(answer.status).toBe(303)
    const { form, cookie } = await openForm()
    const cancelled = await fetch(form, {
      method: 'POST',
      body: 'cancel=1',
      headers: { cookie },
      redirect: 'manual',
    })
    const back = await fetch(cancelled.headers.get('location') ?? '', {
      headers: { cookie },
      redirect: 'manual',
    })
    expect(new URL(back.headers.get('location') ?? '').searchParams.get('error')).toBe('access_denied')
  })

  it('T73: takes the form from its own page alone, and with the cookie of the browser that opened it', async () => {
    const email = 'email=victim%40localhost'
    expect((await send(email, { origin: 'https://evil.test' })).status).toBe(403)
    expect((await send(email, { origin: 'null' })).status).toBe(403)
    expect((await send(email, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await send(email, { cookie: '' })).status).toBe(400)
    expect((await send(email, { origin: gateway.origin, 'sec-fetch-site': 'same-origin' })).status).toBe(303)
    expect((await send(`email=${'a'.repeat(10_000)}`)).status).toBe(413)
  })

  it('T73: needs PKCE, a registered callback, and its one client', async () => {
    const refused = async (change: (query: URLSearchParams) => void) => {
      const url = new URL((await begin()).url)
      change(url.searchParams)
      const answer = await fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } })
      const location = answer.headers.get('location')
      if (!location?.startsWith(gateway.redirectUri)) return answer.status
      // Of the implicit flow, in the fragment.
      return new URL(location.replace('#', '?')).searchParams.get('error')
    }
    expect(await refused(() => undefined)).toBe(303)
    expect(await refused((query) => query.delete('code_challenge'))).toBe('invalid_request')
    expect(await refused((query) => query.set('code_challenge_method', 'plain'))).toBe('invalid_request')
    expect(await refused((query) => query.set('redirect_uri', 'https://evil.test/callback'))).toBe(400)
    expect(await refused((query) => query.set('redirect_uri', `${gateway.redirectUri}/../x`))).toBe(400)
    expect(await refused((query) => query.set('client_id', 'another'))).toBe(400)
    expect(await refused((query) => query.set('response_type', 'id_token'))).toBe('unsupported_response_type')
  })

  it('answers under its own name alone, whatever page makes the browser call', async () => {
    const path = '/local/.well-known/openid-configuration'
    const status = (host: string) => rawStatus(gateway.port, path, { host })
    expect(await status(`localhost:${gateway.port}`)).toBe(200)
    expect(await status(`rebound.evil.test:${gateway.port}`)).toBe(403)
    expect(await status(`127.0.0.1:${gateway.port}`)).toBe(403)
    expect(await status('localhost')).toBe(403)
  })

  it.each<[string, Partial<LocalIssuerSettings>]>([
    ['in production', { production: true }],
    ['on every address of the machine', { host: '0.0.0.0' }],
    ['on an address of the network', { host: '192.168.1.7' }],
    ['on every address of IPv6', { host: '::' }],
    ['under a public name', { publicUrl: 'https://gate.example.com' }],
    ['under a name that begins like loopback', { publicUrl: 'http://localhost.evil.test:8000' }],
    ['under an address that begins like loopback', { publicUrl: 'http://127.0.0.1.evil.test' }],
  ])('cannot be turned on %s', async (_, changes) => {
    await expect(run(dataDir, changes)).rejects.toThrow('cannot be turned on')
  })

  it('keeps its key, for its owner alone', async () => {
    const file = join(dataDir, 'local-issuer-key.pem')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const token = await tokenFor('admin@localhost')
    const before = readFileSync(file, 'utf8')
    chmodSync(file, 0o644)
    const again = await run(dataDir)
    const published = (await (await fetch(`${again.origin}/local/jwks`)).json()) as {
      keys: Record<string, unknown>[]
    }
    await again.close()
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as {
      kid: string
    }
    expect(published.keys.map(({ kid }) => kid)).toEqual([header.kid])
    expect(published.keys[0]).not.toHaveProperty('d')
  })

  it('names the file of a key that cannot be read', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'gatehouse-local-issuer-'))
    writeFileSync(join(broken, 'local-issuer-key.pem'), 'not a key')
    await expect(run(broken)).rejects.toThrow('local-issuer-key.pem is not a private key')
    rmSync(broken, { recursive: true })
  })
})
