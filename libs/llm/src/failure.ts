import { AppError, type ErrorCode } from '@gatehouse/contracts'
import { findTransportError, type TransportError, type TransportErrorKind } from '@gatehouse/outbound'
import { scrub } from './scrub.js'

/** Longest wait that is passed on; a longer `Retry-After` puts some clients to sleep for a day. */
const maxRetryAfterSeconds = 60

/** Whose failures these are. */
export interface FailureContext {
  /** The provider's name for people. */
  provider: string
  /** Every secret the connection holds at this moment. */
  secrets: () => readonly string[]
}

/** A provider's own answer that is not a success. */
export interface ProviderStatus {
  status: number
  /** The provider's sentence, where its body had one in its own shape. */
  message?: string | undefined
  retryAfterSeconds?: number | undefined
  /** False where waiting cannot help, as when the account has no credit left. */
  shouldRetry?: boolean | undefined
  cause?: unknown
}

/** What reads a dialect's own errors; undefined for an error that is not of the dialect. */
export type ReadError = (error: unknown) => ProviderStatus | AppError | undefined

/**
 * The one mapping of what can go wrong upstream to our errors. Gives the signal's reason back when the caller left, an
 * AppError as it is, and an AppError for everything else. `streaming`: pieces have been given out already.
 */
export function toFailure(
  error: unknown,
  context: FailureContext,
  readError: ReadError,
  signal: AbortSignal,
  streaming = false,
): unknown {
  if (signal.aborted) return signal.reason
  const known = findAppError(error)
  if (known) return known
  const transportError = findTransportError(error)
  if (transportError) return fromTransport(transportError, context, streaming)
  const answer = readError(error)
  if (answer instanceof AppError) return answer
  return answer ? fromStatus({ cause: error, ...answer }, context) : badResponse(context, error)
}

/** Ours, where an SDK has wrapped its own error around it. */
function findAppError(error: unknown): AppError | undefined {
  for (let depth = 0, current = error; depth < 5 && current instanceof Error; depth++) {
    if (current instanceof AppError) return current
    current = current.cause
  }
  return undefined
}

/** An answer that is not in the provider's shape. */
export function badResponse(context: FailureContext, cause: unknown): AppError {
  return new AppError('bad_upstream_response', {
    message: `${context.provider} answered in a shape that is not its own.`,
    cause,
  })
}

/** An answer that ended before the provider said that it was whole. */
export function endedEarly(context: FailureContext, cause?: unknown): AppError {
  return new AppError('upstream_disconnect', {
    message: `${context.provider} ended the answer early.`,
    cause,
  })
}

const transportCodes: Record<TransportErrorKind, ErrorCode> = {
  connect: 'provider_unreachable',
  dns: 'provider_unreachable',
  tls: 'provider_unreachable',
  connect_timeout: 'provider_timeout',
  first_byte_timeout: 'provider_timeout',
  idle_timeout: 'provider_timeout',
  reset: 'provider_unreachable',
  redirect: 'upstream_redirect',
  too_large: 'bad_upstream_response',
  aborted: 'provider_unreachable',
  protocol: 'bad_upstream_response',
}

const transportSentences: Record<TransportErrorKind, string> = {
  connect: 'could not be reached: the connection was refused.',
  dns: 'could not be reached: its name was not found.',
  tls: 'could not be reached: its TLS certificate was not accepted.',
  connect_timeout: 'did not accept a connection in time.',
  first_byte_timeout: 'did not begin to answer in time.',
  idle_timeout: 'stopped in the middle of its answer.',
  reset: 'could not be reached: the connection broke.',
  redirect: 'answered with a redirect, which is never followed.',
  too_large: 'answered with more than is accepted.',
  aborted: 'was not called to the end.',
  protocol: 'answered in a shape that is not its own.',
}

function fromTransport(error: TransportError, context: FailureContext, streaming: boolean): AppError {
  if (error.kind === 'reset' && (error.headReceived || streaming)) return endedEarly(context, error)
  return new AppError(transportCodes[error.kind], {
    message: `${context.provider} ${transportSentences[error.kind]}`,
    cause: error,
  })
}

function fromStatus(answer: ProviderStatus, context: FailureContext): AppError {
  const { status, cause } = answer
  const quote = answer.message ? scrub(answer.message, context.secrets()) : ''
  const says = (sentence: string) => `${context.provider} ${sentence}${quote ? `: ${quote}` : '.'}`

  if (status === 401 || status === 403) {
    // Not quoted: providers repeat a part of the key here.
    const message = `${context.provider} refused the credential of the gateway. An administrator has to mend this.`
    return new AppError('provider_auth_failed', { message, cause, shouldRetry: false })
  }
  if (status === 404)
    return new AppError('model_not_found', {
      message: says('does not know the model'),
      param: 'model',
      cause,
    })
  if (status === 413)
    return new AppError('request_too_large', { message: says('finds the request too large'), cause })
  if (status === 429) return rateLimited(says('limits the rate of requests'), answer)
  if (status === 408)
    return new AppError('provider_timeout', { message: `${context.provider} timed out.`, cause })
  // 402: the gateway's account has no credit; nothing the caller can change. 424: the model behind the API failed.
  if (status >= 400 && status < 500 && status !== 402 && status !== 424) {
    return new AppError('provider_rejected', { message: says('refused the request'), cause })
  }
  return new AppError('provider_error', {
    message: `${context.provider} failed with status ${status}.`,
    cause,
  })
}

function rateLimited(message: string, { cause, retryAfterSeconds, shouldRetry }: ProviderStatus): AppError {
  const wait =
    retryAfterSeconds === undefined
      ? undefined
      : Math.min(Math.max(retryAfterSeconds, 0), maxRetryAfterSeconds)
  return new AppError('provider_rate_limited', {
    message,
    cause,
    ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
    ...(shouldRetry === undefined ? {} : { shouldRetry }),
  })
}

/** Seconds from `retry-after-ms`, or from `retry-after` as seconds or as a date (RFC 9110, section 10.2.3). */
export function readRetryAfter(
  header: (name: string) => string | null | undefined,
  now = Date.now(),
): number | undefined {
  const milliseconds = Number.parseFloat(header('retry-after-ms') ?? '')
  if (Number.isFinite(milliseconds)) return milliseconds / 1000
  const value = header('retry-after') ?? ''
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : (date - now) / 1000
}
