import { constants, verify } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TestCertificate } from '../certificate.js'
import { type RunningServer, type ServerCertificate, startServer } from '../server.js'

/** Who may get a token, and by what proof. */
export interface EntraOptions {
  tenantId: string
  clientId: string
  /** The certificate that is registered for the client. */
  certificate?: TestCertificate
  /** The federated token that is accepted, for workload identity. */
  federatedToken?: string
  /** Seconds that a token lives, as the answer says them, senseless ones too; null says nothing. 3600. */
  expiresInSeconds?: number | string | null
  /** Speaks TLS, which Microsoft's own library insists on. */
  tls?: ServerCertificate
}

/** Microsoft Entra's token endpoint, and the metadata service of a machine with a managed identity. */
export interface EntraStandIn {
  url: string
  /** Paths that were asked for, with method, in order. */
  requests: string[]
  /** Tokens given out, in order. */
  issued: string[]
  /** Why the last request was refused. */
  refusal(): string | undefined
  /** The next token requests fail with this status. */
  failNext(...statuses: number[]): void
  close: RunningServer['close']
}

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export async function startEntra(options: EntraOptions): Promise<EntraStandIn> {
  const requests: string[] = []
  const issued: string[] = []
  const failures: number[] = []
  let refusal: string | undefined
  const server: RunningServer = await startServer(
    (request, response) => void answer(request, response).catch(() => response.destroy()),
    options.tls,
  )

  const issue = (response: ServerResponse) => {
    const value = `entra-token-${issued.length + 1}`
    issued.push(value)
    const { expiresInSeconds: seconds = 3600 } = options
    const expiresOn = Math.floor(Date.now() / 1000) + Number(seconds)
    json(response, 200, {
      token_type: 'Bearer',
      ...(seconds === null ? {} : { expires_in: seconds, expires_on: String(expiresOn) }),
      access_token: value,
    })
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', server.url)
    requests.push(`${request.method} ${url.pathname}`)
    const form = new URLSearchParams(await text(request))
    const failure = failures.shift()
    if (failure)
      return json(response, failure, { error: 'temporarily_unavailable', error_description: 'try later' })

    if (url.pathname.startsWith('/metadata/identity/oauth2/token')) {
      // A machine's own service answers whoever sends this header: https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
      return request.headers.metadata === 'true'
        ? issue(response)
        : json(response, 400, { error: 'invalid_request' })
    }
    if (url.pathname === `/${options.tenantId}/v2.0/.well-known/openid-configuration`) {
      return json(response, 200, discovery(server.url, options.tenantId))
    }
    const endpoint = `${server.url}/${options.tenantId}/oauth2/v2.0/token`
    if (server.url + url.pathname !== endpoint || request.method !== 'POST')
      return json(response, 404, { error: 'not_found' })
    refusal = problemOf(form, endpoint, options)
    if (!refusal) return issue(response)
    return json(response, 401, {
      error: 'invalid_client',
      error_description: `AADSTS700027: ${refusal}\r\nTrace ID: 0`,
    })
  }

  return {
    url: server.url,
    requests,
    issued,
    refusal: () => refusal,
    failNext: (...statuses) => void failures.push(...statuses),
    close: server.close,
  }
}

function problemOf(form: URLSearchParams, endpoint: string, options: EntraOptions): string | undefined {
  if (form.get('grant_type') !== 'client_credentials') return 'wrong grant type'
  if (form.get('client_id') !== options.clientId) return 'unknown client'
  if (!form.get('scope')?.endsWith('/.default')) return 'wrong scope'
  if (form.get('client_assertion_type') !== jwtBearer) return 'wrong assertion type'
  const assertion = form.get('client_assertion') ?? ''
  if (options.federatedToken !== undefined) {
    return assertion === options.federatedToken ? undefined : 'unknown federated token'
  }
  return options.certificate
    ? problemOfAssertion(assertion, endpoint, options.clientId, options.certificate)
    : 'no proof'
}

/** https://learn.microsoft.com/entra/identity-platform/certificate-credentials */
function problemOfAssertion(
  assertion: string,
  endpoint: string,
  clientId: string,
  certificate: TestCertificate,
): string | undefined {
  const [header = '', claims = '', signature = ''] = assertion.split('.')
  const { alg, typ, 'x5t#S256': thumbprint } = decode(header)
  if (alg !== 'PS256' || typ !== 'JWT') return 'wrong algorithm'
  if (thumbprint !== certificate.thumbprint) return 'unknown certificate'
  const { aud, iss, sub, jti, nbf, exp } = decode(claims)
  if (aud !== endpoint) return 'wrong audience'
  if (iss !== clientId || sub !== clientId) return 'wrong issuer or subject'
  if (typeof jti !== 'string' || jti === '') return 'no jti'
  const now = Date.now() / 1000
  if (Number(nbf) > now || !(Number(exp) > now) || Number(exp) > now + 600) return 'not valid now'
  const key = { key: certificate.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const valid = verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))
  return valid ? undefined : 'wrong signature'
}

function decode(part: string): Record<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString() || '{}')
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function discovery(url: string, tenantId: string) {
  return {
    issuer: `${url}/${tenantId}/v2.0`,
    authorization_endpoint: `${url}/${tenantId}/oauth2/v2.0/authorize`,
    token_endpoint: `${url}/${tenantId}/oauth2/v2.0/token`,
    jwks_uri: `${url}/${tenantId}/discovery/v2.0/keys`,
  }
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function json(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
