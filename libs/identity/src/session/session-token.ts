import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { AppError } from '@gatehouse/contracts'
import jwt from 'jsonwebtoken'
import { z } from 'zod'
import type { Clock } from '../fetch.js'
import { parseCompact } from '../proof/compact.js'
import { sessionSecretProblem } from './secret.js'

const audience = 'gatehouse'
const type = 'at+jwt'
/** How the header of every token of ours begins; 30 bytes, so that its base64url is the same whatever follows. */
const beginning = Buffer.from(`{"alg":"HS256","typ":"${type}",`).toString('base64url')
/** In characters; ours have about 400. */
const maximumLength = 4096
/** Between the clocks of two replicas. */
const leewaySeconds = 60
const maximumLifeSeconds = 24 * 60 * 60

const Header = z.strictObject({ alg: z.literal('HS256'), typ: z.literal(type), kid: z.string() })
const name = z.string().min(1).max(255)
const Claims = z.strictObject({
  iss: z.string(),
  aud: z.literal(audience),
  sub: name,
  sid: name,
  iat: z.int().positive(),
  exp: z.int().positive(),
})

/** What `createSessionTokens` is built with. */
export interface SessionTokenSettings {
  /** At least 32 bytes; see `sessionSecretProblem`. */
  secret: string
  /** The secret before the last change: verifies, never signs. */
  previousSecret?: string
  /** `PUBLIC_URL`: a token of another gateway is not ours. */
  issuer: string
  now?: Clock
}

/** A session, as its token states it. Whether it has ended since, the token cannot know. */
export interface Session {
  /** The principal's id. */
  subject: string
  sessionId: string
  issuedAt: Date
  expiresAt: Date
}

/** Signs and verifies our own session tokens. */
export interface SessionTokens {
  /** A token for 1 s to 24 h. Throws a RangeError outside these. */
  sign(session: { subject: string; sessionId: string; expiresInSeconds: number }): {
    token: string
    expiresAt: Date
  }
  /** Whether a token looks like one of a gateway's own; it proves nothing, and tells by which way to judge it. */
  resembles(token: string): boolean
  /** Throws `token_expired` for a genuine one past its time, `invalid_token` (both 401) for anything else. */
  verify(token: string): Session
}

/**
 * HS256 JWTs (RFC 7519) typed `at+jwt` (RFC 9068 section 2.1), `kid` naming the secret. jsonwebtoken checks the signature;
 * a schema checks everything else, since the library alone accepts a token without `exp`, with `exp: 1e300`, an `iat` in the
 * future, an unknown `crit` or a payload that is a text (T16). Throws an Error for a secret that is too weak.
 */
export function createSessionTokens(settings: SessionTokenSettings): SessionTokens {
  const { issuer, now = Date.now } = settings
  const current = readSecret(settings.secret)
  const keys = new Map([[current.kid, current.key]])
  if (settings.previousSecret) {
    const previous = readSecret(settings.previousSecret)
    keys.set(previous.kid, previous.key)
  }
  const seconds = () => Math.floor(now() / 1000)

  function sign({ subject, sessionId, expiresInSeconds }: Parameters<SessionTokens['sign']>[0]) {
    if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > maximumLifeSeconds)
      throw new RangeError(`A session token lives 1 to ${maximumLifeSeconds} s, not ${expiresInSeconds}.`)
    const iat = seconds()
    const exp = iat + expiresInSeconds
    const claims = Claims.parse({ iss: issuer, aud: audience, sub: subject, sid: sessionId, iat, exp })
    const token = jwt.sign(claims, current.key, { header: { alg: 'HS256', typ: type, kid: current.kid } })
    return { token, expiresAt: new Date(exp * 1000) }
  }

  function check(token: string): z.output<typeof Claims> {
    const compact = parseCompact(token, maximumLength)
    const header = Header.parse(compact.header)
    const key = keys.get(header.kid)
    if (!key) throw new Error('kid names no secret of ours')
    // The expiry comes last, or it would tell something about a token that is not ours.
    jwt.verify(token, key, { algorithms: ['HS256'], issuer, audience, ignoreExpiration: true })
    const claims = Claims.parse(compact.payload)
    const at = seconds()
    if (claims.iat > at + leewaySeconds) throw new Error('iat lies in the future')
    if (claims.exp <= claims.iat) throw new Error('exp is not after iat')
    if (claims.exp - claims.iat > maximumLifeSeconds) throw new Error('exp is more than 24 h after iat')
    return claims
  }

  function verify(token: string): Session {
    let claims: z.output<typeof Claims>
    try {
      claims = check(token)
    } catch (cause) {
      throw new AppError('invalid_token', { cause })
    }
    if (claims.exp <= seconds()) throw new AppError('token_expired')
    return {
      subject: claims.sub,
      sessionId: claims.sid,
      issuedAt: new Date(claims.iat * 1000),
      expiresAt: new Date(claims.exp * 1000),
    }
  }

  return { sign, resembles: (token) => token.startsWith(beginning), verify }
}

/** The key as an object, which is parsed once, and a name for it that says nothing about it. */
function readSecret(secret: string): { kid: string; key: KeyObject } {
  const problem = sessionSecretProblem(secret)
  if (problem) throw new Error(`The secret of the session tokens ${problem}`)
  const kid = createHmac('sha256', secret).update('kid').digest('base64url').slice(0, 12)
  return { kid, key: createSecretKey(secret, 'utf8') }
}
