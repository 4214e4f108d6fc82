import { MessageProblem } from './http1/response-parser.js'
import type { TransportErrorKind } from './transport-error.js'

const dnsCodes = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'])

const connectCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
])

/** OpenSSL's verification results as Node names them: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const certificateCodes = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_CHAIN_TOO_LONG',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** The kind of an error of the socket, the TLS layer or the HTTP client. `connected`: the request was on its way. */
export function classify(error: unknown, connected: boolean): TransportErrorKind {
  if (error instanceof MessageProblem) return error.kind === 'early_end' ? 'reset' : error.kind
  const code = codeOf(error)
  if (code === 'ERR_POOL_CLOSED') return 'aborted'
  if (dnsCodes.has(code)) return 'dns'
  if (certificateCodes.has(code) || code === 'EPROTO' || /^ERR_(TLS|SSL)_/.test(code)) return 'tls'
  if (connectCodes.has(code)) return 'connect'
  if (code === 'ETIMEDOUT') return connected ? 'reset' : 'connect_timeout'
  if (code === 'ECONNRESET' || code === 'EPIPE') return connected ? 'reset' : 'connect'
  return connected ? 'protocol' : 'connect'
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  // Several addresses of one name were tried; the first failure stands for all.
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return ''
}
