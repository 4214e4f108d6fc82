import { randomUUID } from 'node:crypto'
import type { AppError } from '@gatehouse/contracts'
import {
  createSigningKey,
  encodePart,
  type OpenIdIssuer,
  type SigningKey,
  signCompact,
  startOpenIdIssuer,
} from '@gatehouse/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { completeIssuer, type IssuerWish } from './presets.js'
import { createTrustedIssuers, type TrustedIssuers } from './trusted-issuers.js'

const audience = 'gatehouse-api'
const client = 'people'

describe('trusted issuers', () => {
  let one: OpenIdIssuer
  let two: OpenIdIssuer
  let evil: OpenIdIssuer
  let now: number
  let issuers: TrustedIssuers
  let states: [id: string, problem: string | null][]
  const clock = () => now
  const second = 1000
  const minute = 60 * second

  beforeAll(async () => {
    ;[one, two, evil] = await Promise.all([startOpenIdIssuer(), startOpenIdIssuer(), startOpenIdIssuer()])
  })
  afterAll(() => Promise.all([one, two, evil].map((each) => each.close())))
  beforeEach(() => {
    now = Date.now()
    states = []
    for (const issuer of [one, two, evil]) {
      Object.assign(issuer.conditions, { down: false, delayMs: 0, redirectTo: null, status: null, dripMs: 0 })
      Object.assign(issuer, { jwksText: null, document: {} })
      for (const name of Object.keys(issuer.requests)) Object.assign(issuer.requests, { [name]: 0 })
    }
    issuers = create()
  })

  function create(wish: Partial<IssuerWish> = {}, others: IssuerWish[] = []): TrustedIssuers {
    return createTrustedIssuers({
      issuers: [
        { id: 'one', issuer: one.issuer, audiences: [audience], ...wish },
        { id: 'two', issuer: two.issuer, audiences: [audience] },
        ...others,
      ].map(completeIssuer),
      fetch,
      signInAudiences: new Set([client]),
      onState: (id, problem) => states.push([id, problem]),
      now: clock,
    })
  }

  /** A token by client credentials, of the usual form. */
  function token(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, by = one) {
    return by.mint({
      payload: {
        iss: by.issuer,
        sub: 'service-account-batch',
        aud: audience,
        iat: Math.floor(now / second),
        exp: Math.floor(now / second) + 300,
        azp: 'batch',
        ...claims,
      },
      header,
    })
  }

  const verify = async (text: string, by = issuers) => by.verify(text)
  const problemOf = async (text: string, by = issuers) => {
    const error = await verify(text, by).then(
      () => null,
      (caught: AppError) => caught,
    )
    return error ? `${error.status} ${error.message}` : 'accepted'
  }

  it('gives the machine that a token proves, and nothing that no rule gives', async () => {
    expect(await verify(token({ scope: 'admin', realm_access: { roles: ['admin'] } }))).toEqual({
      provider: 'one',
      issuer: one.issuer,
      subject: 'service-account-batch',
      name: 'batch',
      clientId: 'batch',
      team: null,
      roles: ['member'],
      models: null,
      expiresAt: new Date((Math.floor(now / second) + 300) * second),
    })
  })

  it('asks an issuer about nothing before the first token, then once for many, and not at all for known ones', async () => {
    expect(issuers.list().map(({ id, state }) => [id, state])).toEqual([
      ['one', 'not_asked'],
      ['two', 'not_asked'],
    ])
    const tokens = Array.from({ length: 50 }, (_, index) => token({ jti: index }))
    await Promise.all([...tokens, ...tokens].map((text) => verify(text)))
    expect(one.requests).toMatchObject({ discovery: 1, jwks: 1 })
    expect(two.requests).toMatchObject({ discovery: 0, jwks: 0 })
    const known = issuers.verify(tokens[0] ?? '')
    expect(known).not.toBeInstanceOf(Promise)
    expect(issuers.list()[0]).toMatchObject({ state: 'ok', problem: null, answeredAt: new Date(now) })
  })

  it('verifies a token anew after a minute, and never serves one past its end', async () => {
    const text = token({ exp: Math.floor(now / second) + 30 })
    await verify(text)
    now += 29 * second
    expect(issuers.verify(text)).not.toBeInstanceOf(Promise)
    now += 2 * second
    // Within the leeway, by a whole verification.
    const again = issuers.verify(text)
    expect(again).toBeInstanceOf(Promise)
    await again
    now += 60 * second
    expect(await problemOf(text)).toMatch(/^401 The token has expired \(exp\)/)
  })

  it.each([
    ['absent', undefined],
    ['account, which is what Keycloak puts there', 'account'],
    ['another API', 'other'],
    ['a list without us', ['other', 'account']],
    ['a list of nothing', []],
    ['no text', 7],
    ['a part of ours', 'gatehouse'],
  ])('T27: refuses a token whose audience is %s', async (_name, aud) => {
    expect(await problemOf(token({ aud }))).toMatch(/^401 /)
  })

  it('T27: names the mapper that Keycloak lacks, and the audience that is wanted', async () => {
    expect(await problemOf(token({ aud: 'account' }))).toBe(
      '401 The audience of the token (aud) is not this gateway: it must hold gatehouse-api. Keycloak puts account there, or nothing, until the client has an audience mapper that adds gatehouse-api.',
    )
    expect(await problemOf(token({ aud: ['other'] }))).not.toContain('Keycloak')
  })

  it('T27: cannot be made for an issuer without an audience', () => {
    expect(() => completeIssuer({ id: 'x', issuer: 'https://x', audiences: [] })).toThrow('needs an audience')
    const whole = completeIssuer({ id: 'x', issuer: 'https://x', audiences: [audience] })
    expect(() =>
      createTrustedIssuers({
        issuers: [{ ...whole, audiences: [] }],
        fetch,
        signInAudiences: new Set(),
      }),
    ).toThrow('has no audience')
  })

  it.each<[name: string, claims: Record<string, unknown>, says: RegExp]>([
    ['an ID token with a nonce', { nonce: 'n' }, /made for sign-in \(nonce\)/],
    ['an ID token with at_hash', { at_hash: 'h' }, /made for sign-in \(at_hash\)/],
    ['an ID token of Keycloak', { typ: 'ID' }, /made for sign-in \(typ\)/],
    ['an ID token of Cognito', { token_use: 'id' }, /made for sign-in \(token_use\)/],
    ['one for a client of our sign-in', { aud: [audience, client] }, /people sign in here \(aud\)/],
    ['a refresh token', { typ: 'Refresh' }, /another purpose \(typ\)/],
    ['an offline token', { typ: 'Offline' }, /another purpose \(typ\)/],
    ['a logout token', { events: {} }, /no events of a valid form/],
    ['one bound to a key', { cnf: { jkt: 'x' } }, /bound to a key/],
  ])('T28: refuses %s', async (_name, claims, says) => {
    expect(await problemOf(token(claims))).toMatch(says)
    expect(await problemOf(token(claims))).toMatch(/^401/)
  })

  it('T28: takes what is an ID token by form from an issuer of workloads, but never one for our own sign-in', async () => {
    const workloads = create({ idTokens: true })
    expect(await problemOf(token({ nonce: 'n', at_hash: 'h', typ: 'ID' }), workloads)).toBe('accepted')
    expect(await problemOf(token({ aud: [audience, client] }), workloads)).toMatch(/^401/)
    expect(await problemOf(token({ typ: 'Refresh' }), workloads)).toMatch(/^401/)
  })

  it('takes the forms of an access token that issuers use', async () => {
    for (const [claims, header] of [
      [{ typ: 'Bearer' }, {}],
      [{}, { typ: 'at+jwt' }],
      [{}, { typ: 'application/at+jwt' }],
      [{}, { typ: undefined }],
      [{ token_use: 'access', scope: 'a b' }, {}],
      [{ iat: undefined, nbf: undefined }, {}],
    ] as const)
      expect(await problemOf(token(claims, header))).toBe('accepted')
  })

  it('T29: lets in only the clients that are listed, whatever claim names them', async () => {
    const listed = create({ clients: ['batch', 'nightly'] })
    expect(await problemOf(token(), listed)).toBe('accepted')
    for (const claims of [
      { azp: 'other' },
      { azp: undefined },
      { azp: undefined, appid: 'other' },
      { azp: undefined, client_id: 'other' },
      { azp: undefined, cid: 'other' },
      { azp: 'batch', client_id: 'other' },
    ])
      expect(await problemOf(token(claims), listed)).toMatch(/^403 The client of the token/)
    for (const name of ['appid', 'client_id', 'cid'])
      expect(await problemOf(token({ azp: undefined, [name]: 'nightly' }), listed)).toBe('accepted')
  })

  it('T29: who may come is told to nobody whose signature does not hold', async () => {
    const listed = create({ clients: ['batch'], required: [{ claim: 'roles', anyOf: ['x'] }] })
    const forged = signCompact(
      { alg: 'RS256', kid: one.key().kid },
      { iss: one.issuer, sub: 's', aud: audience, exp: now / second + 60, azp: 'other' },
      createSigningKey('another').privateKey,
    )
    expect(await problemOf(forged, listed)).toBe('401 The signature of the token is not that of its issuer.')
  })

  it('requires what the operator wrote, to the letter and as deep as it lies', async () => {
    const strict = create({
      required: [
        { claim: 'repository', anyOf: ['acme/app', 'acme/lib'] },
        { claim: 'kubernetes.io.serviceaccount.name', anyOf: ['batch'] },
        { claim: 'roles', anyOf: ['Llm.Call'] },
        { claim: 'scope', anyOf: ['llm'] },
        { claim: 'level', anyOf: ['3'] },
      ],
    })
    const right = {
      repository: 'acme/lib',
      'kubernetes.io': { namespace: 'jobs', serviceaccount: { name: 'batch', uid: 'u' } },
      roles: ['Other', 'Llm.Call'],
      scope: 'openid llm',
      level: 3,
    }
    expect(await problemOf(token(right), strict)).toBe('accepted')
    for (const wrong of [
      { repository: 'acme/app2' },
      { repository: undefined },
      { repository: ['x'] },
      { repository: { 0: 'acme/app' } },
      { 'kubernetes.io': { serviceaccount: 'batch' } },
      { 'kubernetes.io': undefined },
      { roles: 'Llm.CallMore' },
      { roles: { includes: 'Llm.Call' } },
      { scope: 'llm2' },
      { level: 30 },
    ])
      expect(await problemOf(token({ ...right, ...wrong }), strict)).toMatch(/^403 The claim /)
  })

  it('T30: compares the issuer to the letter, and says when it is nearly right', async () => {
    for (const iss of [`${one.issuer}/`, one.issuer.toUpperCase(), one.issuer.replace('http:', 'https:')])
      expect(await problemOf(token({ iss }))).toMatch(/^401 .*spelt otherwise than that of issuer one/)
    for (const iss of ['https://elsewhere.test', '', undefined, null, 7, [one.issuer], '__proto__'])
      expect(await problemOf(token({ iss }))).toBe('401 The issuer of the token (iss) is not trusted here.')
    expect(one.requests.jwks + two.requests.jwks).toBe(0)
  })

  it('T30: an issuer whose document is of another one is degraded, and its tokens are 503', async () => {
    one.document = { issuer: two.issuer }
    expect(await problemOf(token())).toMatch(/^503/)
    expect(issuers.list()[0]).toMatchObject({
      state: 'degraded',
      problem: 'the document is of another issuer',
    })
    expect(states).toEqual([['one', 'the document is of another issuer']])
    expect(await problemOf(token({}, {}, two))).toBe('accepted')
  })

  it('T31: the keys of one issuer never vouch for another, and one subject at two is two machines', async () => {
    const { kid, privateKey } = one.key()
    const claims = { iss: two.issuer, sub: 's', aud: audience, exp: now / second + 60 }
    expect(await problemOf(signCompact({ alg: 'RS256', kid }, claims, privateKey))).toMatch(/^401 .*\(kid\)/)
    const sameKid = signCompact({ alg: 'RS256', kid: two.key().kid }, claims, privateKey)
    expect(await problemOf(sameKid)).toMatch(/^401 The signature/)
    const both = await Promise.all([verify(token({ sub: 's' })), verify(token({ sub: 's' }, {}, two))])
    expect(both.map(({ issuer, provider }) => [issuer, provider])).toEqual([
      [one.issuer, 'one'],
      [two.issuer, 'two'],
    ])
  })

  it('T32: a forged token that shares its beginning with a verified one is another token', async () => {
    const good = token()
    await verify(good)
    for (const length of [20, 100, 200, good.length - 10]) {
      const rest = good.slice(length).split('').reverse().join('')
      expect(await problemOf(good.slice(0, length) + rest)).toMatch(/^401/)
    }
    const [head, body, signature = ''] = good.split('.')
    const altered = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`
    expect(await problemOf(`${head}.${body}.${altered}`)).toMatch(/^401/)
  })

  it('T33: ten thousand unknown keys cost the issuer one fetch in half a minute, and known tokens nothing', async () => {
    const good = token()
    await verify(good)
    const other = createSigningKey('other')
    const forge = (kid: string) => one.mint({ key: { ...other, kid }, payload: payloadOf(good) })
    const head = forge('x').split('.')
    const unknown = Array.from(
      { length: 10_000 },
      () => `${encodePart({ alg: 'RS256', typ: 'JWT', kid: randomUUID() })}.${head[1]}.${head[2]}`,
    )
    const before = one.requests.jwks
    for (let from = 0; from < unknown.length; from += 500) {
      now += 3 * second
      const answers = await Promise.all(unknown.slice(from, from + 500).map((text) => problemOf(text)))
      expect(new Set(answers).size).toBe(1)
      expect(answers[0]).toMatch(/^401 .*\(kid\)/)
    }
    expect(one.requests.jwks - before).toBeLessThanOrEqual(2)
    expect(await problemOf(good)).toBe('accepted')
  })

  it('T34: keeps the good keys when the issuer publishes a hostile set, and follows it nowhere', async () => {
    await verify(token())
    for (const [hostile, problem] of [
      [JSON.stringify({ keys: Array(101).fill(one.key().jwk) }), '100'],
      [JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: one.key().kid }] }), 'no usable key'],
      [`{"keys":[${' '.repeat(5_000_000)}]}`, 'larger than'],
      ['<html></html>', 'expected object'],
    ] as const) {
      one.jwksText = hostile
      now += 11 * minute
      expect(await problemOf(token())).toBe('accepted')
      await expect.poll(() => issuers.list()[0]?.problem).toContain(problem)
    }
    one.jwksText = null
    one.conditions.redirectTo = `${evil.origin}/jwks`
    now += 11 * minute
    expect(await problemOf(token())).toBe('accepted')
    await expect.poll(() => issuers.list()[0]?.problem).toContain('redirects')
    expect(evil.requests.jwks).toBe(0)
    expect(states.map(([id]) => id)).toEqual(['one'])
  })

  it('T35: no claim makes an admin but by a rule', async () => {
    const plain = {
      scope: 'admin',
      roles: ['admin'],
      role: 'admin',
      realm_access: { roles: ['admin'] },
      groups: Array.from({ length: 250 }, (_, index) => `group-${index}`),
    }
    expect((await verify(token(plain))).roles).toEqual(['member'])
    const ruled = create({ admins: [{ claim: 'realm_access.roles', value: 'llm-admin' }] })
    expect((await verify(token(plain), ruled)).roles).toEqual(['member'])
    const named = { ...plain, realm_access: { roles: ['admin', 'llm-admin'] } }
    expect((await verify(token(named), ruled)).roles).toEqual(['admin', 'member'])
  })

  it('maps models by the rules that fit, to none where no rule does, and names and teams as texts', async () => {
    const mapped = create({
      nameClaim: 'display',
      teamClaim: 'org.team',
      models: [
        { when: { claim: 'groups', value: 'science' }, models: ['openai/*'] },
        { when: { claim: 'groups', value: 'web' }, models: ['groq/*', 'chat'] },
      ],
    })
    const claims = { display: ' Batch\u202e \n job ', org: { team: 'Data' } }
    expect(await verify(token({ ...claims, groups: ['web', 'science'] }), mapped)).toMatchObject({
      name: 'Batch job',
      team: 'Data',
      models: ['openai/*', 'groq/*', 'chat'],
    })
    expect(await verify(token({ groups: ['sales'], display: { a: 1 } }), mapped)).toMatchObject({
      name: 'batch',
      team: null,
      models: [],
    })
    const all = create({ models: [{ when: null, models: ['groq/*'] }] })
    expect((await verify(token(), all)).models).toEqual(['groq/*'])
  })

  it('F24: an issuer that is away for hours costs no valid caller, and its new keys are found when it is back', async () => {
    await verify(token())
    for (const trouble of [{ status: 500 }, { down: true }, { status: 200 }]) {
      Object.assign(one.conditions, { status: null, down: false }, trouble)
      for (let passed = 0; passed < 7 * 60; passed += 20) {
        now += 20 * minute
        expect(await problemOf(token())).toBe('accepted')
      }
      await expect.poll(() => issuers.list()[0]?.state).toBe('degraded')
    }
    const old = one.key()
    one.rotate()
    Object.assign(one.conditions, { status: null, down: false })
    // A fetch that began while it was away may fail only now, and counts as an attempt.
    const later = () => {
      now += 31 * second
      return problemOf(token())
    }
    await expect.poll(later).toBe('accepted')
    expect(await problemOf(one.mint({ key: old, payload: payloadOf(token()) }))).toMatch(/^401/)
    expect(states.map(([, problem]) => problem === null)).toEqual([false, true])
  })

  it('F24: after a day without its issuer a token is 503, not 401', async () => {
    await verify(token())
    one.conditions.down = true
    now += 25 * 60 * minute
    expect(await problemOf(token())).toMatch(/^503/)
  })

  it('F25: starts while an issuer is down, says 503 without asking all the time, and finds it again by itself', async () => {
    one.conditions.down = true
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => problemOf(token({ jti: randomUUID() }))),
    )
    expect(new Set(answers)).toEqual(new Set(['503 The identity provider cannot be reached at the moment.']))
    expect(await problemOf(token({}, {}, two))).toBe('accepted')
    expect(issuers.list().map(({ state }) => state)).toEqual(['degraded', 'ok'])
    one.conditions.down = false
    now += 6 * second
    expect(await problemOf(token())).toBe('accepted')
    expect(issuers.list()[0]?.state).toBe('ok')
  })

  it('F26: a key that is used before it is published is refused, and taken within half a minute', async () => {
    await verify(token())
    const published = JSON.stringify({ keys: [one.key().jwk] })
    one.rotate()
    one.jwksText = published
    const early = token()
    expect(await problemOf(early)).toMatch(/^401 .*try again in 30 seconds/)
    one.jwksText = null
    const before = one.requests.jwks
    for (let passed = 0; passed < 30; passed++) {
      now += second
      await problemOf(early)
    }
    expect(await problemOf(early)).toBe('accepted')
    expect(one.requests.jwks - before).toBe(1)
  })

  it('F27: lets a minute pass between two clocks, and no more', async () => {
    const at = Math.floor(now / second)
    for (const off of [-30, 30]) {
      const text = token({ iat: at + off, nbf: at + off, exp: at + off + 5 })
      expect(await problemOf(text), String(off)).toBe('accepted')
    }
    expect(await problemOf(token({ exp: at - 90 }))).toMatch(/^401 .*exp/)
    expect(await problemOf(token({ nbf: at + 90 }))).toMatch(/^401 .*nbf.*clock/)
    expect(await problemOf(token({ iat: at + 3600 }))).toMatch(/^401 .*iat.*clock/)
    for (const exp of [undefined, '9', 1e300, -1, Number.NaN])
      expect(await problemOf(token({ exp }))).toMatch(/^401/)
  })

  it('T15, T18, T19: refuses other algorithms, headers that bring keys along, and what is no JWS', async () => {
    const payload = payloadOf(token())
    const { kid, jwk } = one.key()
    const forged = (header: object, key: SigningKey['privateKey'] | string | null, alg: string) =>
      signCompact({ kid, ...header }, payload, key, alg)
    const pem = JSON.stringify(jwk)
    for (const text of [
      ...['none', 'None', 'nOnE'].map((alg) => forged({ alg }, null, 'none')),
      forged({ alg: 'HS256' }, pem, 'HS256'),
      forged({ alg: 'RS256' }, pem, 'HS256'),
      forged({ alg: 'RS256', crit: ['b64'], b64: false }, one.key().privateKey, 'RS256'),
      forged({ alg: 'RS256', zip: 'DEF' }, one.key().privateKey, 'RS256'),
      forged({ alg: 'RS256', typ: 'logout+jwt' }, one.key().privateKey, 'RS256'),
      forged({ alg: 'PS256' }, one.key().privateKey, 'RS256'),
      'a.b.c.d.e',
      'x',
      `${token()}=`,
      `${token()}.`,
      'a'.repeat(3_000_000),
    ])
      expect(await problemOf(text), text.slice(0, 40)).toMatch(/^401/)
    const jku = { jku: `${evil.origin}/jwks`, x5u: evil.origin, jwk: evil.key().jwk }
    const brought = one.mint({ payload, header: jku, key: { ...evil.key(), kid: evil.key().kid } })
    expect(await problemOf(brought)).toMatch(/^401/)
    expect(evil.requests.jwks).toBe(0)
  })

  it.each([300, 0])('T13: refuses a subject of %i characters, and one that is no text', async (length) => {
    for (const sub of ['s'.repeat(length), 7, ['s'], { s: 1 }, 'a\u0000b', '\ud800'])
      expect(await problemOf(token({ sub }))).toMatch(/^401 The token has no sub/)
  })

  it('explains a token step by step, up to what fails', async () => {
    const good = await issuers.explain(token())
    expect(good.refusal).toBeNull()
    expect(good.identity).toMatchObject({ subject: 'service-account-batch' })
    expect(good.steps.every(({ passed }) => passed)).toBe(true)
    expect([...new Set(good.steps.map(({ check }) => check))]).toEqual([
      'form',
      'issuer',
      'algorithm',
      'time',
      'audience',
      'purpose',
      'signature',
      'client',
      'identity',
    ])
    const bad = await issuers.explain(token({ aud: 'account' }))
    expect(bad.identity).toBeNull()
    expect(bad.steps.at(-1)).toEqual({
      check: 'audience',
      passed: false,
      detail: 'aud is "account"; gatehouse-api is wanted',
    })
    expect(bad.refusal).toMatchObject({ status: 401, code: 'invalid_token' })
    expect(bad.refusal?.message).toContain('audience mapper')
    one.conditions.down = true
    const away = await create().explain(token())
    expect(away.refusal).toMatchObject({ status: 503, code: 'issuer_unavailable' })
    expect(away.steps.at(-1)).toMatchObject({ check: 'signature', passed: false })
  })

  it('says where no issuer is configured, and how to configure one', async () => {
    const nobody = createTrustedIssuers({
      issuers: [],
      fetch: () => Promise.reject(new Error('nobody is to be asked')),
      signInAudiences: new Set(),
    })
    const explained = await nobody.explain(token())
    expect(explained.steps.at(-1)).toMatchObject({
      check: 'issuer',
      passed: false,
      detail: expect.stringMatching(/; no issuer is configured$/),
    })
    expect(explained.refusal).toMatchObject({
      status: 401,
      message: expect.stringMatching(/OIDC_ISSUER_URL.*gatehouse\.yaml/),
    })
  })

  it('explains without keeping: the token is verified all the same afterwards', async () => {
    const text = token()
    await issuers.explain(text)
    expect(issuers.verify(text)).toBeInstanceOf(Promise)
  })

  it('is not made of two with one name or one issuer, nor of two that are asked about opaque tokens', () => {
    const introspection = { clientId: 'c', clientSecret: 's' }
    const again = { id: 'three', issuer: 'https://three.test', audiences: [audience], introspection }
    expect(() => create({ id: 'two' })).toThrow('the same id')
    expect(() => create({ issuer: two.issuer })).toThrow('the same issuer')
    expect(() => create({ introspection }, [again])).toThrow('at one issuer alone')
  })

  const payloadOf = (text: string): unknown =>
    JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())
})
