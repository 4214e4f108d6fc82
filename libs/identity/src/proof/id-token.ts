import { compactVerify } from 'jose'
import { z } from 'zod'
import type { Clock } from '../fetch.js'
import type { VerificationKey } from '../keys/jwk.js'
import type { IdTokenClaims, IdTokenProof, ProvenPerson } from '../providers/provider.js'
import { parseCompact } from './compact.js'

/** In characters; the largest real ones carry a few hundred group ids. */
const maximumLength = 16 * 1024
const leewaySeconds = 60
/** The seed's promise is that one token registers and then signs in, so a replay is limited by age alone (T11). */
const maximumAgeSeconds = 10 * 60

const absent = z.never().optional()

/** Anything that changes how the token is to be read is refused by name; `jku`, `jwk`, `x5u` and `x5c` are never looked at. */
const Header = z.looseObject({
  alg: z.string(),
  kid: z.string().min(1).max(256).optional(),
  // `at+jwt` is an access token (RFC 9068), `logout+jwt` a logout token.
  typ: z.string().regex(/^jwt$/i).optional(),
  crit: absent,
  b64: absent,
  zip: absent,
  enc: absent,
})

const seconds = z.number().min(0).max(1e11)
const Claims = z.looseObject({
  iss: z.string().min(1).max(2048),
  // No issuer has control characters in a subject, and a database takes neither a NUL nor half a surrogate pair: it would
  // make two people of different halves one.
  sub: z
    .string()
    .max(255)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u),
  aud: z.union([z.string(), z.array(z.string()).min(1).max(100)]),
  exp: seconds,
  iat: seconds,
  nbf: seconds.optional(),
  azp: z.string().optional(),
  nonce: z.string().optional(),
  // Marks of other tokens by the same issuer for the same client: Keycloak's and Cognito's types, the scopes of an access
  // token (RFC 8693 section 4.2, Entra), the events of a logout token.
  typ: z.literal('ID').optional(),
  token_use: z.literal('id').optional(),
  scope: absent,
  scp: absent,
  events: absent,
})

/** A name is at most this long; it is chosen by the person and shown to others. */
const maximumNameLength = 200

/**
 * Verifies an ID token as OpenID Connect Core 1.0 section 3.1.3.7 asks, and RFC 8725. Throws an Error with the reason, which
 * never quotes the token; an AppError of the issuer (`issuer_unavailable`) or of the provider (`tenant_not_allowed`) passes.
 */
export async function verifyIdToken(
  proof: IdTokenProof,
  token: string,
  { nonce, now }: { nonce?: string; now: Clock },
): Promise<ProvenPerson> {
  const compact = parseCompact(token, maximumLength)
  const header = judge(Header, compact.header, 'header')
  const claims = judge(Claims, compact.payload, 'claim')
  if (!proof.algorithms.includes(header.alg)) throw new Error('the algorithm is not allowed')
  if (!proof.expectedIssuers(claims).includes(claims.iss)) throw new Error('iss is not the issuer')
  checkAudience(claims, proof.audience)
  checkTimes(claims, Math.floor(now() / 1000))
  if (nonce !== undefined && claims.nonce !== nonce) throw new Error('nonce is not the one of this sign-in')
  await checkSignature(proof, token, header, claims)
  proof.admit?.(claims)
  return person(proof, claims)
}

/** The first thing wrong by name, without its value. */
function judge<T extends z.ZodType>(schema: T, value: unknown, part: string): z.output<T> {
  const result = schema.safeParse(value)
  if (!result.success) throw new Error(`${part} ${result.error.issues[0]?.path.join('.')} has no valid form`)
  return result.data
}

function checkAudience({ aud, azp }: z.output<typeof Claims>, audience: string): void {
  const audiences = Array.isArray(aud) ? aud : [aud]
  if (!audiences.includes(audience)) throw new Error('aud is not this client')
  if (audiences.length > 1 && azp === undefined) throw new Error('azp is missing beside several aud')
  if (azp !== undefined && azp !== audience) throw new Error('azp is not this client')
}

function checkTimes({ exp, iat, nbf = 0 }: z.output<typeof Claims>, now: number): void {
  if (exp + leewaySeconds <= now) throw new Error('the token has expired')
  if (nbf - leewaySeconds > now) throw new Error('the token is not valid yet')
  if (iat - leewaySeconds > now) throw new Error('iat lies in the future')
  if (now - iat > maximumAgeSeconds) throw new Error('the token is older than 10 minutes')
}

async function checkSignature(
  proof: IdTokenProof,
  token: string,
  { alg, kid }: z.output<typeof Header>,
  claims: IdTokenClaims,
): Promise<void> {
  const keys = await proof.keys.find({ alg, kid })
  const allowed = keys.filter(({ jwk }) => proof.mayUseKey?.(jwk, claims) ?? true)
  if (allowed.length === 0) throw new Error('no key of the issuer fits')
  const check = async (key: VerificationKey): Promise<void> => {
    if (proof.checkSignature) await proof.checkSignature(token, { jwk: key.jwk, kid, alg })
    else await compactVerify(token, key.key, { algorithms: [alg] })
  }
  // One, unless an issuer gives two keys the same id.
  await Promise.any(allowed.map(check)).catch((error: AggregateError) => {
    throw new Error('the signature is not valid', { cause: error.errors[0] })
  })
}

function person(proof: IdTokenProof, claims: IdTokenClaims): ProvenPerson {
  const emailVerified =
    proof.emailVerified ?? (({ email_verified: verified }: IdTokenClaims) => verified === true)
  return {
    issuer: proof.canonicalIssuer ?? claims.iss,
    subject: claims.sub,
    email: typeof claims.email === 'string' ? claims.email : null,
    emailVerified: emailVerified(claims),
    name: typeof claims.name === 'string' ? claims.name : null,
  }
}

/** Without control characters and the marks that turn the direction of text (which make one name look like another). */
export function cleanName(name: string | null): string | null {
  const cleaned = (name ?? '')
    .slice(0, 4 * maximumNameLength)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return Array.from(cleaned).slice(0, maximumNameLength).join('').trim() || null
}
