import { APIError } from '@anthropic-ai/sdk/error'
import { type ProviderStatus, readRetryAfter } from '../failure.js'
import { type Fields, isFields } from '../translation/fields.js'

/** An error that came after the head, as an event. */
export class ErrorInStream extends Error {
  readonly event: Fields

  constructor(event: Fields) {
    super('Anthropic reported an error after its head.')
    this.name = 'ErrorInStream'
    this.event = event
  }
}

/** Inside a stream an error has a kind, and no status. */
const statuses = new Map<unknown, number>([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['timeout_error', 408],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['overloaded_error', 529],
])

/** https://platform.claude.com/docs/en/api/errors */
export function readAnthropicError(error: unknown): ProviderStatus | undefined {
  if (error instanceof ErrorInStream) {
    const { type, message } = toError(error.event)
    return { status: toStatus(statuses.get(type) ?? 500, message), message }
  }
  if (!(error instanceof APIError) || error.status === undefined) return undefined
  const { message } = toError(error.error)
  const { headers } = error
  return {
    status: toStatus(error.status, message),
    message,
    retryAfterSeconds: readRetryAfter((name) => headers?.get(name)),
    requestId: error.requestID ?? undefined,
  }
}

/** An error of a request that was passed on, from its status and the text of its body. */
export function readAnthropicBody(status: number, text: string): ProviderStatus {
  const { message } = toError(parse(text))
  return { status: toStatus(status, message), message }
}

/** An account without credit answers as if the request were wrong, which its caller could not mend. */
function toStatus(status: number, message: string | undefined): number {
  return status === 400 && message?.includes('credit balance is too low') ? 402 : status
}

function toError(body: unknown): { type: unknown; message: string | undefined } {
  const error = isFields(body) && isFields(body.error) ? body.error : {}
  return { type: error.type, message: typeof error.message === 'string' ? error.message : undefined }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
