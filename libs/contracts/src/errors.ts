/**
 * Every error that leaves Gatehouse, in one table: code → HTTP status, OpenAI error type, default message.
 * The shape on the wire is OpenAI's (https://platform.openai.com/docs/guides/error-codes); the official clients
 * choose their error class by the status and their retries by the status and `x-should-retry`.
 */
const table = {
  // 400
  invalid_request: [400, 'invalid_request_error', 'The request is not valid.'],
  invalid_json: [400, 'invalid_request_error', 'The body is not valid JSON.'],
  unknown_field: [400, 'invalid_request_error', 'The body holds a field that does not exist.'],
  missing_required_parameter: [400, 'invalid_request_error', 'A required field is missing.'],
  unsupported_provider: [400, 'invalid_request_error', 'Unsupported provider'],
  provider_not_configured: [400, 'invalid_request_error', 'The provider is not configured.'],
  unsupported_by_provider: [400, 'invalid_request_error', 'The provider cannot do this.'],
  unsupported_parameter: [
    400,
    'invalid_request_error',
    'The provider cannot take a parameter of the request.',
  ],
  sign_in_cancelled: [400, 'invalid_request_error', 'Sign-in cancelled.'],
  sign_in_failed: [400, 'invalid_request_error', 'The sign-in did not complete. Start it again.'],
  provider_rejected: [400, 'invalid_request_error', 'The provider refused the request.'],
  // 401: under another type LiteLLM takes them for a request that is wrong
  missing_credential: [401, 'authentication_error', 'Authorization header missing'],
  invalid_token: [401, 'authentication_error', 'The access token is not valid. Sign in again.'],
  token_expired: [401, 'authentication_error', 'The access token has expired. Sign in again.'],
  session_ended: [401, 'authentication_error', 'The session has ended. Sign in again.'],
  session_disabled: [
    401,
    'authentication_error',
    'The account is disabled, and its sessions have ended. Ask an administrator.',
  ],
  invalid_provider_token: [401, 'authentication_error', 'Invalid provider token'],
  // 403
  forbidden: [403, 'permission_error', 'This is not allowed.'],
  admin_required: [403, 'permission_error', 'This needs the admin role.'],
  model_not_allowed: [403, 'permission_error', 'The model is not allowed for this caller.'],
  account_disabled: [403, 'permission_error', 'The account is disabled. Ask an administrator.'],
  account_deleted: [
    403,
    'permission_error',
    'The account was deleted. An administrator can still restore it.',
  ],
  domain_not_allowed: [403, 'permission_error', 'The e-mail domain may not register here.'],
  token_not_allowed: [403, 'permission_error', 'The token is not allowed here.'],
  tenant_not_allowed: [403, 'permission_error', 'The tenant may not sign in here.'],
  cross_site_request: [403, 'permission_error', 'The request comes from another site.'],
  // 404
  not_found: [404, 'invalid_request_error', 'Not found.'],
  user_not_found: [404, 'invalid_request_error', 'User not found. Please register first.'],
  model_not_found: [404, 'invalid_request_error', 'The provider does not know the model.'],
  method_not_allowed: [405, 'invalid_request_error', 'The method is not allowed here.'],
  // 409
  user_exists: [409, 'invalid_request_error', 'User already registered. Use login instead.'],
  link_required: [
    409,
    'invalid_request_error',
    'Another account has this verified e-mail. Sign in to it, then link this identity.',
  ],
  identity_in_use: [409, 'invalid_request_error', 'This identity belongs to another account.'],
  last_identity: [
    409,
    'invalid_request_error',
    'The last identity stays: without it nobody could sign in to the account.',
  ],
  last_admin: [409, 'invalid_request_error', 'The last admin cannot be demoted, disabled or deleted.'],
  conflict: [409, 'invalid_request_error', 'The change conflicts with the present state.'],
  // size and form
  request_timeout: [408, 'invalid_request_error', 'The request took too long to arrive.'],
  request_too_large: [413, 'invalid_request_error', 'The body is too large.'],
  unsupported_media_type: [415, 'invalid_request_error', 'Send application/json.'],
  expectation_failed: [417, 'invalid_request_error', 'Expect may be 100-continue, and nothing else.'],
  headers_too_large: [431, 'invalid_request_error', 'The headers are too large.'],
  // 429
  rate_limited: [429, 'requests', 'Too many requests. Try again soon.'],
  provider_rate_limited: [429, 'requests', 'The provider limits the rate of requests.'],
  // 5xx
  internal_error: [500, 'server_error', 'Something went wrong on our side.'],
  provider_error: [502, 'upstream_error', 'The provider failed.'],
  provider_auth_failed: [502, 'upstream_error', 'The provider refused the credential of the gateway.'],
  provider_unreachable: [502, 'upstream_error', 'The provider could not be reached.'],
  bad_upstream_response: [502, 'upstream_error', 'The provider answered in a shape that is not its own.'],
  upstream_redirect: [
    502,
    'upstream_error',
    'The provider answered with a redirect, which is never followed.',
  ],
  upstream_disconnect: [502, 'upstream_error', 'The provider ended the answer early.'],
  unavailable: [503, 'server_error', 'The service is not available at the moment.'],
  overloaded: [503, 'server_error', 'Too much is waiting to be written. Try again soon.'],
  issuer_unavailable: [503, 'server_error', 'The identity provider cannot be reached at the moment.'],
  upstream_auth_unavailable: [
    503,
    'server_error',
    'The credential for the provider cannot be had at the moment.',
  ],
  shutting_down: [503, 'server_error', 'The gateway is shutting down.'],
  provider_timeout: [504, 'upstream_error', 'The provider did not answer in time.'],
} as const satisfies Record<string, readonly [status: number, type: string, message: string]>

/** A stable name for one kind of failure; what programs match on. */
export type ErrorCode = keyof typeof table

/** HTTP status, OpenAI error type and default message of a code. */
export function errorKind(code: ErrorCode): { status: number; type: string; message: string } {
  const [status, type, message] = table[code]
  return { status, type, message }
}

/** Every code, for documentation and for tests that walk the table. */
export const errorCodes = Object.keys(table) as ErrorCode[]

/** What may be added to an error. */
export interface AppErrorDetails {
  /** Shown to the caller in place of the table's sentence: cause and mend, no secret. */
  message?: string
  /** Path of the field at fault, as `messages[0].content`. */
  param?: string
  /** For the log alone; never shown. */
  cause?: unknown
  /** Seconds after which a retry makes sense: `Retry-After` and `retry-after-ms`, at most 60. */
  retryAfterSeconds?: number
  /** False: `x-should-retry: false`, which the official clients obey. */
  shouldRetry?: boolean
}

/**
 * The one error that libraries throw. The gateway turns it into a response in one place; whatever else is thrown
 * becomes `internal_error` there, with the cause in the log alone.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly param: string | null
  readonly retryAfterSeconds: number | undefined
  readonly shouldRetry: boolean | undefined

  constructor(code: ErrorCode, details: AppErrorDetails = {}) {
    super(details.message ?? errorKind(code).message, { cause: details.cause })
    this.name = 'AppError'
    this.code = code
    this.param = details.param ?? null
    this.retryAfterSeconds = details.retryAfterSeconds
    this.shouldRetry = details.shouldRetry
  }

  get status(): number {
    return errorKind(this.code).status
  }

  /** The body as it goes out. */
  get body(): ErrorBody {
    return {
      error: { message: this.message, type: errorKind(this.code).type, param: this.param, code: this.code },
    }
  }
}

/** The one error shape, on every path. */
export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null }
}
