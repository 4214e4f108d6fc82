import { compactVerify } from 'jose'
import { z } from 'zod'
import type { VerificationKey } from '../keys/jwk.js'
import { type CompactToken, parseCompact } from '../proof/compact.js'
import {
  checkAudience,
  checkClient,
  checkPurpose,
  checkRequired,
  checkTime,
  identityOf,
  readClaims,
} from './checks.js'
import { quote } from './claim.js'
import type { RunningIssuer } from './running-issuer.js'
import { type MachineIdentity, refused, type See } from './trusted-issuer.js'

/** In characters; Node stops at 16 KiB for all headers together. */
export const maximumTokenLength = 16 * 1024

const absent = z.never().optional()
/** As for an ID token: what changes how the token is to be read is refused, and `jku`, `jwk`, `x5u`, `x5c` are not looked at. */
const Header = z.looseObject({
  alg: z.string().max(50),
  kid: z.string().min(1).max(256).optional(),
  // Of an access token (RFC 9068 section 2.1), or what most issuers write; Kubernetes writes none.
  typ: z
    .string()
    .regex(/^((application\/)?at\+jwt|jwt)$/i)
    .optional(),
  crit: absent,
  b64: absent,
  zip: absent,
  enc: absent,
})

/** What a token is judged by. */
export interface Bench {
  issuers: readonly RunningIssuer[]
  /** Client ids by which people sign in here. */
  signInAudiences: ReadonlySet<string>
  now(): number
}

/**
 * Judges a JWT as RFC 9068 section 4 and RFC 8725 ask. All that costs nothing comes before the signature, so that a forged
 * token for somebody else never makes us ask an issuer; who may come is said after it, to those alone who are who they say.
 * Throws `invalid_token`, `token_expired` (401), `token_not_allowed` (403), `issuer_unavailable` (503).
 */
export async function judgeJwt(
  token: string,
  { issuers, signInAudiences, now }: Bench,
  see: See,
): Promise<MachineIdentity> {
  see('form', `${token.length} characters in ${token.split('.').length} parts`)
  const compact = readForm(token)
  const header = readHeader(compact)
  const issuer = findIssuer(issuers, compact.payload.iss, see)
  const { trusted } = issuer
  checkAlgorithm(header.alg, trusted.algorithms, see)
  const claims = readClaims(compact.payload, see)
  checkTime(claims, now(), see)
  checkAudience(claims, trusted, see)
  checkPurpose(claims, trusted, signInAudiences, see)
  await checkSignature(token, header, issuer, see)
  checkClient(claims, trusted, see)
  checkRequired(claims, trusted, see)
  return identityOf(claims, trusted, see)
}

function readForm(token: string): CompactToken {
  try {
    return parseCompact(token, maximumTokenLength)
  } catch (cause) {
    throw refused('The token is not a signed JWT. Send it as its issuer gave it.', cause)
  }
}

function readHeader({ header }: CompactToken): z.output<typeof Header> {
  const result = Header.safeParse(header)
  if (result.success) return result.data
  const name = result.error.issues[0]?.path.join('.') ?? ''
  throw refused(`The header of the token has ${name} in a form that is not accepted.`)
}

/** By exact `iss` (T30, T31): the keys of one issuer never vouch for another. */
function findIssuer(issuers: readonly RunningIssuer[], iss: unknown, see: See): RunningIssuer {
  const trusted = issuers.map((issuer) => issuer.trusted.issuer).join(', ')
  see('issuer', `iss is ${quote(iss)}; ${trusted ? `trusted: ${trusted}` : 'no issuer is configured'}`)
  if (!trusted)
    throw refused(
      'No issuer is configured, so that no token but those of this gateway is taken. Set OIDC_ISSUER_URL, or name issuers in gatehouse.yaml.',
    )
  const found = issuers.find(({ trusted }) => trusted.issuer === iss)
  if (found) return found
  const near = issuers.find(({ trusted }) => spelling(trusted.issuer) === spelling(iss))
  throw refused(
    near
      ? `The issuer of the token (iss) is spelt otherwise than that of issuer ${near.trusted.id} here: they must be alike to the letter, a slash at the end included.`
      : 'The issuer of the token (iss) is not trusted here.',
  )
}

/** The same for addresses that a person takes for the same; for the sentence above alone. */
function spelling(iss: unknown): string | null {
  if (typeof iss !== 'string' || !URL.canParse(iss)) return null
  const { host, pathname } = new URL(iss)
  return `${host.replace(/:(443|80)$/, '')}${pathname}`.replace(/\/+$/, '').toLowerCase()
}

function checkAlgorithm(alg: string, algorithms: readonly string[], see: See): void {
  see('algorithm', `alg is ${quote(alg)}; ${algorithms.join(' or ')} is wanted`)
  if (!algorithms.includes(alg))
    throw refused(`The algorithm of the token (alg) is not allowed: it must be ${algorithms.join(' or ')}.`)
}

async function checkSignature(
  token: string,
  { alg, kid }: z.output<typeof Header>,
  { keys }: RunningIssuer,
  see: See,
): Promise<void> {
  see('signature', `by the key ${quote(kid)} of the issuer`)
  const found = await keys.find({ alg, kid })
  if (found.length === 0)
    throw refused(
      'The issuer has no key like that of the token (kid). If it has just changed its keys, try again in 30 seconds.',
    )
  const check = (key: VerificationKey) => compactVerify(token, key.key, { algorithms: [alg] })
  // One, unless an issuer gives two keys the same id.
  await Promise.any(found.map(check)).catch((error: AggregateError) => {
    throw refused('The signature of the token is not that of its issuer.', error.errors[0])
  })
}
