import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'

/** A public key as the issuer publishes it, with whatever else it says about it. */
export type PublishedKey = JsonWebKey & { [member: string]: unknown }

/** A published key that may verify signatures. */
export interface VerificationKey {
  kid: string | undefined
  key: KeyObject
  jwk: PublishedKey
}

const maximumKeys = 100
const curves = new Map([
  ['P-256', ['ES256']],
  ['P-384', ['ES384']],
  ['P-521', ['ES512']],
  ['Ed25519', ['EdDSA', 'Ed25519']],
])
const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']

const Jwk = z.looseObject({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  kid: z.string().max(256).optional(),
  use: z.literal('sig').optional(),
  key_ops: z
    .array(z.string())
    .refine((operations) => operations.includes('verify'))
    .optional(),
  alg: z.string().optional(),
})

/**
 * The usable keys of a JSON Web Key Set (RFC 7517 section 5), in its order. Others are left out: symmetric ones (anyone who
 * reads them could sign), those for encryption, RSA below 2048 bits (broken) or above 8192 (slow to verify, a way to tie us
 * up), exponents below 3. Throws when none is left or there are more than 100.
 */
export function readKeys(document: unknown): VerificationKey[] {
  const { keys } = z.object({ keys: z.array(z.unknown()).max(maximumKeys) }).parse(document)
  const usable = keys.map(readKey).filter((key) => key !== null)
  if (usable.length === 0) throw new Error('the key set holds no usable key')
  return usable
}

function readKey(entry: unknown): VerificationKey | null {
  const { data: jwk } = Jwk.safeParse(entry)
  if (!jwk) return null
  const published = jwk as PublishedKey
  try {
    const key = createPublicKey({ key: published, format: 'jwk' })
    return isStrong(key) ? { kid: jwk.kid, key, jwk: published } : null
  } catch {
    return null
  }
}

function isStrong(key: KeyObject): boolean {
  if (key.asymmetricKeyType !== 'rsa')
    return key.asymmetricKeyType === 'ec' || key.asymmetricKeyType === 'ed25519'
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  return modulusLength >= 2048 && modulusLength <= 8192 && publicExponent >= 3n && publicExponent < 2n ** 64n
}

/** Whether a key is of the kind that an algorithm needs (RFC 8725 section 3.1: one algorithm per key). */
export function fits({ jwk }: VerificationKey, alg: string): boolean {
  if (jwk.alg !== undefined && jwk.alg !== alg) return false
  return jwk.kty === 'RSA' ? rsaAlgorithms.includes(alg) : (curves.get(jwk.crv ?? '')?.includes(alg) ?? false)
}

/** The same public key in PEM (RFC 7468), for libraries that take nothing else. */
export function exportPem(jwk: PublishedKey): string {
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
}
