import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@gatehouse/platform'
import {
  createPostgresDatabase,
  freePort,
  type OpenIdIssuer,
  type StandIn,
  startOpenAi,
  startOpenIdIssuer,
} from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createGateway } from '../src/boot.js'
import { loadConfig } from '../src/config.js'
import {
  adminEmail,
  type InnerGateway,
  type People,
  type Person,
  startGateway,
  startPeople,
  type TestGateway,
} from './harness.js'

interface Refusal {
  error: { message: string; code: string }
}
interface Explained {
  kind: string
  accepted: boolean
  steps: { check: string; passed: boolean; detail: string }[]
  refusal: { status: number; message: string } | null
  identity: { subject: string; roles: string[] } | null
  principal: { id: string; kind: string } | null
}

const secret = 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo'
const chat = (model = 'gpt-4o') => ({ model: `openai/${model}`, messages: [{ role: 'user', content: 'x' }] })

/** An access token by client credentials, as Keycloak makes them. */
function machineToken(issuer: OpenIdIssuer, claims: Record<string, unknown> = {}, lifeSeconds = 300): string {
  const now = Math.floor(Date.now() / 1000)
  return issuer.mint({
    payload: {
      exp: now + lifeSeconds,
      iat: now,
      jti: crypto.randomUUID(),
      iss: issuer.issuer,
      aud: ['gatehouse', 'account'],
      sub: '5f0c2a51-6c1e-4a0e-9d2b-0f6b8a7c3d21',
      typ: 'Bearer',
      azp: 'batch',
      acr: '1',
      realm_access: { roles: ['offline_access', 'uma_authorization'] },
      scope: 'email profile',
      clientHost: '10.0.0.7',
      email_verified: false,
      preferred_username: 'service-account-batch',
      client_id: 'batch',
      ...claims,
    },
  })
}

describe('machines', () => {
  let people: People
  let keycloak: OpenIdIssuer
  let cluster: OpenIdIssuer
  let openai: StandIn
  let folder: string
  let gateway: InnerGateway
  let root: Person

  beforeAll(async () => {
    ;[people, keycloak, cluster, openai] = await Promise.all([
      startPeople(),
      startOpenIdIssuer(),
      startOpenIdIssuer(),
      startOpenAi(),
    ])
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
    writeFileSync(
      join(folder, 'gatehouse.yaml'),
      `
issuers:
  - id: cluster
    preset: kubernetes
    issuer: ${cluster.issuer}
    audiences: [gatehouse]
    required_claims:
      kubernetes.io.namespace: jobs
    models:
      - {claim: kubernetes.io.serviceaccount.name, value: batch, models: [openai/gpt-4o]}
    admins:
      - {claim: kubernetes.io.serviceaccount.name, value: operator}
`,
    )
    gateway = await startGateway({
      ...people.environment,
      // As the sign-in client's, and one of its own.
      OIDC_ISSUER_URL: keycloak.issuer,
      OIDC_CLIENT_ID: 'gatehouse',
      OIDC_CLIENT_SECRET: 'of-keycloak',
      GATEHOUSE_CONFIG: join(folder, 'gatehouse.yaml'),
      OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
      OPENAI_BASE_URL: `${openai.url}/v1`,
    })
    root = await people.register(gateway, adminEmail)
  })
  afterAll(async () => {
    await gateway?.close()
    await Promise.all([people, keycloak, cluster, openai].map((each) => each?.close()))
    rmSync(folder, { recursive: true, force: true })
  })

  const podToken = (name: string, namespace = 'jobs') =>
    machineToken(cluster, {
      aud: ['gatehouse'],
      sub: `system:serviceaccount:${namespace}:${name}`,
      typ: undefined,
      azp: undefined,
      client_id: undefined,
      'kubernetes.io': { namespace, serviceaccount: { name, uid: 'u' } },
    })
  const whoCalled = async (token: string, at: TestGateway = gateway) => {
    const { json } = await at.ask<{ data: { principal: { type: string; id: string } }[] }>(
      '/api/v1/history?limit=1',
      { token },
    )
    return json.data[0]?.principal
  }

  it('a token of the issuer of the variables calls every way to a model, and never goes upstream', async () => {
    const token = machineToken(keycloak)
    expect((await gateway.ask('/v1/models', { token })).status).toBe(200)
    expect((await gateway.ask('/v1/chat/completions', { token, body: chat() })).status).toBe(200)
    expect((await gateway.ask('/v1/models', { headers: { 'x-api-key': token } })).status).toBe(200)
    expect((await gateway.ask('/proxy/openai/models', { token })).status).not.toBe(401)
    const body = { provider: 'openai', model: 'gpt-4o', prompt: 'x' }
    const { status, json } = await gateway.ask<{ history_id: string }>('/api/v1/llm/call', { token, body })
    expect(status).toBe(200)
    expect(openai.requests.length).toBeGreaterThanOrEqual(2)
    for (const request of openai.requests) expect(JSON.stringify(request)).not.toContain(token.split('.')[1])
    const kept = await gateway.ask(`/api/v1/history/${json.history_id}`, { token })
    // KEEP_CONTENT=own is about people.
    expect([kept.status, kept.json.prompt, kept.json.response]).toEqual([200, null, null])
    const account = await whoCalled(token)
    expect(account).toMatchObject({ type: 'service_account' })
    // What is done to people is not done to it.
    const signOut = `/api/v1/admin/users/${(account as { id: string }).id}/sign-out`
    expect((await gateway.ask(signOut, { method: 'POST', token: root.token })).status).toBe(404)
    expect((await gateway.ask('/api/v1/usage', { token })).status).toBe(200)
    expect((await gateway.ask('/api/v1/history/stats', { token })).json).toMatchObject({ failed_calls: 0 })
  })

  it('is one service account, made once, that admins find', async () => {
    const claims = { sub: 'crowd', azp: 'crowd', client_id: 'crowd' }
    const tokens = Array.from({ length: 20 }, () => machineToken(keycloak, claims))
    const answers = await Promise.all(tokens.map((token) => gateway.ask('/api/v1/history', { token })))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const { json } = await gateway.ask<{ data: { name: string; identities: object[] }[] }>(
      '/api/v1/admin/service-accounts?query=crowd',
      { token: root.token },
    )
    expect(json.data).toEqual([
      expect.objectContaining({
        name: 'crowd',
        identities: [
          expect.objectContaining({ provider: 'oidc', issuer: keycloak.issuer, subject: 'crowd' }),
        ],
      }),
    ])
  })

  it('T31: one subject at two issuers is two service accounts', async () => {
    const sub = 'system:serviceaccount:jobs:batch'
    const tokens = [machineToken(keycloak, { sub }), podToken('batch')]
    for (const token of tokens) await gateway.ask('/v1/chat/completions', { token, body: chat() })
    const callers = () => Promise.all(tokens.map((token) => whoCalled(token)))
    await expect.poll(callers, { timeout: 10_000 }).toEqual([
      { type: 'service_account', id: expect.any(String) },
      { type: 'service_account', id: expect.any(String) },
    ])
    const [one, two] = await callers()
    expect(one?.id).not.toBe(two?.id)
  })

  it.each<[name: string, token: () => string, status: number, says: RegExp]>([
    [
      'T27: made for another API',
      () => machineToken(keycloak, { aud: 'account' }),
      401,
      /audience.*must hold gatehouse\..*audience mapper that adds gatehouse/,
    ],
    ['T27: without an audience', () => machineToken(keycloak, { aud: undefined }), 401, /audience/],
    ['T28: an ID token', () => machineToken(keycloak, { nonce: 'n' }), 401, /made for sign-in/],
    [
      'T28: for the client by which people sign in',
      () => machineToken(keycloak, { aud: ['gatehouse', 'google-client'] }),
      401,
      /people sign in here/,
    ],
    ['T28: of a sign-in provider', () => people.idToken('ada@example.com'), 401, /not trusted here/],
    [
      'T30: of an issuer with a slash more',
      () => machineToken(keycloak, { iss: `${keycloak.issuer}/` }),
      401,
      /spelt/,
    ],
    ['that has ended', () => machineToken(keycloak, {}, -120), 401, /has expired/],
    [
      'of a namespace that may not come',
      () => podToken('batch', 'default'),
      403,
      /kubernetes\.io\.namespace/,
    ],
    [
      'S0-06: the dummy of the seed',
      () => 'dummy-key-since-auth-is-handled-by-transport',
      401,
      /not a signed JWT/,
    ],
    ['a key with a typo', () => `gh_${'A'.repeat(49)}`, 401, /checksum/],
  ])('%s is refused, and told why', async (_name, token, status, says) => {
    const answer = await gateway.ask<Refusal>('/v1/models', { token: token() })
    expect(answer.status).toBe(status)
    expect(answer.json.error.message).toMatch(says)
    const challenge = answer.headers.get('www-authenticate')
    if (status === 401)
      expect(challenge).toMatch(/^Bearer realm="gatehouse", error="invalid_token", error_description="/)
    if (status === 401) expect(challenge).toMatch(says)
  })

  it('T44: reaches models and its own history, and no other route of this gateway', async () => {
    const token = machineToken(keycloak)
    const admin = podToken('operator')
    const reached: string[] = []
    for (const { method, url, access } of gateway.gateway.routes) {
      if (method === 'HEAD' || method === 'OPTIONS' || access === 'public' || url.startsWith('/docs'))
        continue
      const path = url.replaceAll(/:\w+/g, 'x').replace('*', 'x')
      const ask = async (by: string) =>
        gateway.ask<Refusal>(path, { method, token: by, ...(method === 'GET' ? {} : { body: {} }) })
      const { status, json } = await ask(token)
      const where = `${method} ${url}`
      if (access === 'caller') reached.push(where)
      else {
        expect([where, status, json.error.code]).toEqual([
          where,
          403,
          access === 'admin' ? 'admin_required' : 'forbidden',
        ])
        if (access === 'person') expect((await ask(admin)).status, where).toBe(403)
      }
    }
    const known =
      /^(GET|POST) (\/v1\/|\/proxy\/|\/models|\/chat\/completions$|\/completions$|\/embeddings$|\/api\/v1\/llm\/)/
    const own = /^GET \/api\/v1\/(history|usage|models$)/
    expect(
      reached.filter((where) => !known.test(where) && !own.test(where) && !/ \/proxy\//.test(where)),
    ).toEqual([])
    expect(reached).toContain('POST /v1/chat/completions')
  })

  it('T35: is an admin by a rule of the operator alone', async () => {
    const claims = { scope: 'admin', realm_access: { roles: ['admin'] }, roles: ['admin'] }
    const users = (token: string) => gateway.ask('/api/v1/admin/users', { token })
    expect((await users(machineToken(keycloak, claims))).status).toBe(403)
    expect((await users(podToken('batch'))).status).toBe(403)
    expect((await users(podToken('operator'))).status).toBe(200)
  })

  it('says where tokens come from, to whoever has none', async () => {
    const { status, json } = await gateway.ask('/.well-known/oauth-protected-resource')
    expect(status).toBe(200)
    expect(json).toMatchObject({
      resource: gateway.url,
      authorization_servers: [keycloak.issuer, cluster.issuer],
      bearer_methods_supported: ['header'],
    })
  })

  describe('explained to an admin', () => {
    const explain = async (token: string) =>
      (
        await gateway.ask<Explained>('/api/v1/admin/explain-token', {
          token: root.token,
          body: { token },
        })
      ).json

    it('step by step, with the mend', async () => {
      const refused = await explain(`Bearer ${machineToken(keycloak, { aud: 'account' })}`)
      expect(refused).toMatchObject({ kind: 'issuer', accepted: false, identity: null, principal: null })
      expect(refused.steps.at(-1)).toMatchObject({ check: 'audience', passed: false })
      expect(refused.refusal).toMatchObject({
        status: 401,
        message: expect.stringContaining('audience mapper'),
      })
      const known = machineToken(keycloak)
      await gateway.ask('/v1/models', { token: known })
      expect(await explain(known)).toMatchObject({ accepted: true, principal: { kind: 'service' } })
      expect(await explain(root.token)).toMatchObject({
        kind: 'session',
        accepted: true,
        principal: { id: root.id },
      })
      expect(await explain(`gh_${'A'.repeat(49)}`)).toMatchObject({
        kind: 'key',
        accepted: false,
        refusal: { status: 401, message: expect.stringContaining('checksum') },
      })
      expect(await explain(`${root.token.slice(0, -4)}AAAA`)).toMatchObject({
        kind: 'session',
        accepted: false,
      })
    })

    it('keeps nothing of it: no account is made', async () => {
      const token = machineToken(keycloak, { sub: 'never-was-here' })
      expect(await explain(token)).toMatchObject({
        accepted: true,
        identity: { subject: 'never-was-here', roles: ['member'] },
        principal: null,
      })
      const { json } = await gateway.ask<{ data: unknown[] }>(
        '/api/v1/admin/service-accounts?query=never-was-here',
        { token: root.token },
      )
      expect(json.data).toEqual([])
    })

    it('T57: no part of a token is in the log, whether it is explained, taken or refused', async () => {
      const directory = join(folder, 'logs')
      const port = String(await freePort())
      const config = loadConfig({
        PORT: port,
        PUBLIC_URL: `http://localhost:${port}`,
        DATA_DIR: join(folder, 'data'),
        OIDC_ISSUER_URL: keycloak.issuer,
        OIDC_AUDIENCE: 'gatehouse',
      })
      const talking = await createGateway(config, createLogger({ level: 'trace', directory }))
      await talking.listen()
      await talking.ready
      const ask = (path: string, token: string, body?: object) =>
        fetch(`${config.publicUrl}${path}`, {
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
        })
      const admin = (await talking.localToken()) ?? ''
      const tokens = [{}, { aud: 'account' }, { aud: 7 }].map((claims) => machineToken(keycloak, claims))
      for (const token of tokens) {
        await ask('/v1/models', token)
        expect((await ask('/api/v1/admin/explain-token', admin, { token })).status).toBe(200)
      }
      await talking.close()
      const log = () =>
        readdirSync(directory)
          .map((file) => readFileSync(join(directory, file), 'utf8'))
          .join('')
      // Lines of requests wait for others; the last two are of the last token.
      await expect.poll(() => log().split('explain-token').length, { timeout: 10_000 }).toBe(4)
      for (const part of tokens.flatMap((token) => token.split('.').slice(1)))
        expect(log()).not.toContain(part.slice(0, 60))
    })

    it('is for admins alone, and takes nothing but a token', async () => {
      const path = '/api/v1/admin/explain-token'
      const ask = (token: string, body: object) => gateway.ask(path, { token, body })
      expect((await ask(machineToken(keycloak), { token: 'x' })).status).toBe(403)
      expect((await ask(root.token, {})).status).toBe(400)
      expect((await ask(root.token, { token: 'x', verbose: true })).status).toBe(400)
      expect((await ask(root.token, { token: '' })).status).toBe(400)
    })
  })

  it('lists the issuers and how they stand', async () => {
    await gateway.ask('/v1/models', { token: machineToken(keycloak) })
    const { json } = await gateway.ask<{ data: object[] }>('/api/v1/admin/issuers', { token: root.token })
    expect(json.data).toEqual([
      expect.objectContaining({ id: 'oidc', issuer: keycloak.issuer, audiences: ['gatehouse'], state: 'ok' }),
      expect.objectContaining({ id: 'cluster', name: 'Kubernetes', introspection: false }),
    ])
  })

  it("T35: a person's own token at a trusted issuer is that person, and no sign-in: it has no role of theirs", async () => {
    const both = await startGateway({
      OIDC_ISSUER_URL: keycloak.issuer,
      OIDC_CLIENT_ID: keycloak.clientId,
      OIDC_CLIENT_SECRET: keycloak.clientSecret,
      OIDC_SIGN_IN: 'true',
      OIDC_AUDIENCE: 'api',
      ADMIN_EMAILS: adminEmail,
    })
    try {
      const person = { sub: 'root-1', email: adminEmail, email_verified: true }
      const signedIn = await both.ask<{ user_id: string; access_token: string }>('/auth/register', {
        body: { provider: 'oidc', id_token: keycloak.mint({ claims: person }) },
      })
      expect(signedIn.status).toBe(201)
      const { access_token: session, user_id: id } = signedIn.json
      expect((await both.ask('/api/v1/admin/users', { token: session })).status).toBe(200)
      const token = machineToken(keycloak, { ...person, aud: 'api' })
      expect((await both.ask('/v1/models', { token })).status).toBe(200)
      expect((await both.ask('/api/v1/admin/users', { token })).status).toBe(403)
      expect((await both.ask('/auth/profile', { token })).status).toBe(403)
      const explained = await both.ask<Explained>('/api/v1/admin/explain-token', {
        token: session,
        body: { token },
      })
      expect(explained.json.principal).toMatchObject({ id, kind: 'user' })
      // The ID token itself is none for the API.
      const idToken = keycloak.mint({ claims: person })
      expect((await both.ask('/v1/models', { token: idToken })).status).toBe(401)
    } finally {
      await both.close()
    }
  })

  it('F25: while its issuer is down a machine is told 503, the gateway serves others, and finds it again by itself', async () => {
    const other = await startOpenIdIssuer()
    other.conditions.down = true
    const late = await startGateway({ AUTH_OIDC_ISSUER: other.issuer, AUTH_OIDC_AUDIENCE: 'gatehouse' })
    try {
      const token = machineToken(other)
      const refused = await late.ask<Refusal>('/v1/models', { token })
      expect([refused.status, refused.json.error.code]).toEqual([503, 'issuer_unavailable'])
      expect(refused.headers.get('retry-after')).toBe('5')
      expect((await late.ask('/ready')).status).toBe(200)
      other.conditions.down = false
      const again = async () => (await late.ask('/v1/models', { token })).status
      await expect.poll(again, { timeout: 30_000, interval: 500 }).toBe(200)
      // And from now on it may go away.
      other.conditions.down = true
      expect((await late.ask('/v1/models', { token: machineToken(other) })).status).toBe(200)
    } finally {
      await late.close()
      await other.close()
    }
  })
})

const server = inject('postgres')
const missing = 'missing' in server ? server.missing : undefined

describe.skipIf(missing !== undefined)(
  `machines at two gateways on one Postgres${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let people: People
    let keycloak: OpenIdIssuer
    let openai: StandIn
    let postgres: { url: string; drop(): Promise<void> }
    let one: InnerGateway
    let two: InnerGateway
    let root: Person

    beforeAll(async () => {
      people = await startPeople()
      keycloak = await startOpenIdIssuer()
      openai = await startOpenAi()
      postgres = await createPostgresDatabase()
      const environment = {
        ...people.environment,
        DATABASE_URL: postgres.url,
        JWT_SECRET: secret,
        OIDC_ISSUER_URL: keycloak.issuer,
        OIDC_AUDIENCE: 'gatehouse',
        OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
        OPENAI_BASE_URL: `${openai.url}/v1`,
      }
      ;[one, two] = await Promise.all([startGateway(environment), startGateway(environment)])
      root = await people.register(one, adminEmail)
    })
    afterAll(async () => {
      await Promise.all([one, two].map((gateway) => gateway?.close()))
      await Promise.all([people?.close(), keycloak?.close(), openai?.close(), postgres?.drop()])
    })

    const idOf = async (query: string) => {
      const { json } = await one.ask<{ data: { id: string }[] }>(
        `/api/v1/admin/service-accounts?query=${query}`,
        { token: root.token },
      )
      expect(json.data).toHaveLength(1)
      return json.data[0]?.id ?? ''
    }
    const stalled = (token: string, at: TestGateway) =>
      at.ask('/v1/chat/completions', { token, body: { ...chat('stall'), stream: true } })
    // The list of models is asked for as well, in the background.
    const calls = () =>
      openai.requests.filter(({ json }) => (json as { model?: string } | undefined)?.model === 'stall').length
    const reachedProvider = (count: number) => expect.poll(calls, { timeout: 20_000 }).toBe(count)

    it('T10: that meet both for the first time at once are one account', async () => {
      const tokens = Array.from({ length: 20 }, () => machineToken(keycloak, { sub: 'at-once' }))
      const answers = await Promise.all(
        tokens.map((token, index) => (index % 2 ? one : two).ask('/v1/models', { token })),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      await idOf('at-once')
    })

    it('T24: disabled on one, its tokens and its live streams end on the other', async () => {
      const token = machineToken(keycloak, { sub: 'to-disable' })
      expect((await two.ask('/v1/models', { token })).status).toBe(200)
      const before = calls()
      const stream = stalled(token, two)
      await reachedProvider(before + 1)
      const id = await idOf('to-disable')
      const began = Date.now()
      await one.ask(`/api/v1/admin/service-accounts/${id}/disable`, { method: 'POST', token: root.token })
      expect((await stream).text).toContain('"code":"account_disabled"')
      expect(Date.now() - began).toBeLessThan(5000)
      const refused = await two.ask<Refusal>('/v1/models', { token })
      expect([refused.status, refused.json.error.code]).toEqual([403, 'account_disabled'])
      await one.ask(`/api/v1/admin/service-accounts/${id}/enable`, { method: 'POST', token: root.token })
      const again = async () => (await two.ask('/v1/models', { token })).status
      await expect.poll(again, { timeout: 5000 }).toBe(200)
    })

    it('T37: a key that is revoked on one ends on the other, its live streams with it, and the owner goes on', async () => {
      const expires = new Date(Date.now() + 3_600_000).toISOString()
      const made = await one.ask<{ id: string; key: string }>('/api/v1/keys', {
        token: root.token,
        body: { name: 'to revoke', expires_at: expires },
      })
      expect(made.status).toBe(201)
      const { id, key } = made.json
      expect((await two.ask('/v1/models', { token: key })).status).toBe(200)
      expect((await two.ask('/api/v1/admin/users', { token: key })).status).toBe(403)
      expect((await two.ask('/auth/sessions', { token: key })).status).toBe(403)
      const own = machineToken(keycloak, { sub: 'goes-on' })
      const before = calls()
      const [byKey, byOther] = [stalled(key, two), stalled(own, two)]
      await reachedProvider(before + 2)
      const began = Date.now()
      const revoked = await one.ask(`/api/v1/keys/${id}`, { method: 'DELETE', token: root.token })
      expect(revoked.status).toBe(204)
      expect((await byKey).text).toMatch(/"code":"invalid_token"/)
      expect(Date.now() - began).toBeLessThan(5000)
      const refused = await two.ask<Refusal>('/v1/models', { token: key })
      expect([refused.status, refused.json.error.code]).toEqual([401, 'invalid_token'])
      const ended = await Promise.race([
        byOther.then(() => 'ended'),
        new Promise((go) => setTimeout(go, 500, 'runs')),
      ])
      expect(ended).toBe('runs')
      await one.ask(`/api/v1/admin/service-accounts/${await idOf('goes-on')}/disable`, {
        method: 'POST',
        token: root.token,
      })
      expect((await byOther).text).toContain('account_disabled')
    })
  },
)
