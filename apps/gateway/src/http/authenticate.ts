import type { IncomingMessage } from 'node:http'
import type { Accounts } from '@gatehouse/accounts'
import { AppError } from '@gatehouse/contracts'
import {
  readCredential,
  type Session as SessionClaims,
  type SessionTokens,
  type TrustedIssuers,
} from '@gatehouse/identity'
import type { Metrics } from '@gatehouse/platform'
import { LRUCache } from 'lru-cache'
import { byKey, keyBeginning, type Peer } from './by-key.js'
import { byMachine } from './by-machine.js'
import { bySession } from './by-session.js'
import type { Caller } from './caller.js'
import type { SessionCookie } from './session-cookie.js'

/**
 * Tells who is asking, at once where the session is known; throws or rejects where it does not hold.
 * @param peer where it comes from, as the proxies in front say that are believed
 */
export type Authenticate = (request: IncomingMessage, peer: Peer) => Caller | Promise<Caller>

/** How long a token that was verified is not verified again; the session behind it is looked up each time. */
const verifiedMs = 60_000

/**
 * The one function that turns a request's credential into a caller, for every route: a session token of ours, an API key,
 * or a token of a trusted issuer. Where a header and a cookie came, the header is what the caller means; a cookie holds a
 * session token alone.
 * @throws AppError `missing_credential`, `invalid_token`, `token_expired`, `token_not_allowed`, `session_ended`,
 * `session_disabled`, `account_disabled`, `rate_limited`, `issuer_unavailable`, `unavailable`
 */
export function createAuthenticate(deps: {
  accounts: Accounts
  sessionTokens: SessionTokens
  issuers: TrustedIssuers
  cookie: SessionCookie
  metrics: Metrics
}): Authenticate {
  const { accounts, sessionTokens, issuers, cookie, metrics } = deps
  // Without one there is nobody else's token to be judged by a better sentence.
  const anyIssuer = issuers.list().length > 0
  // The whole token: a forged one that shares its beginning is another.
  const verified = new LRUCache<string, { claims: SessionClaims; at: number }>({ max: 20_000 })

  const verify = (token: string): SessionClaims => {
    const now = Date.now()
    const known = verified.get(token)
    // Its age is told by us: the cache would ask the clock by a timer of its own.
    if (known && now - known.at < verifiedMs && now >= known.at) {
      if (known.claims.expiresAt.getTime() <= now) throw new AppError('token_expired')
      return known.claims
    }
    const claims = sessionTokens.verify(token)
    verified.set(token, { claims, at: now })
    return claims
  }

  const refused = (error: unknown): never => {
    if (error instanceof AppError && error.status < 500 && error.code !== 'missing_credential')
      metrics.authenticationFailures.inc({ reason: error.code })
    throw error
  }

  const enter = (token: string, via: Caller['via'], peer: Peer): Caller | Promise<Caller> => {
    if (via === 'bearer' && token.startsWith(keyBeginning)) return byKey(accounts, token, peer)
    if (via === 'cookie' || !anyIssuer || sessionTokens.resembles(token)) {
      const { sessionId, subject, expiresAt } = verify(token)
      return bySession(accounts, { sessionId, subject, expiresAt, via })
    }
    const machine = issuers.verify(token)
    return machine instanceof Promise
      ? machine.then((identity) => byMachine(accounts, identity))
      : byMachine(accounts, machine)
  }

  return (request, peer) => {
    try {
      const bearer = readCredential(request.rawHeaders, request.url)
      const token = bearer ?? cookie.read(request)
      if (token === null) throw new AppError('missing_credential')
      const caller = enter(token, bearer === null ? 'cookie' : 'bearer', peer)
      return caller instanceof Promise ? caller.catch(refused) : caller
    } catch (error) {
      return refused(error)
    }
  }
}
