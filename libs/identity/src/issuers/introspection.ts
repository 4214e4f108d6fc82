import { AppError } from '@gatehouse/contracts'
import { LRUCache } from 'lru-cache'
import type { Clock, Fetch } from '../fetch.js'
import { fetchJson } from '../keys/fetch-json.js'
import { createBucket } from '../proof/bucket.js'
import { issuerUnavailable } from '../unavailable.js'
import {
  checkAudience,
  checkClient,
  checkPurpose,
  checkRequired,
  checkTime,
  identityOf,
  readClaims,
} from './checks.js'
import { type Claims, quote } from './claim.js'
import type { Bench } from './judge-jwt.js'
import type { RunningIssuer } from './running-issuer.js'
import { type Introspection, type MachineIdentity, refused, type See } from './trusted-issuer.js'

/** Every text that is no JWT costs a question: strangers could otherwise have us ask the issuer as often as they like. */
const questions = { burst: 200, everyMs: 20 }
const refusedMs = 10_000
const remembered = 10_000

/** Judges a token that only its issuer can read. */
export type JudgeOpaque = (token: string, digest: string, see: See) => Promise<MachineIdentity>

/**
 * Asks the issuer about opaque tokens (RFC 7662). What it answers is checked as the claims of a JWT are, `aud` among them.
 * Throws what `judgeJwt` throws, and `rate_limited` (429).
 */
export function createIntrospection(
  issuer: RunningIssuer,
  settings: Introspection,
  { fetch, signInAudiences, now }: { fetch: Fetch; now: Clock } & Pick<Bench, 'signInAudiences'>,
): JudgeOpaque {
  const { trusted } = issuer
  const bucket = createBucket(questions, now)
  const inactive = new LRUCache<string, true>({
    max: remembered,
    ttl: refusedMs,
    ttlResolution: 0,
    perf: { now },
  })
  // Who has been known is asked about by turns of their own: strangers cannot use those up.
  const active = new LRUCache<string, true>({ max: remembered })
  const turnsOfKnown = createBucket(questions, now)
  const notActive = () =>
    refused('The issuer does not know the token, or it has ended. Get a new one from it.')

  async function ask(token: string): Promise<Claims> {
    const { endpoint, byForm } = await addressOf(issuer, settings)
    const form = new URLSearchParams({ token, token_type_hint: 'access_token' })
    const { clientId, clientSecret } = settings
    if (byForm) {
      form.set('client_id', clientId)
      form.set('client_secret', clientSecret)
    }
    const { status, body } = await fetchJson(fetch, endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...(byForm ? {} : { authorization: basic(clientId, clientSecret) }),
      },
      body: form.toString(),
    })
    // Our own credential is refused, or the endpoint is none: no fault of the caller.
    if (status !== 200 || typeof body !== 'object' || body === null || Array.isArray(body))
      throw issuerUnavailable(new Error(`introspection was answered with ${status}`))
    return body as Claims
  }

  return async (token, digest, see) => {
    see('issuer', `no JWT, so that issuer ${trusted.id} is asked about it`)
    if (inactive.has(digest)) throw notActive()
    const waitMs = (active.has(digest) ? turnsOfKnown : bucket).take()
    if (waitMs > 0) throw new AppError('rate_limited', { retryAfterSeconds: Math.ceil(waitMs / 1000) })
    see('introspection', 'the issuer is asked')
    const answer = await ask(token)
    see('introspection', `active is ${quote(answer.active)}`)
    if (answer.active !== true) {
      inactive.set(digest, true)
      active.delete(digest)
      throw notActive()
    }
    active.set(digest, true)
    // RFC 7662 section 2.2: of the members, `active` alone has to be there.
    if (answer.iss !== undefined && answer.iss !== trusted.issuer)
      throw refused('The issuer says that the token is of another one (iss).')
    const claims = readClaims(answer, see)
    checkTime(claims, now(), see)
    checkAudience(claims, trusted, see)
    checkPurpose(claims, trusted, signInAudiences, see)
    checkClient(claims, trusted, see)
    checkRequired(claims, trusted, see)
    return identityOf(claims, trusted, see)
  }
}

/** Where to ask, and whether our credential goes into the form: the header is what every server has to take (RFC 6749 section 2.3.1). */
async function addressOf(
  { keys, trusted }: RunningIssuer,
  settings: Introspection,
): Promise<{ endpoint: string; byForm: boolean }> {
  if (settings.endpoint) return { endpoint: settings.endpoint, byForm: false }
  const document = await keys.document()
  const endpoint = document.introspection_endpoint
  if (!endpoint)
    throw refused(`The token is not a signed JWT, and issuer ${trusted.id} answers nothing about others.`)
  const methods = document.introspection_endpoint_auth_methods_supported
  const takesHeader = methods === undefined || methods.includes('client_secret_basic')
  return { endpoint, byForm: !takesHeader && methods.includes('client_secret_post') }
}

function basic(clientId: string, clientSecret: string): string {
  // Each is encoded as a form is, before they are joined.
  const encode = (text: string) => new URLSearchParams({ text }).toString().slice('text='.length)
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')}`
}
