import { AppError } from '@gatehouse/contracts'
import { createTransport } from '@gatehouse/outbound'
import {
  createSigningKey,
  type GitHub,
  type OpenIdIssuer,
  signCompact,
  startGitHub,
  startOpenIdIssuer,
} from '@gatehouse/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SignInValues, signInVariables } from './providers/index.js'
import { createSignIn, type SignIn } from './sign-in.js'

const tenant = '11111111-1111-4111-8111-111111111111'
const otherTenant = '22222222-2222-4222-8222-222222222222'
const consumerTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'
const seconds = () => Math.floor(Date.now() / 1000)

const parse = (given: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(signInVariables).map(([name, { schema }]) => [name, schema.parse(given[name])]),
  ) as SignInValues

const failure = (work: Promise<unknown>) =>
  work.then(
    () => ({ code: 'accepted', message: '' }),
    (error: unknown) =>
      error instanceof AppError
        ? { code: error.code, message: error.message }
        : { code: 'another error', message: String(error) },
  )
const codeOf = async (work: Promise<unknown>) => (await failure(work)).code

describe('sign-in', () => {
  const transport = createTransport()
  let google: OpenIdIssuer
  let microsoft: OpenIdIssuer
  let keycloak: OpenIdIssuer
  let github: GitHub
  let given: Record<string, string>
  let signIn: SignIn

  const create = (changes: Record<string, string> = {}) =>
    createSignIn({ values: parse({ ...given, ...changes }), fetch: transport.fetch, production: false })

  beforeAll(async () => {
    google = await startOpenIdIssuer({ clientId: 'google-client' })
    microsoft = await startOpenIdIssuer({ clientId: 'microsoft-client', kind: 'microsoft', tenant })
    keycloak = await startOpenIdIssuer({ clientId: 'keycloak-client' })
    github = await startGitHub()
    given = {
      GOOGLE_CLIENT_ID: google.clientId,
      GOOGLE_CLIENT_SECRET: google.clientSecret,
      GOOGLE_ISSUER_URL: google.issuer,
      MICROSOFT_CLIENT_ID: microsoft.clientId,
      MICROSOFT_CLIENT_SECRET: microsoft.clientSecret,
      MICROSOFT_TENANT_ID: tenant,
      MICROSOFT_AUTHORITY_URL: microsoft.origin,
      GITHUB_CLIENT_ID: github.clientId,
      GITHUB_CLIENT_SECRET: github.clientSecret,
      GITHUB_URL: github.origin,
      GITHUB_API_URL: github.origin,
      OIDC_ISSUER_URL: keycloak.issuer,
      OIDC_CLIENT_ID: keycloak.clientId,
      OIDC_CLIENT_SECRET: keycloak.clientSecret,
      OIDC_SIGN_IN: 'true',
      OIDC_DISPLAY_NAME: 'Keycloak',
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

  const idTokenProviders = () => [
    ['google', google] as const,
    ['microsoft', microsoft] as const,
    ['oidc', keycloak] as const,
  ]

  beforeEach(() => {
    signIn = create()
    for (const requests of [google.requests, microsoft.requests, keycloak.requests, github.requests])
      for (const name of Object.keys(requests)) Object.assign(requests, { [name]: 0 })
  })

  describe('the list', () => {
    it('holds what is configured, in order', () => {
      expect(signIn.list()).toEqual([
        { id: 'google', name: 'Google', browser: true },
        { id: 'microsoft', name: 'Microsoft', browser: true },
        { id: 'github', name: 'GitHub', browser: true },
        { id: 'oidc', name: 'Keycloak', browser: true },
      ])
      expect([...signIn.audiences]).toEqual([
        'google-client',
        'microsoft-client',
        github.clientId,
        'keycloak-client',
      ])
    })

    it.each(['', '  '])(
      'T05: leaves a provider out whose client id is %j, and refuses its tokens',
      async (blank) => {
        const without = create({
          GOOGLE_CLIENT_ID: blank,
          MICROSOFT_CLIENT_ID: blank,
          GITHUB_CLIENT_ID: blank,
          OIDC_CLIENT_ID: blank,
        })
        expect(without.list()).toEqual([])
        for (const [id, idp] of idTokenProviders()) {
          for (const aud of [undefined, blank, idp.clientId])
            expect(await codeOf(without.verify(id, idp.mint({ claims: { aud } })))).toBe(
              'unsupported_provider',
            )
        }
        expect(await codeOf(without.verify('github', github.issueToken()))).toBe('unsupported_provider')
      },
    )

    it('says where the browser flow lacks its secret; GitHub is off without one', async () => {
      const without = create({
        GOOGLE_CLIENT_SECRET: '',
        MICROSOFT_CLIENT_SECRET: ' ',
        GITHUB_CLIENT_SECRET: '',
        OIDC_CLIENT_SECRET: '',
      })
      expect(without.list().map(({ id, browser }) => [id, browser])).toEqual([
        ['google', false],
        ['microsoft', false],
        ['oidc', false],
      ])
      expect(await codeOf(without.verify('google', google.mint()))).toBe('accepted')
      expect(await codeOf(without.start('google', { redirectUri: 'http://localhost/cb' }))).toBe(
        'unsupported_provider',
      )
    })

    it.each<unknown>([
      '__proto__',
      'constructor',
      'toString',
      ' google',
      'Google',
      'google\u0000',
      '',
      'g'.repeat(10_000),
      ['google'],
      { $ne: 1 },
      { toString: () => 'google' },
      null,
      undefined,
      0,
    ])('T14: does not know %j', async (provider) => {
      const expected = { code: 'unsupported_provider', message: 'Unsupported provider' }
      expect(await failure(signIn.verify(provider, google.mint()))).toEqual(expected)
      expect(await failure(signIn.start(provider, { redirectUri: 'http://localhost/cb' }))).toEqual(expected)
      expect(await failure(signIn.finish(provider, 'http://localhost/cb?code=1', {}))).toEqual(expected)
    })

    it('T28: does not count the client of the embedded issuer among those of sign-in: a machine may have its name as audience', () => {
      const local = { issuer: 'http://localhost:8000/local', clientId: 'gatehouse' }
      const dev = createSignIn({ values: parse({}), fetch: transport.fetch, production: false, local })
      expect(dev.list().map(({ id }) => id)).toEqual(['local'])
      expect([...dev.audiences]).toEqual([])
    })

    it('refuses a local issuer in production', () => {
      const local = { issuer: 'http://localhost:8000/local', clientId: 'gatehouse' }
      expect(() =>
        createSignIn({ values: parse({}), fetch: transport.fetch, production: true, local }),
      ).toThrow('production')
    })
  })

  describe('an ID token', () => {
    it('proves a person to each provider', async () => {
      expect(await signIn.verify('google', google.mint())).toEqual({
        provider: 'google',
        issuer: google.issuer,
        subject: 'person-1',
        email: 'ada@example.com',
        emailVerified: true,
        name: 'Ada Lovelace',
      })
      expect(await signIn.verify('microsoft', microsoft.mint())).toMatchObject({
        issuer: `${microsoft.origin}/${tenant}/v2.0`,
      })
      expect(await signIn.verify('oidc', keycloak.mint())).toMatchObject({
        provider: 'oidc',
        issuer: keycloak.issuer,
      })
    })

    it('T03: is never an access token, and nothing is asked of anybody with it', async () => {
      const graph = microsoft.mint({
        claims: { aud: '00000003-0000-0000-c000-000000000000', scp: 'User.Read' },
      })
      expect(await failure(signIn.verify('microsoft', graph))).toEqual({
        code: 'invalid_provider_token',
        message: 'Invalid microsoft token',
      })
      expect(microsoft.requests).toEqual({ discovery: 0, jwks: 0, authorize: 0, token: 0 })
      for (const [id, idp] of idTokenProviders()) {
        for (const token of [
          'EwB4A8l6BAAUopaqueaccesstoken',
          'ya29.opaque',
          idp.mint({ claims: { scp: 'openid profile' } }),
          idp.mint({ claims: { scope: 'openid' } }),
          idp.mint({ claims: { typ: 'Bearer' } }),
          idp.mint({ claims: { typ: 'Refresh' } }),
          idp.mint({ claims: { token_use: 'access' } }),
          idp.mint({ claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } } }),
          idp.mint({ header: { typ: 'at+jwt' } }),
          idp.mint({ header: { typ: 'application/at+jwt' } }),
          idp.mint({ header: { typ: 'logout+jwt' } }),
        ])
          expect(await codeOf(signIn.verify(id, token))).toBe('invalid_provider_token')
      }
    })

    it.each<[string, (clientId: string) => Record<string, unknown>]>([
      ['another client', () => ({ aud: 'other' })],
      ['no client', () => ({ aud: undefined })],
      ['an empty list', () => ({ aud: [] })],
      ['others and us, with azp another', (us) => ({ aud: ['other', us], azp: 'other' })],
      ['others and us, without azp', (us) => ({ aud: ['other', us] })],
      ['us, with azp another', (us) => ({ aud: us, azp: 'other' })],
      ['us in a list of numbers', (us) => ({ aud: [us, 1], azp: us })],
      ['us in an object', (us) => ({ aud: { 0: us } })],
      ['a prefix of us', (us) => ({ aud: us.slice(0, -1) })],
      ['us in capitals', (us) => ({ aud: us.toUpperCase() })],
    ])('T04: is refused when it is for %s', async (_, claims) => {
      for (const [id, idp] of idTokenProviders())
        expect(await codeOf(signIn.verify(id, idp.mint({ claims: claims(idp.clientId) })))).toBe(
          'invalid_provider_token',
        )
    })

    it('T04: may be for several audiences where azp is us', async () => {
      const claims = { aud: ['other', keycloak.clientId], azp: keycloak.clientId }
      expect(await codeOf(signIn.verify('oidc', keycloak.mint({ claims })))).toBe('accepted')
    })

    it('T06: gives no weight to the e-mail that a Microsoft tenant may set, and keeps people apart by issuer and subject', async () => {
      const victim = await signIn.verify('google', google.mint())
      const several = create({ MICROSOFT_TENANT_ID: 'common' })
      const claims = {
        tid: otherTenant,
        iss: `${microsoft.origin}/${otherTenant}/v2.0`,
        email_verified: true,
      }
      const attacker = await several.verify('microsoft', microsoft.mint({ claims }))
      expect(attacker.email).toBe(victim.email)
      expect(attacker.emailVerified).toBe(false)
      expect([attacker.issuer, attacker.subject]).not.toEqual([victim.issuer, victim.subject])
      for (const proved of [true, 1, '1', 'true'])
        expect(
          await signIn.verify('microsoft', microsoft.mint({ claims: { xms_edov: proved } })),
        ).toMatchObject({ emailVerified: true })
      for (const unproved of [false, 0, '0', 'yes', null, {}])
        expect(
          await signIn.verify('microsoft', microsoft.mint({ claims: { xms_edov: unproved } })),
        ).toMatchObject({ emailVerified: false })
    })

    describe('T07: of Microsoft', () => {
      const at = (iss: string, tid: unknown) => microsoft.mint({ claims: { iss, tid } })

      it('T07: is refused when tenant and issuer disagree', async () => {
        for (const settings of [tenant, 'common', 'organizations', `${tenant},${otherTenant}`]) {
          const tenants = create({ MICROSOFT_TENANT_ID: settings })
          for (const token of [
            at(`${microsoft.origin}/${tenant}/v2.0`, otherTenant),
            at(`${microsoft.origin}/${otherTenant}/v2.0`, tenant),
            at(`${microsoft.origin}.evil.test/${tenant}/v2.0`, tenant),
            at(`https://login.microsoftonline.com.evil.test/${tenant}/v2.0`, tenant),
            at(`https://sts.windows.net/${tenant}/`, tenant),
            at(`${microsoft.origin}/${tenant}/v2.0/`, tenant),
            at(`${microsoft.origin}/${tenant}`, tenant),
            at(`${microsoft.origin}/common/v2.0`, 'common'),
            at(`${microsoft.origin}/{tenantid}/v2.0`, '{tenantid}'),
            at(`${microsoft.origin}/undefined/v2.0`, undefined),
            at(`${microsoft.origin}/../v2.0`, '..'),
            at(`${microsoft.origin}/${tenant}/v2.0`, [tenant]),
          ])
            expect(await codeOf(tenants.verify('microsoft', token))).toBe('invalid_provider_token')
        }
      })

      it('T07: is 403 for a genuine person of another tenant, and 401 for a forged one', async () => {
        const genuine = at(`${microsoft.origin}/${otherTenant}/v2.0`, otherTenant)
        expect(await codeOf(signIn.verify('microsoft', genuine))).toBe('tenant_not_allowed')
        const forged = microsoft.mint({
          claims: { iss: `${microsoft.origin}/${otherTenant}/v2.0`, tid: otherTenant },
          key: { ...createSigningKey('x'), kid: microsoft.key().kid },
        })
        expect(await codeOf(signIn.verify('microsoft', forged))).toBe('invalid_provider_token')
      })

      it.each([
        [tenant, ['accepted', 'tenant_not_allowed', 'tenant_not_allowed']],
        [`${otherTenant},${tenant}`, ['accepted', 'accepted', 'tenant_not_allowed']],
        [`${consumerTenant},${tenant}`, ['accepted', 'tenant_not_allowed', 'accepted']],
        ['organizations', ['accepted', 'accepted', 'tenant_not_allowed']],
        ['common', ['accepted', 'accepted', 'accepted']],
        ['', ['accepted', 'accepted', 'accepted']],
      ])('T07: MICROSOFT_TENANT_ID=%s lets its own in', async (settings, outcome) => {
        const tenants = create({ MICROSOFT_TENANT_ID: settings })
        const found = []
        for (const tid of [tenant, otherTenant, consumerTenant])
          found.push(await codeOf(tenants.verify('microsoft', at(`${microsoft.origin}/${tid}/v2.0`, tid))))
        expect(found).toEqual(outcome)
      })

      it('T07: is refused when its key belongs to another issuer', async () => {
        const key = microsoft.key()
        microsoft.jwksText = JSON.stringify({
          keys: [{ ...key.jwk, issuer: `${microsoft.origin}/${consumerTenant}/v2.0` }],
        })
        try {
          const tenants = create({ MICROSOFT_TENANT_ID: 'common' })
          const work = at(`${microsoft.origin}/${tenant}/v2.0`, tenant)
          expect(await codeOf(tenants.verify('microsoft', work))).toBe('invalid_provider_token')
          const personal = at(`${microsoft.origin}/${consumerTenant}/v2.0`, consumerTenant)
          expect(await codeOf(tenants.verify('microsoft', personal))).toBe('accepted')
        } finally {
          microsoft.jwksText = null
        }
      })
    })

    it.each([false, 'false', 'true', 1, undefined, null, {}])(
      'T08: does not take email_verified %j for verified',
      async (verified) => {
        for (const [id, idp] of [
          ['google', google],
          ['oidc', keycloak],
        ] as const)
          expect(await signIn.verify(id, idp.mint({ claims: { email_verified: verified } }))).toMatchObject({
            email: 'ada@example.com',
            emailVerified: false,
          })
      },
    )

    it('T09: gives no e-mail where its form is odd, verified or not', async () => {
      for (const email of [
        'a@evil@corp.com',
        'a@corp.com\u0000',
        'a@corp.com.',
        'a@m\u0131crosoft.com',
        `${'a'.repeat(300)}@corp.com`,
      ])
        expect(await signIn.verify('google', google.mint({ claims: { email } }))).toMatchObject({
          email: null,
          emailVerified: false,
        })
      expect(await signIn.verify('google', google.mint({ claims: { email: 'a@CORP.com' } }))).toMatchObject({
        email: 'a@corp.com',
        emailVerified: true,
      })
    })

    it('T11: may be presented twice within 10 minutes, and not after', async () => {
      for (const [id, idp] of idTokenProviders()) {
        const aged = (age: number) => idp.mint({ claims: { iat: seconds() - age, exp: seconds() + 3600 } })
        const token = aged(540)
        expect(await codeOf(signIn.verify(id, token))).toBe('accepted')
        expect(await codeOf(signIn.verify(id, token))).toBe('accepted')
        expect(await codeOf(signIn.verify(id, aged(660)))).toBe('invalid_provider_token')
      }
    })

    it.each<[string, () => Record<string, unknown>]>([
      ['expired for longer than a minute', () => ({ exp: seconds() - 70, iat: seconds() - 100 })],
      ['not valid yet', () => ({ nbf: seconds() + 120 })],
      ['from the future', () => ({ iat: seconds() + 120 })],
      ['without exp', () => ({ exp: undefined })],
      ['without iat', () => ({ iat: undefined })],
      ['with exp as a text', () => ({ exp: String(seconds() + 60) })],
      ['with iat as a text', () => ({ iat: String(seconds()) })],
      ['with nbf as a text', () => ({ nbf: '0' })],
      ['with exp 1e300', () => ({ exp: 1e300 })],
      ['with a negative iat', () => ({ iat: -1 })],
    ])('T11: is refused when it is %s', async (_, claims) => {
      for (const [id, idp] of idTokenProviders())
        expect(await codeOf(signIn.verify(id, idp.mint({ claims: claims() })))).toBe('invalid_provider_token')
    })

    it('takes a clock that is half a minute off', async () => {
      for (const [id, idp] of idTokenProviders()) {
        expect(
          await codeOf(signIn.verify(id, idp.mint({ claims: { iat: seconds() + 30, nbf: seconds() + 30 } }))),
        ).toBe('accepted')
        const claims = { iat: seconds() - 300, exp: seconds() - 30 }
        expect(await codeOf(signIn.verify(id, idp.mint({ claims })))).toBe('accepted')
      }
    })

    it.each<[string, Record<string, unknown>]>([
      ['no sub', { sub: undefined }],
      ['an empty sub', { sub: '' }],
      ['sub as a number', { sub: 7 }],
      ['sub null', { sub: null }],
      ['a sub with half a surrogate pair', { sub: 'a\ud800' }],
      ['a sub of 300 characters', { sub: 's'.repeat(300) }],
      ['a name of 1 MB', { name: 'n'.repeat(1_000_000) }],
    ])('T13: is refused with %s', async (_, claims) => {
      for (const [id, idp] of idTokenProviders())
        expect(await codeOf(signIn.verify(id, idp.mint({ claims })))).toBe('invalid_provider_token')
    })

    it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
      ['no e-mail', { email: undefined, email_verified: undefined }, { email: null, emailVerified: false }],
      ['e-mail as a number', { email: 7 }, { email: null, emailVerified: false }],
      ['no name', { name: undefined }, { name: null }],
      ['name null', { name: null }, { name: null }],
      ['name as an object', { name: { first: 'Ada' } }, { name: null }],
      ['a blank name', { name: ' \u0000\u200b\n ' }, { name: null }],
      ['a name with tags', { name: '<b>Ada</b>' }, { name: '<b>Ada</b>' }],
      ['a name with control characters', { name: 'Ada\r\n\u001b[31m\u202eLove' }, { name: 'Ada [31m Love' }],
      ['a long name', { name: 'é'.repeat(500) }, { name: 'é'.repeat(200) }],
    ])('T13: is taken with %s', async (_, claims, expected) => {
      expect(await signIn.verify('google', google.mint({ claims }))).toMatchObject(expected)
      expect(await signIn.verify('oidc', keycloak.mint({ claims }))).toMatchObject(expected)
    })

    it.each<[string, unknown]>([
      ['a text', '"person-1"'],
      ['an array', '[{}]'],
      ['null', 'null'],
      ['no JSON', '{"sub":'],
    ])('T13: is refused when its payload is %s', async (_, payload) => {
      for (const [id, idp] of idTokenProviders())
        expect(await codeOf(signIn.verify(id, idp.mint({ payload })))).toBe('invalid_provider_token')
    })

    it('T13: is refused with a repeated member or a byte order mark, which parsers treat differently', async () => {
      const payload = Buffer.from(google.mint().split('.')[1] ?? '', 'base64url').toString()
      expect(await codeOf(signIn.verify('google', google.mint({ payload })))).toBe('accepted')
      const own = Buffer.from(keycloak.mint().split('.')[1] ?? '', 'base64url').toString()
      expect(await codeOf(signIn.verify('oidc', keycloak.mint({ payload: own })))).toBe('accepted')
      const marked = keycloak.mint({ payload: `\uFEFF${own}` })
      expect(await codeOf(signIn.verify('oidc', marked))).toBe('invalid_provider_token')
      const twice = payload.replace('{', '{"sub":"victim",')
      expect(await codeOf(signIn.verify('google', google.mint({ payload: twice })))).toBe(
        'invalid_provider_token',
      )
    })

    it.each(['none', 'None', 'nOnE', undefined, 'HS256', 'HS384', 'RS384', 'ES256', 'PS256'])(
      'T15: is refused with alg %s',
      async (alg) => {
        for (const [id, idp] of idTokenProviders()) {
          const { kid, jwk, privateKey } = idp.key()
          const header = { alg, kid, typ: 'JWT' }
          const payload = JSON.parse(Buffer.from(idp.mint().split('.')[1] ?? '', 'base64url').toString())
          const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
          for (const token of [
            signCompact(header, payload, null),
            signCompact(header, payload, privateKey, 'RS256'),
            signCompact(header, payload, Buffer.from(JSON.stringify(jwk)), 'HS256'),
            signCompact(header, payload, Buffer.from(pem), 'HS256'),
            signCompact(header, payload, Buffer.from(idp.clientSecret), 'HS256'),
          ])
            expect(await codeOf(signIn.verify(id, token))).toBe('invalid_provider_token')
        }
      },
    )

    it.each<[string, () => Record<string, unknown>]>([
      ['its own key', () => ({ jwk: createSigningKey('x').jwk })],
      ['the address of a key', () => ({ jku: `${keycloak.origin}/evil` })],
      ['the address of a certificate', () => ({ x5u: `${keycloak.origin}/evil` })],
    ])('T18: is judged by the issuer’s keys alone when it brings %s', async (_, header) => {
      const forged = google.mint({
        header: header(),
        key: { ...createSigningKey('x'), kid: google.key().kid },
      })
      expect(await codeOf(signIn.verify('google', forged))).toBe('invalid_provider_token')
      expect(keycloak.requests).toEqual({ discovery: 0, jwks: 0, authorize: 0, token: 0 })
    })

    it.each<[string, Record<string, unknown>]>([
      ['an unknown crit', { crit: ['exp'] }],
      ['an empty crit', { crit: [] }],
      ['b64 false', { b64: false, crit: ['b64'] }],
      ['zip', { zip: 'DEF' }],
      ['an unknown kid', { kid: 'unknown' }],
      ['a kid that is a path', { kid: '../../dev/null' }],
      ['a kid that is SQL', { kid: "' OR 1=1--" }],
      ['a kid of 10 kB', { kid: 'k'.repeat(10_000) }],
      ['a kid that is a prototype', { kid: '__proto__' }],
      ['a kid that is no text', { kid: 7 }],
    ])('T18: is refused with %s', async (_, header) => {
      for (const [id, idp] of idTokenProviders())
        expect(await codeOf(signIn.verify(id, idp.mint({ header })))).toBe('invalid_provider_token')
    })

    it('T19: is refused in any other form, and costs no request', async () => {
      const genuine = google.mint()
      const [header, payload, signature] = genuine.split('.')
      for (const token of [
        '',
        'a.b.c',
        `${genuine}.x.y`,
        `${header}.${payload}`,
        `${header}.${payload}.`,
        ` ${genuine}`,
        `${genuine}\n`,
        `${genuine}=`,
        `${header}.${payload}=.${signature}`,
        `${header}.${'A'.repeat(3_000_000)}.${signature}`,
        Buffer.from(genuine, 'utf16le').toString(),
        7,
        null,
        undefined,
        [genuine],
      ])
        expect(await codeOf(signIn.verify('google', token))).toBe('invalid_provider_token')
      expect(google.requests).toMatchObject({ discovery: 0, jwks: 0 })
    })

    it('T30: is refused with an issuer that differs in anything', async () => {
      for (const [id, idp] of idTokenProviders()) {
        for (const iss of [
          `${idp.issuer}/`,
          idp.issuer.replace('http:', 'https:'),
          idp.issuer.replace('127', 'x127'),
          idp.issuer.toUpperCase(),
          '',
          undefined,
          [idp.issuer],
          'accounts.google.com',
          'https://accounts.google.com',
        ])
          expect(await codeOf(signIn.verify(id, idp.mint({ claims: { iss } })))).toBe(
            'invalid_provider_token',
          )
      }
    })

    it('T30: of Google itself may spell its issuer in both documented ways, and is the same person', async () => {
      const site = 'https://accounts.google.com'
      google.document = {
        issuer: site,
        jwks_uri: `${site}/jwks`,
        authorization_endpoint: site,
        token_endpoint: site,
      }
      try {
        const direct = createSignIn({
          values: parse({ GOOGLE_CLIENT_ID: google.clientId }),
          // The stand-in takes the place of the real one.
          fetch: (url, init) => transport.fetch(String(url).replace(site, google.origin), init),
          production: true,
        })
        for (const iss of [site, 'accounts.google.com'])
          expect(await direct.verify('google', google.mint({ claims: { iss } }))).toMatchObject({
            issuer: site,
          })
        for (const iss of [
          `${site}/`,
          'http://accounts.google.com',
          'accounts.google.com.evil.test',
          google.issuer,
        ])
          expect(await codeOf(direct.verify('google', google.mint({ claims: { iss } })))).toBe(
            'invalid_provider_token',
          )
      } finally {
        google.document = {}
      }
    })

    it('T31: of one issuer is nothing to another', async () => {
      const claims = { iss: google.issuer, aud: google.clientId }
      const header = { kid: google.key().kid }
      expect(await codeOf(signIn.verify('google', keycloak.mint({ claims, header })))).toBe(
        'invalid_provider_token',
      )
      expect(await codeOf(signIn.verify('oidc', google.mint()))).toBe('invalid_provider_token')
    })

    it('is taken after the issuer has changed its key', async () => {
      for (const [id, idp] of idTokenProviders()) {
        expect(await codeOf(signIn.verify(id, idp.mint()))).toBe('accepted')
        const old = idp.mint()
        idp.rotate()
        expect(await codeOf(signIn.verify(id, idp.mint()))).toBe('accepted')
        expect(await codeOf(signIn.verify(id, old))).toBe('invalid_provider_token')
      }
    })

    it('is taken with an elliptic curve from an OpenID issuer, not from Google or Microsoft, which do not use one', async () => {
      const key = createSigningKey('ec', 'ES256')
      for (const [id, idp] of idTokenProviders()) {
        idp.jwksText = JSON.stringify({ keys: [key.jwk] })
        const outcome = await codeOf(create().verify(id, idp.mint({ key })))
        idp.jwksText = null
        expect(outcome).toBe(id === 'oidc' ? 'accepted' : 'invalid_provider_token')
      }
    })

    it('keeps the token out of the cause, which is logged', async () => {
      for (const [id, idp] of idTokenProviders()) {
        const token = idp.mint({ key: { ...createSigningKey('x'), kid: idp.key().kid } })
        const error = await signIn.verify(id, token).catch((cause: unknown) => cause)
        const told: string[] = []
        for (let at: unknown = error; at instanceof Error; at = at.cause)
          told.push(at.message, at.stack ?? '', JSON.stringify(at))
        expect(told.length).toBeGreaterThan(3)
        for (const part of token.split('.')) expect(told.join()).not.toContain(part)
      }
    })

    it('is 503, not 401, while the issuer is down', async () => {
      for (const [id, idp] of idTokenProviders()) {
        const fresh = create()
        idp.conditions.down = true
        expect(await codeOf(fresh.verify(id, idp.mint()))).toBe('issuer_unavailable')
        idp.conditions.down = false
        expect(await codeOf(signIn.verify(id, idp.mint()))).toBe('accepted')
        idp.conditions.down = true
        expect(await codeOf(signIn.verify(id, idp.mint()))).toBe('accepted')
        idp.conditions.down = false
      }
    })
  })

  describe('a token of GitHub', () => {
    const user = { id: 583231, login: 'octocat', name: 'The Octocat' }
    const emails = [
      { email: 'other@example.com', primary: false, verified: true },
      { email: 'Octocat@Example.com', primary: true, verified: true },
    ]
    beforeEach(() => {
      Object.assign(github, { user: { ...user }, emails: [...emails] })
    })
    afterEach(() => {
      Object.assign(github.conditions, { down: false, status: null, redirectTo: null })
    })

    it('proves a person by number and primary e-mail', async () => {
      expect(await signIn.verify('github', github.issueToken())).toEqual({
        provider: 'github',
        issuer: github.origin,
        subject: '583231',
        email: 'octocat@example.com',
        emailVerified: true,
        name: 'The Octocat',
      })
      expect(github.requests).toMatchObject({ check: 1, user: 1, emails: 1 })
    })

    it('T01: of another app is refused before /user is asked', async () => {
      const stolen = github.issueToken('Iv1.another')
      expect(await failure(signIn.verify('github', stolen))).toEqual({
        code: 'invalid_provider_token',
        message: 'Invalid github token',
      })
      expect(github.requests).toMatchObject({ check: 1, user: 0, emails: 0 })
    })

    it.each([
      'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
      'ghs_abcdefghijklmnopqrstuvwxyz0123456789',
      'github_pat_11AAAA',
      'x',
    ])('T02: %s is refused before /user is asked', async (token) => {
      expect(await codeOf(signIn.verify('github', token))).toBe('invalid_provider_token')
      expect(github.requests).toMatchObject({ check: 1, user: 0 })
    })

    it.each([
      '',
      'a b',
      'a\r\nX: y',
      'a\u0000',
      'ключ',
      't'.repeat(5000),
      null,
      ['x'],
      { access_token: 'x' },
    ])('T02: %j is refused without asking anybody', async (token) => {
      expect(await codeOf(signIn.verify('github', token))).toBe('invalid_provider_token')
      expect(github.requests.check).toBe(0)
    })

    it('T01: is refused when the check names another app or another person', async () => {
      const server = await startGitHub({ clientId: 'Iv1.mine' })
      const mine = create({
        GITHUB_CLIENT_ID: 'Iv1.mine',
        GITHUB_URL: server.origin,
        GITHUB_API_URL: server.origin,
      })
      try {
        const token = server.issueToken()
        expect(await codeOf(mine.verify('github', token))).toBe('accepted')
        server.checkedApp = 'Iv1.another'
        expect(await codeOf(mine.verify('github', token))).toBe('invalid_provider_token')
        expect(server.requests.user).toBe(1)
        server.checkedApp = null
        // The person changes between the two questions.
        let asked = 0
        Object.defineProperty(server, 'user', { get: () => ({ ...user, id: ++asked }) })
        expect(await codeOf(mine.verify('github', server.issueToken()))).toBe('invalid_provider_token')
        expect(asked).toBe(2)
      } finally {
        await server.close()
      }
    })

    it('T08: gives the primary e-mail only where it is verified', async () => {
      github.emails = [
        { email: 'other@example.com', primary: false, verified: true },
        { email: 'octocat@example.com', primary: true, verified: false },
      ]
      expect(await signIn.verify('github', github.issueToken())).toMatchObject({
        email: null,
        emailVerified: false,
      })
    })

    it('T13: is taken without e-mails and without a name', async () => {
      github.emails = []
      github.user.name = null
      expect(await signIn.verify('github', github.issueToken())).toMatchObject({
        email: null,
        emailVerified: false,
        name: 'octocat',
      })
    })

    it.each(['down', 'status', 'redirectTo'] as const)(
      'is 503, not 401, while GitHub is in trouble (%s)',
      async (condition) => {
        const values = { down: true, status: 502, redirectTo: `${google.origin}/jwks` }
        Object.assign(github.conditions, { [condition]: values[condition] })
        const plain = createSignIn({ values: parse(given), fetch, production: false })
        for (const way of [signIn, plain])
          expect(await codeOf(way.verify('github', github.issueToken()))).toBe('issuer_unavailable')
        expect(google.requests.jwks).toBe(0)
      },
    )

    it('is 503 with a mend when our own secret is wrong', async () => {
      const wrong = create({ GITHUB_CLIENT_SECRET: 'not-the-secret' })
      const { code, message } = await failure(wrong.verify('github', github.issueToken()))
      expect(code).toBe('issuer_unavailable')
      expect(message).toContain('GITHUB_CLIENT_SECRET')
      expect(message).not.toContain('not-the-secret')
    })
  })
})
