import { STATUS_CODES } from 'node:http'
import { AppError, type ErrorBody, type ErrorCode, errorKind } from '@gatehouse/contracts'
import { databaseFailure } from '@gatehouse/platform'
import { HttpException } from '@nestjs/common'

/** An error as it goes out. */
export interface PublicError {
  status: number
  body: ErrorBody
  headers: Record<string, string>
  /** True where the fault is ours or a dependency's, so that the log must have the cause. */
  log: boolean
}

/** Characters of a field's path that are told: it may hold names that the caller made up, of any length. */
export const maxParamLength = 100

/** Characters of a sentence that are told: it may hold what the caller or a provider made up. */
export const maxMessageLength = 2000

/** Fastify's own refusals (https://fastify.dev/docs/latest/Reference/Errors/). */
const framework: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'request_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_json',
  FST_ERR_BAD_URL: 'invalid_request',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
  FST_ERR_ROUTE_NOT_FOUND: 'not_found',
}

const byStatus: Record<number, ErrorCode> = {
  400: 'invalid_request',
  401: 'missing_credential',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'request_too_large',
  414: 'invalid_request',
  415: 'unsupported_media_type',
  431: 'headers_too_large',
  503: 'unavailable',
}

/**
 * What the caller is told of an error: the only place that decides it. Only an AppError's own sentence is shown;
 * whatever else was thrown becomes a sentence of the table, with the cause in the log alone.
 * @param resourceMetadata where a client without a token reads how to get one
 */
export function publicError(error: unknown, resourceMetadata?: string): PublicError {
  const known = toAppError(error)
  const headers: Record<string, string> = {}
  if (known.status === 401) headers['www-authenticate'] = challenge(known, resourceMetadata)
  if (known.retryAfterSeconds !== undefined) {
    const seconds = Math.min(60, Math.max(0, known.retryAfterSeconds))
    headers['retry-after'] = String(Math.ceil(seconds))
    headers['retry-after-ms'] = String(Math.round(seconds * 1000))
  } else if (known.status === 503) headers['retry-after'] = '5'
  if (known.shouldRetry !== undefined) headers['x-should-retry'] = String(known.shouldRetry)
  const { error: told } = known.body
  const message = told.message.slice(0, maxMessageLength)
  const body = { error: { ...told, message, param: told.param?.slice(0, maxParamLength) ?? null } }
  return { status: known.status, body, headers, log: known.status >= 500 }
}

/** Any error as one of ours; the original is its cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (databaseFailure(error).kind === 'unavailable') return new AppError('unavailable', { cause: error })
  if (error instanceof HttpException)
    return new AppError(byStatus[error.getStatus()] ?? 'internal_error', { cause: error })
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown }
  const frameworkCode = typeof code === 'string' ? framework[code] : undefined
  if (frameworkCode)
    return new AppError(frameworkCode, { cause: error, ...shortReason(frameworkCode, statusCode) })
  if (
    typeof code === 'string' &&
    code.startsWith('FST_') &&
    typeof statusCode === 'number' &&
    statusCode < 500
  ) {
    return new AppError(byStatus[statusCode] ?? 'invalid_request', { cause: error })
  }
  return new AppError('internal_error', { cause: error })
}

function shortReason(code: ErrorCode, statusCode: unknown): { message?: string } {
  if (code !== 'invalid_request' || typeof statusCode !== 'number') return {}
  return {
    message: `${STATUS_CODES[statusCode] ?? 'Bad Request'}: the address or the framing of the request is not valid.`,
  }
}

/** RFC 6750 section 3: no error code where the request held no credential at all; RFC 9728 section 5.1 for the last one. */
function challenge(error: AppError, resourceMetadata: string | undefined): string {
  const description = error.message.replace(/[^\x20-\x7e]|["\\]/g, '') || errorKind(error.code).message
  return [
    'Bearer realm="gatehouse"',
    ...(error.code === 'missing_credential'
      ? []
      : ['error="invalid_token"', `error_description="${description}"`]),
    ...(resourceMetadata === undefined ? [] : [`resource_metadata="${resourceMetadata}"`]),
  ].join(', ')
}
