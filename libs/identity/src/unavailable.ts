import { AppError } from '@gatehouse/contracts'

/** 503 for an issuer that is down or answers nonsense. An outage is never 401, which would make a client drop a good token. */
export function issuerUnavailable(cause: unknown, message?: string): AppError {
  return new AppError('issuer_unavailable', { cause, message, retryAfterSeconds: 5 })
}
