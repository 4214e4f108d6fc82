import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { encodePart, startServer } from '@gatehouse/testing'
import { type JWTPayload, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTokenEndpoint, type TokenEndpoint } from '../test/stand-ins.js'
import { GenericOAuth2Credential, type GenericOAuth2Options } from './generic-oauth2-credential.js'

let endpoint: TokenEndpoint
beforeEach(async () => {
  endpoint = await startTokenEndpoint()
})
afterEach(() => endpoint.close())

const credential = (options: Partial<GenericOAuth2Options> = {}) =>
  new GenericOAuth2Credential({
    tokenUrl: endpoint.url,
    clientId: endpoint.clientId,
    clientSecret: endpoint.clientSecret,
    ...options,
  })
const sent = () => Object.fromEntries(endpoint.requests[0]?.form ?? [])
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it gave a token'),
    (error: Error) => error,
  )

describe('a token request', () => {
  it('has the secret in the form, and nothing that nobody asked for', async () => {
    const { token } = await credential().getToken()
    expect(token).toBe('token-1')
    expect(endpoint.requests[0]?.headers.authorization).toBeUndefined()
    expect(sent()).toEqual({
      grant_type: 'client_credentials',
      client_id: endpoint.clientId,
      client_secret: endpoint.clientSecret,
    })
  })

  it('has the secret in the header where the issuer wants it there', async () => {
    await credential({ secretIn: 'header' }).getToken()
    expect(sent()).toEqual({ grant_type: 'client_credentials' })
    expect(endpoint.issued).toEqual(['token-1'])
  })

  it('says what the token is for: scope, audience, resource', async () => {
    const resource = ['https://one.test', 'https://two.test']
    await credential({ audience: 'https://gatehouse.test/api', resource, scope: 'own' }).getToken('asked')
    expect(sent()).toMatchObject({ audience: 'https://gatehouse.test/api', scope: 'asked' })
    expect(endpoint.requests[0]?.form.getAll('resource')).toEqual(resource)
    await credential({ scope: 'own', resource: 'https://one.test' }).getToken()
    expect(endpoint.requests[1]?.form.get('scope')).toBe('own')
    expect(endpoint.requests[1]?.form.getAll('resource')).toEqual(['https://one.test'])
  })

  it('goes out by the fetch that is given', async () => {
    const seen: string[] = []
    const own: GenericOAuth2Options['fetch'] = (input, init) => {
      seen.push(String(input))
      return fetch(input, init)
    }
    await credential({ fetch: own }).getToken()
    expect(seen).toEqual([endpoint.url])
  })

  it('shows a token of the platform in the place of a secret, asked for anew each time', async () => {
    let count = 0
    const options = { clientSecret: undefined, clientAssertion: async () => `platform-${++count}` }
    const given = credential(options)
    await given.getToken()
    await given.getToken()
    expect(endpoint.requests.map(({ form }) => form.get('client_assertion'))).toEqual([
      'platform-1',
      'platform-2',
    ])
    expect(sent()).toMatchObject({
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
    expect(endpoint.requests[0]?.form.has('client_secret')).toBe(false)
  })
})

describe('private_key_jwt', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ed = generateKeyPairSync('ed25519')
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const windows = (text: string) => text.replaceAll('\n', '\r\n')
  const webKey = () =>
    crypto.subtle.importKey(
      'jwk',
      ec.privateKey.export({ format: 'jwk' }),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    )

  const keys: [
    string,
    KeyObject,
    () => Promise<Partial<GenericOAuth2Options>>,
    string,
    string | undefined,
  ][] = [
    [
      'RSA in PEM',
      rsa.publicKey,
      async () => ({ privateKey: windows(pem(rsa.privateKey)) }),
      'RS256',
      undefined,
    ],
    [
      'RSA for PSS, with a key id',
      rsa.publicKey,
      async () => ({ privateKey: pem(rsa.privateKey), algorithm: 'PS256', keyId: 'k1' }),
      'PS256',
      'k1',
    ],
    [
      'a JWK with its own key id and algorithm',
      rsa.publicKey,
      async () => ({ privateKey: { ...rsa.privateKey.export({ format: 'jwk' }), kid: 'k2', alg: 'PS256' } }),
      'PS256',
      'k2',
    ],
    ['P-256 in PEM', ec.publicKey, async () => ({ privateKey: pem(ec.privateKey) }), 'ES256', undefined],
    ['Ed25519 in PEM', ed.publicKey, async () => ({ privateKey: pem(ed.privateKey) }), 'EdDSA', undefined],
    ['a CryptoKey', ec.publicKey, async () => ({ privateKey: await webKey() }), 'ES256', undefined],
  ]
  it.each(keys)('%s: signs an assertion that a library verifies', async (_, publicKey, options, alg, kid) => {
    const given = credential({ clientSecret: undefined, ...(await options()) })
    await given.getToken()
    await given.getToken()
    const ids = new Set<JWTPayload['jti']>()
    for (const { form } of endpoint.requests) {
      expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      const { protectedHeader, payload } = await jwtVerify(form.get('client_assertion') ?? '', publicKey, {
        audience: endpoint.url,
        issuer: endpoint.clientId,
        subject: endpoint.clientId,
        requiredClaims: ['iat', 'jti'],
        maxTokenAge: 60,
      })
      expect([protectedHeader.alg, protectedHeader.kid]).toEqual([alg, kid])
      ids.add(payload.jti)
    }
    expect(ids.size).toBe(2)
  })

  it('names another audience where the issuer wants its own name there', async () => {
    const privateKey = pem(ec.privateKey)
    await credential({
      clientSecret: undefined,
      privateKey,
      assertionAudience: 'https://issuer.test',
    }).getToken()
    const assertion = endpoint.requests[0]?.form.get('client_assertion') ?? ''
    await jwtVerify(assertion, ec.publicKey, { audience: 'https://issuer.test' })
  })

  const unusable: [string, string | object][] = [
    ['an older form of PEM', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    [
      'a key with a password',
      rsa.privateKey
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
        .toString(),
    ],
    ['a public key', rsa.publicKey.export({ format: 'jwk' })],
    ['another curve', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
    ['no key at all', 'secret-text'],
  ]
  it.each(unusable)('%s is refused in words that do not repeat it', async (_, privateKey) => {
    const error = await refusal(credential({ clientSecret: undefined, privateKey }).getToken())
    expect(error).toMatchObject({ code: 'invalid_configuration' })
    expect(error.message).toContain('openssl pkcs8')
    expect(inspect(error)).not.toMatch(/secret-text|BEGIN RSA/)
    expect(endpoint.requests).toEqual([])
  })
})

describe('the life of a token', () => {
  const nearly = (seconds: number) => {
    const end = Date.now() + seconds * 1000
    return [end - 20_000, end + 20_000] as const
  }
  const jwt = (exp: unknown) => `${encodePart({ alg: 'none' })}.${encodePart({ exp, name: 'Zoë ÿ?>' })}.`
  const inAnHour = Math.floor(Date.now() / 1000) + 3600

  it.each([
    ['a number', { expires_in: 1200 }, 1200],
    ['a text', { expires_in: '1200' }, 1200],
    ['a part of a second', { expires_in: 1200.5 }, 1200],
    ['absent', { expires_in: undefined }, 300],
    ['null', { expires_in: null }, 300],
    ['zero', { expires_in: 0 }, 300],
    ['negative', { expires_in: -5 }, 300],
    ['an empty text', { expires_in: ' ' }, 300],
    ['words', { expires_in: 'soon' }, 300],
    ['without end', { expires_in: '1e999' }, 300],
    ['a list', { expires_in: [7] }, 300],
    ['absent, in a JWT', { expires_in: undefined, access_token: jwt(inAnHour) }, 3600],
    ['nonsense, in a JWT with nonsense', { expires_in: 'x', access_token: jwt('y') }, 300],
  ])('is right where expires_in is %s', async (_, answer, seconds) => {
    endpoint.answer = answer
    const { expiresOnTimestamp } = await credential().getToken()
    const [least, most] = nearly(seconds)
    expect(expiresOnTimestamp).toBeGreaterThan(least)
    expect(expiresOnTimestamp).toBeLessThan(most)
  })
})

describe('a token request that fails', () => {
  it("has the issuer's own words, its status, and an address without the query", async () => {
    const error = await refusal(
      credential({ clientId: 'other', tokenUrl: `${endpoint.url}?tenant=x` }).getToken(),
    )
    expect(error).toMatchObject({ name: 'TokenError', code: 'refused', status: 401 })
    expect(error.message).toBe(
      `Token request to ${endpoint.url} failed: 401 invalid_client Invalid client or Invalid client credentials`,
    )
  })

  it('repeats no secret that the issuer repeats, on one line of bounded length', async () => {
    endpoint.next({
      status: 400,
      body: {
        error: 'invalid_request',
        error_description: `secret "${endpoint.clientSecret}" is\r\nwrong ${'x'.repeat(900)}`,
      },
    })
    const error = await refusal(credential().getToken())
    expect(inspect(error, { depth: 9 })).not.toContain(endpoint.clientSecret)
    expect(error.message).toContain('secret "***" is wrong')
    expect(error.message.length).toBeLessThan(420)
    expect(inspect(credential(), { depth: 9, showHidden: true })).not.toContain(endpoint.clientSecret)
  })

  it.each([
    ['no JSON', '<html>', 'no_token'],
    ['no object', '[]', 'no_token'],
    ['no token', { token_type: 'Bearer' }, 'no_token'],
    ['a token that is no text', { access_token: 7 }, 'no_token'],
    ['a token of another kind', { access_token: 'a', token_type: 'DPoP' }, 'no_token'],
  ])('answers 200 with %s', async (_, body, code) => {
    endpoint.next({ status: 200, body })
    expect(await refusal(credential().getToken())).toMatchObject({ code, status: 200 })
  })

  it('does not follow a redirect with the secret', async () => {
    const thief = await startTokenEndpoint()
    endpoint.next({ status: 307, headers: { location: thief.url } })
    expect(await refusal(credential().getToken())).toMatchObject({ code: 'refused', status: 307 })
    expect(thief.requests).toEqual([])
    await thief.close()
  })

  it('ends by its own clock, also in the middle of the answer', async () => {
    const server = await startServer((_, response) => void response.writeHead(200).write('{'))
    const error = await refusal(credential({ tokenUrl: `${server.url}/token`, timeoutMs: 300 }).getToken())
    expect(error).toMatchObject({ code: 'unreachable' })
    expect(error.message).toMatch(/timeout/i)
    await server.close()
  })

  it('says why nobody could be reached', async () => {
    const server = await startServer(() => undefined)
    await server.close()
    const error = await refusal(credential({ tokenUrl: `${server.url}/token` }).getToken())
    expect(error).toMatchObject({ code: 'unreachable' })
    expect(error.message).toContain('ECONNREFUSED')
  })
})

describe('the settings', () => {
  const settings = { clientId: 'id', clientSecret: 'secret-value' }
  it.each([
    'https://issuer.test/token',
    'http://localhost:8080/token',
    'http://keycloak.localhost/token',
    'http://127.1/token',
    'http://[::1]:8080/token',
  ])('take %s', (tokenUrl) => {
    expect(() => new GenericOAuth2Credential({ ...settings, tokenUrl })).not.toThrow()
  })

  it.each([
    'http://issuer.test/token',
    'http://10.0.0.1/token',
    'http://127.0.0.1.issuer.test/token',
    'http://localhost.issuer.test/token',
    'http://notlocalhost/token',
    'ftp://localhost/token',
    'https://id:secret-value@issuer.test/token',
    'issuer.test/token',
  ])('refuse %s: a secret would go there', (tokenUrl) => {
    expect(() => new GenericOAuth2Credential({ ...settings, tokenUrl })).toThrow(
      /^tokenUrl must (?!.*secret-value)/,
    )
  })

  it.each([
    { tokenUrl: '' },
    { clientId: '' },
    { clientSecret: '' },
    { clientSecret: undefined },
    { privateKey: 'and a key as well' },
  ])('must be complete and of one kind: %o', (change) => {
    const all = { ...settings, tokenUrl: 'https://issuer.test/token', ...change }
    expect(() => new GenericOAuth2Credential(all)).toThrow(
      'tokenUrl, clientId and one of clientSecret, privateKey and clientAssertion must be provided.',
    )
  })
})
