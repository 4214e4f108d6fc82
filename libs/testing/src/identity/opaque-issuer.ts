import { type Answer, type Conditions, type StandInRequest, startStandIn } from './stand-in-server.js'

/** An issuer whose tokens say nothing: it has to be asked about them (RFC 7662). */
export interface OpaqueIssuer {
  /** The `iss` of its tokens. */
  issuer: string
  conditions: Conditions
  /** What it answers about each token; about others that they are not active. */
  tokens: Map<string, Record<string, unknown>>
  /** Tokens it was asked about, in order. */
  asked: string[]
  /** What its discovery document says of how a client shows its secret; nothing unless set. */
  methods: string[] | undefined
  /** Whether its discovery document names the endpoint. */
  offered: boolean
  close(): Promise<void>
}

/** Starts one. A client shows its secret by the header, or where `methods` says so by the form, and by that alone. */
export async function startOpaqueIssuer(client: {
  clientId: string
  clientSecret: string
}): Promise<OpaqueIssuer> {
  const server = await startStandIn(route)
  const { origin } = server
  const self: OpaqueIssuer = {
    issuer: origin,
    conditions: server.conditions,
    tokens: new Map(),
    asked: [],
    methods: undefined,
    offered: true,
    close: server.close,
  }
  return self

  function route(request: StandInRequest): Answer | null {
    const { pathname } = request.url
    if (pathname === '/.well-known/openid-configuration')
      return {
        json: {
          issuer: origin,
          jwks_uri: `${origin}/jwks`,
          ...(self.offered ? { introspection_endpoint: `${origin}/introspect` } : {}),
          ...(self.methods ? { introspection_endpoint_auth_methods_supported: self.methods } : {}),
        },
      }
    if (pathname !== '/introspect' || request.method !== 'POST') return null
    const form = request.form()
    if (!knows(request, form)) return { status: 401, json: { error: 'invalid_client' } }
    const token = form.get('token') ?? ''
    self.asked.push(token)
    return { json: self.tokens.get(token) ?? { active: false } }
  }

  function knows(request: StandInRequest, form: URLSearchParams): boolean {
    const { authorization } = request.headers
    const byForm = self.methods !== undefined && !self.methods.includes('client_secret_basic')
    if (byForm)
      return (
        authorization === undefined &&
        form.get('client_id') === client.clientId &&
        form.get('client_secret') === client.clientSecret
      )
    // RFC 6749 section 2.3.1: both are encoded as in a form, before the colon joins them.
    const given = Buffer.from((authorization ?? '').replace(/^Basic /, ''), 'base64').toString()
    const [id, secret] = given.split(':').map((part) => new URLSearchParams(`x=${part}`).get('x'))
    return id === client.clientId && secret === client.clientSecret && !form.has('client_secret')
  }
}
