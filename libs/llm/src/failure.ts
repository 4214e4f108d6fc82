import { AppError, type ErrorCode } from '@gatehouse/contracts'
import {
  type CancelSignal,
  findTransportError,
  type TransportError,
  type TransportErrorKind,
} from '@gatehouse/outbound'
import { scrub } from './scrub.js'
import { quotedTrace, traceOf } from './trace.js'

/** Longest wait that is passed on; a longer `Retry-After` puts some clients to sleep for a day. */
const maxRetryAfterSeconds = 60

/** Whose failures these are. */
export interface FailureContext {
  /** The provider's name for people. */
  provider: string
  /** Every secret the connection holds at this moment. */
  secrets: () => readonly string[]
  /** True: the request was for something else than a model. */
  namesNoModel?: boolean
}

/** A provider's own answer that is not a success. */
export interface ProviderStatus {
  status: number
  /** The provider's sentence, where its body had one in its own shape. */
  message?: string | undefined
  retryAfterSeconds?: number | undefined
  /** False where waiting cannot help, as when the account has no credit left. */
  shouldRetry?: boolean | undefined
  /** The provider's name for the request, for its support. */
  requestId?: string | undefined
}

/** What reads a dialect's own errors; undefined for an error that is not of the dialect. */
export type ReadError = (error: unknown) => ProviderStatus | AppError | undefined

/**
 * The one mapping of what can go wrong upstream to our errors. Gives the signal's reason back when the caller left, an
 * AppError as it is, and an AppError for everything else. `streaming`: pieces have been given out already. The cause,
 * which the log gets, holds no words of the provider: see `Trace`.
 */
export function toFailure(
  error: unknown,
  context: FailureContext,
  readError: ReadError,
  signal: CancelSignal,
  streaming = false,
): unknown {
  if (signal.aborted) return signal.reason
  const known = findAppError(error)
  if (known) return traced(known, context)
  const transportError = findTransportError(error)
  if (transportError) return fromTransport(transportError, context, streaming)
  const answer = readError(error)
  if (answer instanceof AppError) return traced(answer, context)
  return answer ? fromStatus(answer, error, context) : badResponse(context, error)
}

/** An error of ours, whose cause somebody else may have written. */
function traced(error: AppError, context: FailureContext): AppError {
  if (error.cause !== undefined) error.cause = quotedTrace(error.cause, context.secrets())
  return error
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
    ...(cause === undefined ? {} : { cause: traceOf(cause, context.secrets()) }),
  })
}

/** An answer that ended before the provider said that it was whole. */
export function endedEarly(context: FailureContext, cause?: TransportError): AppError {
  return new AppError('upstream_disconnect', {
    message: `${context.provider} ended the answer early.`,
    ...(cause ? { cause: quotedTrace(cause, context.secrets()) } : {}),
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
    cause: quotedTrace(error, context.secrets()),
    // Nothing of the request was sent, and the wait was short.
    ...(error.kind === 'connect_timeout' ? { shouldRetry: true } : {}),
  })
}

function fromStatus(answer: ProviderStatus, error: unknown, context: FailureContext): AppError {
  const { status } = answer
  const cause = traceOf(error, context.secrets(), answer)
  const quote = answer.message ? scrub(answer.message, context.secrets()) : ''
  const says = (sentence: string) => `${context.provider} ${sentence}${quote ? `: ${quote}` : '.'}`

  if (status === 401 || status === 403) {
    // Not quoted: providers repeat a part of the key here.
    const message = `${context.provider} refused the credential of the gateway. An administrator has to mend this.`
    return new AppError('provider_auth_failed', { message, cause, shouldRetry: false })
  }
  if (status === 404 && context.namesNoModel)
    return new AppError('not_found', { message: says('has nothing there'), cause })
  if (status === 404)
    return new AppError('model_not_found', {
      message: says('does not know the model'),
      param: 'model',
      cause,
    })
  if (status === 413)
    return new AppError('request_too_large', { message: says('finds the request too large'), cause })
  if (status === 429) return rateLimited(says('limits the rate of requests'), answer, cause)
  if (status === 408)
    return new AppError('provider_timeout', {
      message: `${context.provider} timed out.`,
      cause,
      shouldRetry: true,
    })
  if (status >= 400 && status < 500 && !notTheCallers.has(status)) {
    return new AppError('provider_rejected', { message: says('refused the request'), cause })
  }
  return new AppError('provider_error', {
    message: `${context.provider} failed with status ${status}.`,
    cause,
    ...waitOf(answer),
    ...(status === 402 ? { shouldRetry: false } : {}),
  })
}

/**
 * Below 500, and nothing the caller can change. 402: the gateway's account has no credit. 409: the provider is busy with
 * what the request touches. 424: the model behind the API failed.
 */
const notTheCallers: ReadonlySet<number> = new Set([402, 409, 424])

function rateLimited(message: string, answer: ProviderStatus, cause: unknown): AppError {
  const { shouldRetry } = answer
  return new AppError('provider_rate_limited', {
    message,
    cause,
    ...waitOf(answer),
    ...(shouldRetry === undefined ? {} : { shouldRetry }),
  })
}

function waitOf({ retryAfterSeconds: asked }: ProviderStatus): { retryAfterSeconds?: number } {
  if (asked === undefined) return {}
  return { retryAfterSeconds: Math.min(Math.max(asked, 0), maxRetryAfterSeconds) }
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
