import { verify } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { type RunningServer, startServer } from '../server.js'

/** Who may get a token, and by what proof; nobody may who is not named. */
export interface GoogleIdentityOptions {
  /** `publicKey` in PEM. */
  serviceAccount?: { email: string; publicKey: string }
  /** That of a user of gcloud. */
  refreshToken?: string
  /** What a workload of elsewhere brings: a token, or what one looks like that is new each time. */
  federated?: { audience: string; subjectToken: string | RegExp }
  /** True: it is the metadata server of a machine with a service account. */
  isMachine?: boolean
  /** Given out each time; one with a number unless told. */
  token?: string
  /** Seconds that a token lives; 3600. */
  expiresInSeconds?: number
}

/** Google's token endpoint, its token service for federated workloads, and the metadata server of a machine. */
export interface GoogleIdentityStandIn {
  url: string
  /** Of the server, for `GCE_METADATA_HOST`. */
  host: string
  /** Method and path of what was asked for, in order. */
  requests: string[]
  /** Tokens given out, in order. */
  issued: string[]
  /** Whether Vertex AI takes this token. */
  accepts(token: string): boolean
  /** No token that was given out so far is taken any more. */
  revoke(): void
  /** Why the last request was refused. */
  refusal(): string | undefined
  /** The next requests fail with this status. */
  failNext(...statuses: number[]): void
  close: RunningServer['close']
}

/** The audience of a service account's assertion, wherever it is sent. */
const audience = 'https://oauth2.googleapis.com/token'
const scope = 'https://www.googleapis.com/auth/cloud-platform'
const machinePath = '/computeMetadata/v1/instance/service-accounts/default/token'

/**
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 * https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
 * https://cloud.google.com/compute/docs/access/authenticate-workloads#applications
 */
export async function startGoogleIdentity(options: GoogleIdentityOptions): Promise<GoogleIdentityStandIn> {
  const requests: string[] = []
  const issued: string[] = []
  const valid = new Set<string>()
  const failures: number[] = []
  let refusal: string | undefined
  const server = await startServer(
    (request, response) => void answer(request, response).catch(() => response.destroy()),
  )

  const issue = (response: ServerResponse) => {
    const token = options.token ?? `ya29.stand-in-token-${issued.length + 1}`
    issued.push(token)
    valid.add(token)
    const life = { expires_in: options.expiresInSeconds ?? 3600, token_type: 'Bearer' }
    json(response, 200, { access_token: token, ...life })
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', server.url)
    requests.push(`${request.method} ${pathname}`)
    const form = new URLSearchParams(await text(request))
    if (pathname.startsWith('/computeMetadata/')) response.setHeader('metadata-flavor', 'Google')
    const failure = failures.shift()
    if (failure) return json(response, failure, { error: 'internal_failure' })

    refusal = problemOf(`${request.method} ${pathname}`, request, form, options)
    if (!refusal) return issue(response)
    const status = pathname === machinePath ? 404 : 400
    json(response, status, { error: 'invalid_grant', error_description: refusal })
  }

  return {
    url: server.url,
    host: new URL(server.url).host,
    requests,
    issued,
    accepts: (token) => valid.has(token),
    revoke: () => valid.clear(),
    refusal: () => refusal,
    failNext: (...statuses) => void failures.push(...statuses),
    close: server.close,
  }
}

function problemOf(
  route: string,
  { headers }: IncomingMessage,
  form: URLSearchParams,
  { serviceAccount, refreshToken, federated, isMachine }: GoogleIdentityOptions,
): string | undefined {
  if (route === `GET ${machinePath}`) {
    if (headers['metadata-flavor'] !== 'Google') return 'no Metadata-Flavor header'
    return isMachine ? undefined : 'no service account'
  }
  if (route === 'POST /v1/token' && federated) {
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:token-exchange')
      return 'wrong grant type'
    if (form.get('audience') !== federated.audience) return 'wrong audience'
    if (form.get('scope') !== scope) return 'wrong scope'
    const { subjectToken: known } = federated
    const brought = form.get('subject_token') ?? ''
    const isKnown = typeof known === 'string' ? brought === known : known.test(brought)
    return isKnown ? undefined : 'unknown subject token'
  }
  if (route !== 'POST /token') return 'no such endpoint'
  if (form.get('grant_type') === 'refresh_token') {
    const isKnown = refreshToken !== undefined && form.get('refresh_token') === refreshToken
    return isKnown ? undefined : 'unknown refresh token'
  }
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return 'wrong grant type'
  return serviceAccount
    ? problemOfAssertion(form.get('assertion') ?? '', serviceAccount)
    : 'unknown service account'
}

function problemOfAssertion(
  assertion: string,
  { email, publicKey }: { email: string; publicKey: string },
): string | undefined {
  const [header = '', claims = '', signature = ''] = assertion.split('.')
  if (decode(header).alg !== 'RS256') return 'wrong algorithm'
  const { iss, aud, exp, iat, scope: asked } = decode(claims)
  if (iss !== email) return 'unknown service account'
  if (aud !== audience) return 'wrong audience'
  if (asked !== scope) return 'wrong scope'
  const now = Date.now() / 1000
  if (!(Number(exp) > now) || Number(exp) > Number(iat) + 3600) return 'not valid now'
  const signed = Buffer.from(`${header}.${claims}`)
  const isValid = verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))
  return isValid ? undefined : 'wrong signature'
}

function decode(part: string): Record<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString() || '{}')
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function json(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
