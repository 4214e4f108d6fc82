import type { ErrorBody } from '@gatehouse/contracts'

/** By our own types: https://docs.anthropic.com/en/api/errors */
const types: Record<string, string> = {
  invalid_request_error: 'invalid_request_error',
  authentication_error: 'authentication_error',
  permission_error: 'permission_error',
  requests: 'rate_limit_error',
  insufficient_quota: 'rate_limit_error',
  server_error: 'api_error',
  upstream_error: 'api_error',
}
/** Where our code says more than our type. */
const byCode: Record<string, string> = {
  not_found: 'not_found_error',
  model_not_found: 'not_found_error',
  request_too_large: 'request_too_large',
  overloaded: 'overloaded_error',
  unavailable: 'overloaded_error',
  provider_timeout: 'timeout_error',
}

/** An error in Anthropic's envelope, with our `param` and `code` beside its own fields. */
export function anthropicError({ error }: ErrorBody) {
  const type = byCode[error.code ?? ''] ?? types[error.type] ?? 'api_error'
  return { type: 'error', error: { ...error, type } }
}

/** The same after the first byte, as the last event: https://docs.anthropic.com/en/docs/build-with-claude/streaming#error-events */
export function anthropicErrorEvent(error: ErrorBody): string {
  return `event: error\ndata: ${JSON.stringify(anthropicError(error))}\n\n`
}
