import { type CertificateAndKey, readCertificateFile } from './certificate-file.js'
import { signClientAssertion } from './client-assertion.js'
import type { AcquiredToken } from './token-source.js'
import type { Transport } from './transport.js'

/** Who we are at Microsoft Entra, and for what. */
export interface EntraCertificateOptions {
  transport: Pick<Transport, 'request'>
  tenantId: string
  clientId: string
  /** PEM with certificate and key; read anew at every token request, so a replaced file needs no restart. */
  certificatePath: string
  /** As `https://cognitiveservices.azure.com/.default`. */
  scope: string
  /** The sovereign cloud, or a private one: `https://login.microsoftonline.com` unless given. */
  authority?: string | undefined
  /** Called with what was read from the file, before each token request. */
  onCertificate?: (identity: CertificateAndKey) => void
}

/** A token endpoint that refused us. The message holds its error code and description, cut, and no token. */
export class TokenRequestError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'TokenRequestError'
    this.status = status
  }
}

const defaultAuthority = 'https://login.microsoftonline.com'
const maxAnswerBytes = 256 * 1024

/**
 * What `createTokenSource` takes to get app tokens of Microsoft Entra by certificate: the client-credentials grant with
 * a signed assertion (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, second
 * case). Only `<authority>/<tenant>/oauth2/v2.0/token` is ever contacted: no discovery.
 *
 * @throws CertificateError, TransportError, TokenRequestError from the function returned
 */
export function entraCertificateToken(
  options: EntraCertificateOptions,
): (signal: AbortSignal) => Promise<AcquiredToken> {
  const authority = (options.authority || defaultAuthority).replace(/\/+$/, '')
  const endpoint = `${authority}/${encodeURIComponent(options.tenantId)}/oauth2/v2.0/token`

  return async (signal) => {
    const identity = await readCertificateFile(options.certificatePath)
    options.onCertificate?.(identity)
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: options.clientId,
      scope: options.scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: signClientAssertion(identity, options.clientId, endpoint),
    })
    const response = await options.transport.request({
      method: 'POST',
      url: endpoint,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
      signal,
      maxResponseBytes: maxAnswerBytes,
    })
    return readTokenAnswer(response.status, Buffer.concat(await response.body.toArray()).toString())
  }
}

/** RFC 6749, sections 5.1 and 5.2. */
function readTokenAnswer(status: number, text: string): AcquiredToken {
  const answer = parseObject(text)
  if (status === 200 && typeof answer.access_token === 'string' && answer.access_token) {
    // Some answers hold it as a string.
    const { expires_in: said } = answer
    const expires = typeof said === 'number' || (typeof said === 'string' && said) ? Number(said) : Number.NaN
    return { value: answer.access_token, ...(Number.isFinite(expires) ? { expiresInSeconds: expires } : {}) }
  }
  const code = typeof answer.error === 'string' ? answer.error : 'no token in the answer'
  // The first line says what is wrong; those after it hold trace ids and a timestamp.
  const description =
    typeof answer.error_description === 'string' ? answer.error_description.split(/\r?\n/)[0] : ''
  throw new TokenRequestError(
    status,
    `The token endpoint answered ${status} ${code}: ${description}`.slice(0, 400),
  )
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
