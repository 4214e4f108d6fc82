/**
 * What went wrong on the way to another server.
 *
 * - `connect`, `dns`, `tls`: no connection; nothing of the request was sent.
 * - `connect_timeout`, `first_byte_timeout`, `idle_timeout`: the limit of that name ran out.
 * - `reset`: the connection broke; `requestSent` and `headReceived` say how far it had come.
 * - `redirect`: a 3xx, which is never followed.
 * - `too_large`: the answer, one of its headers or one of its events is larger than allowed.
 * - `aborted`: the caller's signal fired.
 * - `protocol`: the other side does not speak HTTP as it should, or the request cannot be written.
 */
export type TransportErrorKind =
  | 'connect'
  | 'dns'
  | 'tls'
  | 'connect_timeout'
  | 'first_byte_timeout'
  | 'idle_timeout'
  | 'reset'
  | 'redirect'
  | 'too_large'
  | 'aborted'
  | 'protocol'

/** What is known beyond the kind. */
export interface TransportErrorDetails {
  cause?: unknown
  /** True once any byte of the request may have reached the other side; only a false one is safe to send again. */
  requestSent?: boolean
  /** True once the status and headers of the answer were here. */
  headReceived?: boolean
  /** Status of the answer, where one came. */
  status?: number
}

/** The one error of this library's transport. Its message holds an origin at most: no path, header or body. */
export class TransportError extends Error {
  readonly kind: TransportErrorKind
  readonly requestSent: boolean
  readonly headReceived: boolean
  readonly status: number | undefined

  constructor(kind: TransportErrorKind, message: string, details: TransportErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.name = 'TransportError'
    this.kind = kind
    this.requestSent = details.requestSent ?? false
    this.headReceived = details.headReceived ?? false
    this.status = details.status
  }
}

/** Finds the transport error inside whatever an SDK wrapped around it; undefined when there is none. */
export function findTransportError(error: unknown): TransportError | undefined {
  // Ten: deeper than any SDK nests, and an end to a cause that points at itself.
  for (let depth = 0, current = error; depth < 10 && current instanceof Error; depth++) {
    if (current instanceof TransportError) return current
    current = current.cause
  }
  return undefined
}
