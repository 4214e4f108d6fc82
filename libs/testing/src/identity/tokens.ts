import {
  constants,
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto'

/** A key pair under a name, as an issuer holds it. */
export interface SigningKey {
  kid: string
  alg: string
  privateKey: KeyObject
  /** What is published: the public key with `kid`, `alg` and `use`. */
  jwk: JsonWebKey & { [member: string]: unknown }
}

/** A new signing key; RSA with 2048 bits unless said otherwise. */
export function createSigningKey(
  kid: string,
  alg: 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'EdDSA' = 'RS256',
  options: { bits?: number; exponent?: number } = {},
): SigningKey {
  const { privateKey, publicKey } =
    alg === 'ES256' || alg === 'ES384'
      ? generateKeyPairSync('ec', { namedCurve: alg === 'ES256' ? 'P-256' : 'P-384' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', {
            modulusLength: options.bits ?? 2048,
            publicExponent: options.exponent ?? 0x10001,
          })
  return { kid, alg, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } }
}

/** Base64url of a text, or of the JSON of anything else. */
export function encodePart(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

/**
 * Signs a compact JWS of any header and payload, however wrong: a payload given as a text is signed as it is. The algorithm is
 * the `alg` given, whatever the header says; a text or bytes as key sign with HMAC, null gives an empty signature.
 */
export function signCompact(
  header: unknown,
  payload: unknown,
  key: KeyObject | string | Buffer | null,
  alg = 'RS256',
): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`
  return `${input}.${key === null ? '' : signature(input, key, alg).toString('base64url')}`
}

function signature(input: string, key: KeyObject | string | Buffer, alg: string): Buffer {
  const data = Buffer.from(input)
  const hash = `sha${alg.slice(2)}`
  if (alg.startsWith('HS')) return createHmac(hash, key).update(data).digest()
  const privateKey = typeof key === 'string' || Buffer.isBuffer(key) ? createPrivateKey(key) : key
  if (alg === 'EdDSA') return sign(null, data, privateKey)
  if (alg.startsWith('ES')) return sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  if (alg.startsWith('PS'))
    return sign(hash, data, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
  return sign(hash, data, privateKey)
}
