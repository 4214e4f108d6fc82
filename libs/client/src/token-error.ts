/** Why there is no token. */
export type TokenErrorCode =
  /** A setting is missing or makes no sense. */
  | 'invalid_configuration'
  /** The token endpoint, or the file, cannot be reached or read. */
  | 'unreachable'
  /** The token endpoint said no. */
  | 'refused'
  /** There was an answer, and no usable token in it. */
  | 'no_token'
  /** A package that is needed is not installed. */
  | 'missing_package'

/** A token that cannot be had. The message is safe to log: it holds no token and no secret. */
export class TokenError extends Error {
  readonly code: TokenErrorCode
  /** The status of the token endpoint, where it answered. */
  readonly status: number | undefined

  constructor(code: TokenErrorCode, message: string, details: { cause?: unknown; status?: number } = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.name = 'TokenError'
    this.code = code
    this.status = details.status
  }
}
