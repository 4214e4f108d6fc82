import { createHash, randomUUID } from 'node:crypto'
import { type Answer, type Conditions, type StandInRequest, startStandIn } from './stand-in-server.js'
import { createSigningKey, type SigningKey, signCompact } from './tokens.js'

/** How an OpenID stand-in is set up. */
export interface OpenIdIssuerOptions {
  clientId?: string
  clientSecret?: string
  /** `microsoft`: one issuer per tenant, as `<origin>/<tenant>/v2.0`, and a template for several. */
  kind?: 'generic' | 'microsoft'
  /** For `microsoft`: the tenant of the person who signs in. */
  tenant?: string
}

/** What to change about a token. */
export interface Minting {
  /** Laid over the usual claims; undefined takes one away. */
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
  /** In place of the claims, as it is. */
  payload?: unknown
  /** In place of the issuer's newest key. */
  key?: SigningKey
}

/** A scriptable OpenID issuer on a real socket. */
export interface OpenIdIssuer {
  origin: string
  /** The `iss` of its tokens. */
  issuer: string
  clientId: string
  clientSecret: string
  conditions: Conditions
  /** The claims of whoever signs in at the authorization endpoint. */
  person: Record<string, unknown>
  /** Requests so far, by endpoint. */
  requests: { discovery: number; jwks: number; authorize: number; token: number }
  /** Laid over the discovery document. */
  document: Record<string, unknown>
  /** Sent in place of the key set, as it is. */
  jwksText: string | null
  /** Laid over the claims of the next tokens from the token endpoint. */
  tokenClaims: Record<string, unknown>
  /** The next visit to the authorization endpoint comes back with this error. */
  refuseWith: string | null
  mint(minting?: Minting): string
  /** Replaces the signing key; the older ones are no longer published. */
  rotate(): SigningKey
  key(): SigningKey
  close(): Promise<void>
}

interface PendingCode {
  redirectUri: string
  challenge: string | null
  nonce: string | null
}

const severalTenants = ['common', 'organizations', 'consumers']

/**
 * Starts an OpenID issuer that answers discovery, JWKS, authorization (it sends the browser back at once) and token requests
 * (code with PKCE, client secret), with ID tokens of any form.
 */
export async function startOpenIdIssuer(options: OpenIdIssuerOptions = {}): Promise<OpenIdIssuer> {
  const { clientId = 'gatehouse', clientSecret = 'stand-in-secret', kind = 'generic' } = options
  const tenant = options.tenant ?? '11111111-1111-4111-8111-111111111111'
  const codes = new Map<string, PendingCode>()
  let key = createSigningKey(`key-${randomUUID()}`)

  const server = await startStandIn(route)
  const { origin } = server
  const issuer = kind === 'microsoft' ? `${origin}/${tenant}/v2.0` : origin

  const self: OpenIdIssuer = {
    origin,
    issuer,
    clientId,
    clientSecret,
    conditions: server.conditions,
    person: { sub: 'person-1', email: 'ada@example.com', email_verified: true, name: 'Ada Lovelace' },
    requests: { discovery: 0, jwks: 0, authorize: 0, token: 0 },
    document: {},
    jwksText: null,
    tokenClaims: {},
    refuseWith: null,
    mint,
    rotate() {
      key = createSigningKey(`key-${randomUUID()}`)
      return key
    },
    key: () => key,
    close: server.close,
  }
  return self

  function mint({ claims, header, payload, key: signingKey = key }: Minting = {}): string {
    const now = Math.floor(Date.now() / 1000)
    const usual = {
      iss: issuer,
      aud: clientId,
      iat: now,
      exp: now + 3600,
      ...(kind === 'microsoft' ? { tid: tenant, ver: '2.0' } : {}),
      ...self.person,
      ...claims,
    }
    const { alg, kid, privateKey } = signingKey
    return signCompact({ alg, typ: 'JWT', kid, ...header }, payload ?? usual, privateKey, alg)
  }

  function route(request: StandInRequest): Answer | null {
    const { pathname } = request.url
    if (pathname.endsWith('/.well-known/openid-configuration')) {
      self.requests.discovery++
      return { json: { ...discovery(pathname), ...self.document } }
    }
    if (pathname === '/jwks') {
      self.requests.jwks++
      return self.jwksText === null ? { json: { keys: [published()] } } : { text: self.jwksText }
    }
    if (pathname === '/authorize') {
      self.requests.authorize++
      return authorize(request.url.searchParams)
    }
    if (pathname === '/token' && request.method === 'POST') {
      self.requests.token++
      return token(request.form(), request.headers.authorization)
    }
    return null
  }

  function published(): Record<string, unknown> {
    return kind === 'microsoft' ? { ...key.jwk, issuer: `${origin}/{tenantid}/v2.0` } : key.jwk
  }

  function discovery(pathname: string): Record<string, unknown> {
    const asked = pathname.split('/')[1] ?? ''
    const named = severalTenants.includes(asked) ? '{tenantid}' : asked
    return {
      issuer: kind === 'microsoft' ? `${origin}/${named}/v2.0` : origin,
      jwks_uri: `${origin}/jwks`,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    }
  }

  function authorize(query: URLSearchParams): Answer {
    const redirectUri = query.get('redirect_uri') ?? ''
    if (
      query.get('client_id') !== clientId ||
      query.get('response_type') !== 'code' ||
      !URL.canParse(redirectUri)
    )
      return { status: 400, json: { error: 'invalid_request' } }
    const back = new URL(redirectUri)
    back.searchParams.set('state', query.get('state') ?? '')
    if (self.refuseWith) {
      back.searchParams.set('error', self.refuseWith)
      return { location: back.href }
    }
    const code = randomUUID()
    codes.set(code, { redirectUri, challenge: query.get('code_challenge'), nonce: query.get('nonce') })
    back.searchParams.set('code', code)
    return { location: back.href }
  }

  function token(form: URLSearchParams, authorization = ''): Answer {
    const basic = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString()
    const presented = authorization ? basic : `${form.get('client_id')}:${form.get('client_secret')}`
    if (presented !== `${clientId}:${clientSecret}`) return { status: 401, json: { error: 'invalid_client' } }
    const code = form.get('code') ?? ''
    const pending = codes.get(code)
    codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (!pending || pending.redirectUri !== form.get('redirect_uri') || pending.challenge !== challenge)
      return { status: 400, json: { error: 'invalid_grant' } }
    const nonce = pending.nonce === null ? {} : { nonce: pending.nonce }
    return {
      json: {
        access_token: randomUUID(),
        token_type: 'Bearer',
        expires_in: 3600,
        id_token: mint({ claims: { ...nonce, ...self.tokenClaims } }),
      },
    }
  }
}
