export {
  type CertificateAndKey,
  CertificateError,
  type CertificateProblem,
  readCertificateFile,
} from './certificate-file.js'
export {
  type EntraCertificateOptions,
  entraCertificateToken,
  TokenRequestError,
} from './entra-certificate.js'
export type {
  CancelSignal,
  Exchange,
  ExchangeHandler,
  OutboundRequest,
  PassedOn,
  Timeouts,
} from './exchange.js'
export type { RawHead, ResponseHeaders } from './http1/response-parser.js'
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
