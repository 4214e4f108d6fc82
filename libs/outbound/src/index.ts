export { CertificateError, type CertificateProblem } from './certificate-file.js'
export {
  type EntraCertificateOptions,
  entraCertificateToken,
  TokenRequestError,
} from './entra-certificate.js'
export type { Exchange, ExchangeHandler, OutboundRequest, ResponseHeaders, Timeouts } from './exchange.js'
export { type OutboundResponse, unwantedEncoding } from './request.js'
export {
  type AcquiredToken,
  createTokenSource,
  type TokenSource,
  type TokenSourceOptions,
} from './token-source.js'
export { createTransport, type Transport, type TransportOptions } from './transport.js'
export {
  findTransportError,
  TransportError,
  type TransportErrorDetails,
  type TransportErrorKind,
} from './transport-error.js'
