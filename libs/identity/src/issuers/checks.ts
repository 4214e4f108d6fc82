import { AppError } from '@gatehouse/contracts'
import { z } from 'zod'
import { cleanName } from '../proof/id-token.js'
import { type Claims, clientClaims, quote, textsAt } from './claim.js'
import {
  type ClaimRule,
  type MachineIdentity,
  notAllowed,
  refused,
  type See,
  type TrustedIssuer,
} from './trusted-issuer.js'

/** Between the clocks of an issuer and ours. */
const leewaySeconds = 60

const seconds = z.number().min(0).max(1e11)
/** Claims that are read here; whoever else reads the token may not find another type there. */
const Registered = z.looseObject({
  // As in an ID token: no control characters, and no half of a surrogate pair, which a database takes for another's.
  sub: z
    .string()
    .max(255)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u),
  aud: z.union([z.string(), z.array(z.string()).max(100)]).optional(),
  exp: seconds,
  iat: seconds.optional(),
  nbf: seconds.optional(),
  azp: z.string().optional(),
  appid: z.string().optional(),
  client_id: z.string().optional(),
  cid: z.string().optional(),
  // RFC 7800: a token that is bound to a key is worth nothing without the proof of that key, which is not asked for here.
  cnf: z.never().optional(),
  // A logout token (OpenID Connect Back-Channel Logout 1.0 section 2.4).
  events: z.never().optional(),
})
type Registered = z.output<typeof Registered>

/** The claims, their form checked. Throws `invalid_token` with the name of the first that is wrong. */
export function readClaims(claims: Claims, see: See): Registered {
  see('form', `sub is ${quote(claims.sub)}, exp ${quote(claims.exp)}`)
  const result = Registered.safeParse(claims)
  if (result.success) return result.data
  const name = result.error.issues[0]?.path.join('.') ?? ''
  if (name === 'cnf') throw refused('The token is bound to a key (cnf), and a bearer token is wanted here.')
  throw refused(`The token has no ${name} of a valid form.`)
}

/** RFC 7519 sections 4.1.4 to 4.1.6. Throws `token_expired` and `invalid_token`. */
export function checkTime({ exp, iat, nbf }: Registered, nowMs: number, see: See): void {
  const now = Math.floor(nowMs / 1000)
  see('time', `now ${now}, exp ${exp}, nbf ${quote(nbf)}, iat ${quote(iat)}; ${leewaySeconds} s are let pass`)
  if (exp + leewaySeconds <= now)
    throw new AppError('token_expired', {
      message: 'The token has expired (exp). Get a new one from its issuer.',
    })
  const clocks = 'Compare the clock of its issuer with that of this gateway.'
  if ((nbf ?? 0) - leewaySeconds > now) throw refused(`The token is not valid yet (nbf). ${clocks}`)
  if ((iat ?? 0) - leewaySeconds > now) throw refused(`The token was issued in the future (iat). ${clocks}`)
}

/** RFC 7519 section 4.1.3, and never without one (T27). Throws `invalid_token`. */
export function checkAudience({ aud }: Registered, { audiences }: TrustedIssuer, see: See): void {
  see('audience', `aud is ${quote(aud)}; ${audiences.join(' or ')} is wanted`)
  const given = aud === undefined ? [] : [aud].flat()
  if (given.some((audience) => audiences.includes(audience))) return
  const keycloak =
    given.length === 0 || given.includes('account')
      ? ` Keycloak puts account there, or nothing, until the client has an audience mapper that adds ${audiences[0]}.`
      : ''
  throw refused(
    `The audience of the token (aud) is not this gateway: it must hold ${audiences.join(' or ')}.${keycloak}`,
  )
}

/** RFC 8725 section 2.8: a token made for another purpose, above all for sign-in, is none for the API (T28). */
export function checkPurpose(
  claims: Registered,
  { idTokens }: TrustedIssuer,
  signInAudiences: ReadonlySet<string>,
  see: See,
): void {
  const { typ, token_use: use } = claims
  const marks = [
    ...['nonce', 'at_hash', 'c_hash'].filter((name) => Object.hasOwn(claims, name)),
    ...(typ === 'ID' ? ['typ'] : []),
    ...(use === 'id' ? ['token_use'] : []),
  ]
  // https://www.ory.com/docs/reference/api#operation/introspectOAuth2Token and Amazon Cognito tell the kind by it.
  if (use !== undefined && !['access', 'access_token', 'id'].includes(String(use)))
    throw refused('The token is no access token (token_use). Send the one that was issued for calls.')
  see(
    'purpose',
    `marks of an ID token: ${marks.join(', ') || 'none'}${idTokens ? '; the issuer may have them' : ''}`,
  )
  if ([claims.aud ?? []].flat().some((audience) => signInAudiences.has(audience)))
    throw refused(
      'The token is for the client by which people sign in here (aud). Ask for one with an audience of its own.',
    )
  if (marks.length > 0 && !idTokens)
    throw refused(`The token was made for sign-in (${marks[0]}). Send an access token instead.`)
  // Keycloak's own: Bearer, and ID, Refresh, Offline, Logout and others that are not for us.
  if (typ !== undefined && !(typeof typ === 'string' && /^(bearer|jwt|id)$/i.test(typ)))
    throw refused('The token was made for another purpose (typ). Send an access token instead.')
}

/** Who may come of those who have a token for us (T29). Throws `token_not_allowed`. */
export function checkClient(claims: Registered, { id, clients }: TrustedIssuer, see: See): void {
  const given = clientClaims.filter((name) => claims[name] !== undefined)
  const told = given.map((name) => `${name} is ${quote(claims[name])}`).join(', ') || 'no client is named'
  see('client', `${told}; ${clients ? `${clients.join(' or ')} is wanted` : 'any may come'}`)
  if (!clients) return
  if (given.length === 0 || given.some((name) => !clients.includes(claims[name] ?? '')))
    throw notAllowed(
      `The client of the token (${given[0] ?? 'azp'}) is not allowed here. An operator adds it to the clients of issuer ${id}.`,
    )
}

/** What else the operator wants to see. Throws `token_not_allowed`. */
export function checkRequired(claims: Claims, { id, required }: TrustedIssuer, see: See): void {
  for (const { claim, anyOf } of required) {
    const given = textsAt(claims, claim)
    see('claims', `${claim} is ${quote(given)}; ${anyOf?.join(' or ') ?? 'anything'} is wanted`)
    if (given.some((text) => (anyOf ? anyOf.includes(text) : text !== ''))) continue
    throw notAllowed(`The claim ${claim} of the token is not what issuer ${id} is required to say there.`)
  }
}

/** Who it is, by the operator's rules and nothing else: no claim gives a role by itself (T35). */
export function identityOf(claims: Registered, trusted: TrustedIssuer, see: See): MachineIdentity {
  const holds = ({ claim, value }: ClaimRule) => textsAt(claims, claim).includes(value)
  const client = clientClaims.map((name) => claims[name]).find((value) => value !== undefined)
  const text = (claim: string | undefined) =>
    claim === undefined ? null : cleanName(textsAt(claims, claim)[0] ?? null)
  const identity: MachineIdentity = {
    provider: trusted.id,
    issuer: trusted.issuer,
    subject: claims.sub,
    name: text(trusted.nameClaim) ?? cleanName(client ?? null),
    clientId: client?.slice(0, 255) ?? null,
    team: text(trusted.teamClaim),
    roles: trusted.admins.some(holds) ? ['admin', 'member'] : ['member'],
    models:
      trusted.models?.flatMap(({ when, models }) => (when === null || holds(when) ? models : [])) ?? null,
    expiresAt: new Date(claims.exp * 1000),
  }
  see('identity', `${identity.roles.join(', ')}; ${identity.models?.join(', ') ?? 'all'} models`)
  return identity
}
