import { TokenError } from './token-error.js'

/** A token and its end. The shape is that of Azure's libraries: https://learn.microsoft.com/javascript/api/@azure/core-auth/accesstoken */
export interface AccessToken {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expiresOnTimestamp: number
  /** Milliseconds since 1970 from which on the credential wants to be asked again, though this token is still good. */
  readonly refreshAfterTimestamp?: number | undefined
}

/** Whatever gives tokens. Every credential of `@azure/identity` is one. */
export interface TokenCredential {
  /** A token for a scope; an empty scope means that none was named. Null is refused. */
  getToken(scope: string): Promise<AccessToken | null> | AccessToken | null
}

/** Milliseconds that a token serves whose issuer does not say; RFC 6749 (4.2.2) only recommends `expires_in`. */
const unknownLifeMs = 300_000

/** An answer of a credential, checked. @throws TokenError that holds nothing of the token */
export function checkedToken(given: AccessToken | null | undefined, now: number): AccessToken {
  const token: unknown = given?.token
  // Anything else would be refused by Headers with a message that repeats the token, or would end the header early.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw new TokenError('no_token', 'The credential gave no token that can stand in a header.')
  const { expiresOnTimestamp, refreshAfterTimestamp } = given ?? {}
  return Object.freeze({
    token,
    expiresOnTimestamp: isTime(expiresOnTimestamp) ? expiresOnTimestamp : expiryOf(token, undefined, now),
    ...(isTime(refreshAfterTimestamp) ? { refreshAfterTimestamp } : {}),
  })
}

/**
 * When a token ends, in milliseconds since 1970: by the seconds that its issuer said, as a number or a text; else by the
 * `exp` inside, where it is a JWT; else in five minutes.
 */
export function expiryOf(token: string, expiresIn: unknown, now: number): number {
  const seconds = typeof expiresIn === 'string' && expiresIn.trim() !== '' ? Number(expiresIn) : expiresIn
  if (isTime(seconds) && seconds > 0) return now + seconds * 1000
  const said = claimedExpiry(token)
  return said === undefined ? now + unknownLifeMs : said * 1000
}

/** The `exp` of a JWT, read without any check: it decides when to ask again, and nothing else. */
function claimedExpiry(token: string): number | undefined {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown }
    return isTime(exp) ? exp : undefined
  } catch {
    return undefined
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
