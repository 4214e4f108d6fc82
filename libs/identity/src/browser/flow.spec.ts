import { AppError } from '@gatehouse/contracts'
import { createTransport } from '@gatehouse/outbound'
import { type GitHub, type OpenIdIssuer, startGitHub, startOpenIdIssuer } from '@gatehouse/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SignInValues, signInVariables } from '../providers/index.js'
import { createSignIn, type SignIn } from '../sign-in.js'
import type { Transaction } from './transaction.js'

const tenant = '11111111-1111-4111-8111-111111111111'
const redirectUri = 'http://localhost:8000/auth/provider/callback'

const parse = (given: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(signInVariables).map(([name, { schema }]) => [name, schema.parse(given[name])]),
  ) as SignInValues

/** What the browser does: it goes where it is sent, and comes back with an address. */
async function visit(url: string): Promise<URL> {
  const response = await fetch(url, { redirect: 'manual' })
  return new URL(response.headers.get('location') ?? '')
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => ({ code: 'accepted', message: '' }),
    (error: unknown) =>
      error instanceof AppError
        ? { code: error.code, message: error.message }
        : { code: 'another error', message: String(error) },
  )

describe('the sign-in through the browser', () => {
  const transport = createTransport()
  let google: OpenIdIssuer
  let microsoft: OpenIdIssuer
  let keycloak: OpenIdIssuer
  let github: GitHub
  let given: Record<string, string>
  let signIn: SignIn
  let at: number

  const create = (changes: Record<string, string> = {}) =>
    createSignIn({
      values: parse({ ...given, ...changes }),
      fetch: transport.fetch,
      production: false,
      now: () => at,
    })

  beforeAll(async () => {
    google = await startOpenIdIssuer({ clientId: 'google-client' })
    microsoft = await startOpenIdIssuer({ clientId: 'microsoft-client', kind: 'microsoft', tenant })
    keycloak = await startOpenIdIssuer({
      clientId: 'keycloak client:1',
      clientSecret: 'a secret: with / signs',
    })
    github = await startGitHub()
    given = {
      GOOGLE_CLIENT_ID: google.clientId,
      GOOGLE_CLIENT_SECRET: google.clientSecret,
      GOOGLE_ISSUER_URL: google.issuer,
      MICROSOFT_CLIENT_ID: microsoft.clientId,
      MICROSOFT_CLIENT_SECRET: microsoft.clientSecret,
      MICROSOFT_AUTHORITY_URL: microsoft.origin,
      GITHUB_CLIENT_ID: github.clientId,
      GITHUB_CLIENT_SECRET: github.clientSecret,
      GITHUB_URL: github.origin,
      GITHUB_API_URL: github.origin,
      OIDC_ISSUER_URL: keycloak.issuer,
      OIDC_CLIENT_ID: keycloak.clientId,
      OIDC_CLIENT_SECRET: keycloak.clientSecret,
      OIDC_SIGN_IN: 'true',
    }
  })
  afterAll(async () => {
    await Promise.all([
      google.close(),
      microsoft.close(),
      keycloak.close(),
      github.close(),
      transport.close(),
    ])
  })
  beforeEach(() => {
    at = Date.now()
    signIn = create()
    github.iss = null
    for (const idp of [google, microsoft, keycloak]) Object.assign(idp, { refuseWith: null, tokenClaims: {} })
  })

  /** As far as the callback; the transaction has been through a cookie. */
  async function walk(provider: string): Promise<{ callback: URL; transaction: Transaction }> {
    const { url, transaction } = await signIn.start(provider, { redirectUri })
    return { callback: await visit(url), transaction: JSON.parse(JSON.stringify(transaction)) }
  }
  const finish = async (provider: string, callback: URL | string, transaction: unknown) =>
    failure(signIn.finish(provider, callback, transaction))

  it.each([
    ['google', 'person-1'],
    ['microsoft', 'person-1'],
    ['oidc', 'person-1'],
    ['github', '583231'],
  ])('signs a person in by %s', async (provider, subject) => {
    const { callback, transaction } = await walk(provider)
    expect(await signIn.finish(provider, callback, transaction)).toMatchObject({ provider, subject })
  })

  it('T73: asks with state, nonce and PKCE, new ones each time', async () => {
    const seen = new Set<string>()
    for (const provider of ['google', 'microsoft', 'oidc', 'github', 'google']) {
      const { url, transaction } = await signIn.start(provider, { redirectUri, prompt: 'select_account' })
      const query = new URL(url).searchParams
      expect(Object.fromEntries(query)).toMatchObject({
        response_type: 'code',
        redirect_uri: redirectUri,
        state: transaction.state,
        code_challenge_method: 'S256',
        prompt: 'select_account',
      })
      expect(query.get('nonce')).toBe(provider === 'github' ? null : transaction.nonce)
      expect(url).not.toContain(transaction.codeVerifier)
      for (const value of [transaction.state, transaction.nonce, transaction.codeVerifier]) {
        expect(value.length).toBeGreaterThanOrEqual(43)
        expect(seen.has(value)).toBe(false)
        seen.add(value)
      }
    }
  })

  it('takes the address of the callback from the transaction, whatever host the request named', async () => {
    const { callback, transaction } = await walk('google')
    expect((await finish('google', `http://evil.test:1/elsewhere${callback.search}`, transaction)).code).toBe(
      'accepted',
    )
  })

  it.each(['google', 'github'])(
    'T73: refuses a callback of %s that is not of this browser',
    async (provider) => {
      const { callback, transaction } = await walk(provider)
      const other = await walk(provider)
      const without = new URL(callback)
      without.searchParams.delete('state')
      const twice = new URL(callback)
      twice.searchParams.append('state', transaction.state)
      const cases: [URL | string, unknown][] = [
        [callback, other.transaction],
        [callback, undefined],
        [callback, null],
        [callback, {}],
        [callback, { ...transaction, state: undefined }],
        [callback, { ...transaction, state: '' }],
        [callback, { ...transaction, more: 1 }],
        [callback, { ...transaction, provider: provider === 'google' ? 'github' : 'google' }],
        [without, transaction],
        [twice, transaction],
        ['http://localhost:8000/auth/provider/callback', transaction],
      ]
      for (const [url, kept] of cases) expect((await finish(provider, url, kept)).code).toBe('sign_in_failed')
      expect((await finish(provider, callback, transaction)).code).toBe('accepted')
    },
  )

  it.each(['google', 'github'])(
    'T73: refuses another PKCE verifier, a used code, and another redirect at %s',
    async (provider) => {
      const first = await walk(provider)
      const other = await walk(provider)
      const wrong = { ...first.transaction, codeVerifier: other.transaction.codeVerifier }
      expect((await finish(provider, first.callback, wrong)).code).toBe('sign_in_failed')
      const moved = { ...other.transaction, redirectUri: 'http://localhost:8000/elsewhere' }
      expect((await finish(provider, other.callback, moved)).code).toBe('sign_in_failed')
      const third = await walk(provider)
      expect((await finish(provider, third.callback, third.transaction)).code).toBe('accepted')
      expect((await finish(provider, third.callback, third.transaction)).code).toBe('sign_in_failed')
    },
  )

  it('T11: refuses an ID token with another nonce, or none', async () => {
    for (const [provider, idp] of [
      ['google', google],
      ['microsoft', microsoft],
      ['oidc', keycloak],
    ] as const) {
      for (const nonce of ['another', '', undefined, 7]) {
        idp.tokenClaims = { nonce }
        const { callback, transaction } = await walk(provider)
        expect((await finish(provider, callback, transaction)).code).toBe('invalid_provider_token')
      }
    }
  })

  it('judges the ID token by the shared rules, however it came', async () => {
    for (const claims of [{ aud: 'other' }, { iss: keycloak.issuer }, { iat: 1 }, { sub: 7 }]) {
      google.tokenClaims = claims
      const { callback, transaction } = await walk('google')
      expect((await finish('google', callback, transaction)).code).toBe('invalid_provider_token')
    }
  })

  it('refuses a person of another tenant of Microsoft', async () => {
    signIn = create({ MICROSOFT_TENANT_ID: '22222222-2222-4222-8222-222222222222' })
    const { callback, transaction } = await walk('microsoft')
    expect((await finish('microsoft', callback, transaction)).code).toBe('tenant_not_allowed')
  })

  it('leaves a sign-in open for 15 minutes', async () => {
    const { callback, transaction } = await walk('github')
    at += 16 * 60_000
    expect(await finish('github', callback, transaction)).toMatchObject({
      code: 'sign_in_failed',
      message: /no longer open/,
    })
    at -= 2 * 60_000
    expect((await finish('github', callback, transaction)).code).toBe('accepted')
  })

  it.each([
    ['access_denied', 'sign_in_cancelled', 'cancelled or refused at Google'],
    ['login_required', 'sign_in_failed', 'sign in there first'],
    ['temporarily_unavailable', 'issuer_unavailable', 'Try again'],
    ['server_error', 'issuer_unavailable', 'Try again'],
    ['invalid_scope', 'sign_in_failed', 'administrator'],
    ['<script>alert(1)</script>', 'sign_in_failed', 'administrator'],
  ])('says what to do when the provider answers %s', async (error, code, words) => {
    google.refuseWith = error
    const { callback, transaction } = await walk('google')
    const found = await finish('google', callback, transaction)
    expect(found.code).toBe(code)
    expect(found.message).toContain(words)
    expect(found.message).not.toContain('<script>')
  })

  it.each(['google', 'github', 'microsoft'])(
    'says that our credential is wrong at %s, without showing it',
    async (provider) => {
      const secret = 'certainly-not-the-secret'
      signIn = create({ [`${provider.toUpperCase()}_CLIENT_SECRET`]: secret })
      const { callback, transaction } = await walk(provider)
      const { code, message } = await finish(provider, callback, transaction)
      expect(code).toBe('issuer_unavailable')
      expect(message).toContain('client id and secret')
      expect(message).not.toContain(secret)
    },
  )

  it('T73: checks the iss of a callback where there is one', async () => {
    github.iss = `${github.origin}/login/oauth`
    const good = await walk('github')
    expect((await finish('github', good.callback, good.transaction)).code).toBe('accepted')
    github.iss = google.issuer
    const mixed = await walk('github')
    expect((await finish('github', mixed.callback, mixed.transaction)).code).toBe('sign_in_failed')
  })

  it('is 503 while the provider is down, at the start and at the end', async () => {
    const { callback, transaction } = await walk('google')
    google.conditions.down = true
    try {
      expect((await finish('google', callback, transaction)).code).toBe('issuer_unavailable')
      expect((await failure(create().start('google', { redirectUri }))).code).toBe('issuer_unavailable')
    } finally {
      google.conditions.down = false
    }
  })
})
