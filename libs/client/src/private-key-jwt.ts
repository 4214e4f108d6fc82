import { TokenError } from './token-error.js'

/** Signature algorithms for a client's own key. `PS256` has to be named; the others are found by the key. */
export type AssertionAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA'

/** Who signs, and for whom. */
export interface AssertionOptions {
  clientId: string
  /** The `aud`: the token endpoint, or the issuer where it wants that. */
  audience: string
  /** PKCS #8 in PEM, a JWK, or a CryptoKey. */
  privateKey: string | object
  /** The `kid` under which the issuer knows the key; a JWK may bring its own. */
  keyId?: string | undefined
  algorithm?: AssertionAlgorithm | undefined
}

/** Seconds an assertion is good for; it is used within the same second, by clocks that differ. */
const lifeSeconds = 120

/** What the sign and import of WebCrypto take, by name. */
interface Algorithm {
  name: string
  hash?: string
  namedCurve?: string
  saltLength?: number
}
type Key = Parameters<typeof crypto.subtle.sign>[1]

// One object serves both: WebCrypto reads what it needs. RFC 7518, section 3.5: the salt is as long as the hash.
const algorithms: Record<AssertionAlgorithm, Algorithm> = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 },
  ES256: { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
}

/**
 * Gives a function that makes a fresh assertion for each token request (RFC 7523, section 3), with the key read once.
 *
 * @throws TokenError, from the function returned, for a key that cannot be used; nothing of the key is in it
 */
export function assertionSigner(options: AssertionOptions): () => Promise<string> {
  let reading: Promise<{ key: Key; alg: AssertionAlgorithm }> | undefined
  return async () => {
    reading ??= readKey(options)
    const { key, alg } = await reading
    const now = Math.floor(Date.now() / 1000)
    const { clientId, audience, privateKey } = options
    const kid = options.keyId ?? (privateKey as { kid?: string }).kid
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: audience,
      jti: crypto.randomUUID(),
      iat: now,
      exp: now + lifeSeconds,
    }
    const signed = `${encode({ alg, typ: 'JWT', kid })}.${encode(claims)}`
    const signature = await crypto.subtle.sign(algorithms[alg], key, new TextEncoder().encode(signed))
    return `${signed}.${base64url(new Uint8Array(signature))}`
  }
}

async function readKey({ privateKey, algorithm }: AssertionOptions) {
  const named = algorithm ? [algorithm] : (Object.keys(algorithms) as AssertionAlgorithm[])
  if (isKey(privateKey)) {
    const alg = named.find((name) => algorithms[name].name === privateKey.algorithm.name)
    if (alg) return { key: privateKey, alg }
  } else {
    // WebCrypto wants to be told what a key is: the one that does not fail is it.
    for (const alg of named) {
      const key = await importKey(privateKey, algorithms[alg]).catch(() => undefined)
      if (key) return { key, alg }
    }
  }
  throw new TokenError(
    'invalid_configuration',
    `privateKey must be an unencrypted private key for ${named.join(', ')}: a JWK, or PKCS #8 in PEM ("BEGIN PRIVATE KEY"; openssl pkcs8 -topk8 -nocrypt makes it of older forms).`,
  )
}

function isKey(key: string | object): key is Key {
  return typeof key === 'object' && 'usages' in key
}

async function importKey(key: string | object, algorithm: Algorithm): Promise<Key> {
  if (typeof key === 'object') return crypto.subtle.importKey('jwk', key, algorithm, false, ['sign'])
  const [, body = ''] = /-----BEGIN PRIVATE KEY-----([\s\S]+?)-----END PRIVATE KEY-----/.exec(key) ?? []
  const bytes = Uint8Array.from(atob(body.replace(/\s/g, '')), (character) => character.charCodeAt(0))
  return crypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign'])
}

function encode(value: object): string {
  return base64url(new TextEncoder().encode(JSON.stringify(value)))
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
