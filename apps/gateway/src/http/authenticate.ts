import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Accounts, LiveSession } from '@gatehouse/accounts'
import { AppError } from '@gatehouse/contracts'
import { readCredential, type Session as SessionClaims, type SessionTokens } from '@gatehouse/identity'
import type { Metrics } from '@gatehouse/platform'
import { LRUCache } from 'lru-cache'
import type { Caller } from './caller.js'
import type { SessionCookie } from './session-cookie.js'

/** Tells who is asking, at once where the session is known; throws or rejects where it does not hold. */
export type Authenticate = (request: IncomingMessage) => Caller | Promise<Caller>

/** How long a token that was verified is not verified again; the session behind it is looked up each time. */
const verifiedMs = 60_000

/**
 * The one function that turns a request's credential into a caller, for every route. Where a header and a cookie
 * came, the header is what the caller means.
 * @throws AppError `missing_credential`, `invalid_token`, `token_expired`, `session_ended`, `account_disabled`,
 * `unavailable`
 */
export function createAuthenticate(deps: {
  accounts: Accounts
  sessionTokens: SessionTokens
  cookie: SessionCookie
  metrics: Metrics
}): Authenticate {
  const { accounts, sessionTokens, cookie, metrics } = deps
  // The key is the hash of the whole token: a forged one that shares its beginning is another key.
  const verified = new LRUCache<string, SessionClaims>({ max: 20_000, ttl: verifiedMs })

  const verify = (token: string): SessionClaims => {
    const key = hash('sha256', token, 'base64')
    const known = verified.get(key)
    if (known) {
      if (known.expiresAt.getTime() <= Date.now()) throw new AppError('token_expired')
      return known
    }
    const claims = sessionTokens.verify(token)
    verified.set(key, claims)
    return claims
  }

  const refused = (error: unknown): never => {
    if (error instanceof AppError && error.status < 500 && error.code !== 'missing_credential')
      metrics.authenticationFailures.inc({ reason: error.code })
    throw error
  }
  const callerOf = (live: LiveSession | null, claims: SessionClaims, via: Caller['via']): Caller => {
    if (!live || live.principal.id !== claims.subject) throw new AppError('session_ended')
    if (live.principal.status !== 'active') throw new AppError('account_disabled')
    return { principal: live.principal, session: live.session, via, tokenExpiresAt: claims.expiresAt }
  }

  return (request) => {
    try {
      const bearer = readCredential(request.rawHeaders, request.url)
      const token = bearer ?? cookie.read(request)
      if (token === null) throw new AppError('missing_credential')
      const claims = verify(token)
      const via = bearer === null ? 'cookie' : 'bearer'
      const known = accounts.knownSession(claims.sessionId)
      if (known !== undefined) return callerOf(known, claims, via)
      return accounts
        .session(claims.sessionId)
        .then((live) => callerOf(live, claims, via))
        .catch(refused)
    } catch (error) {
      return refused(error)
    }
  }
}
