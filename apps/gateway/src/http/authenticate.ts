import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Accounts } from '@gatehouse/accounts'
import { AppError } from '@gatehouse/contracts'
import { readCredential, type Session as SessionClaims, type SessionTokens } from '@gatehouse/identity'
import type { Metrics } from '@gatehouse/platform'
import { LRUCache } from 'lru-cache'
import type { Caller } from './caller.js'
import type { SessionCookie } from './session-cookie.js'

/** Tells who is asking, or throws. */
export type Authenticate = (request: IncomingMessage) => Promise<Caller>

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
    const key = createHash('sha256').update(token).digest('base64')
    const known = verified.get(key)
    if (known) {
      if (known.expiresAt.getTime() <= Date.now()) throw new AppError('token_expired')
      return known
    }
    const claims = sessionTokens.verify(token)
    verified.set(key, claims)
    return claims
  }

  return async (request) => {
    try {
      const bearer = readCredential(request.rawHeaders, request.url)
      const token = bearer ?? cookie.read(request)
      if (token === null) throw new AppError('missing_credential')
      const claims = verify(token)
      const live = await accounts.session(claims.sessionId)
      if (!live || live.principal.id !== claims.subject) throw new AppError('session_ended')
      if (live.principal.status !== 'active') throw new AppError('account_disabled')
      return {
        principal: live.principal,
        session: live.session,
        via: bearer === null ? 'cookie' : 'bearer',
        tokenExpiresAt: claims.expiresAt,
      }
    } catch (error) {
      if (error instanceof AppError && error.status < 500 && error.code !== 'missing_credential')
        metrics.authenticationFailures.inc({ reason: error.code })
      throw error
    }
  }
}
