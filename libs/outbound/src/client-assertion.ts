import { constants, createHash, randomUUID, sign } from 'node:crypto'
import type { CertificateAndKey } from './certificate-file.js'

/** Seconds an assertion is good for; it is used within the same second. */
const lifeSeconds = 300
/** Seconds our clock may run ahead of the issuer's. */
const skewSeconds = 60

/**
 * A JWT that proves to a token endpoint who we are, signed with a certificate's key (RFC 7523, section 3).
 * PS256 with `x5t#S256`, as https://learn.microsoft.com/entra/identity-platform/certificate-credentials asks.
 */
export function signClientAssertion(
  { certificate, key }: CertificateAndKey,
  clientId: string,
  audience: string,
  now = Date.now(),
): string {
  const seconds = Math.floor(now / 1000)
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url')
  const header = { alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint }
  const claims = {
    aud: audience,
    iss: clientId,
    sub: clientId,
    jti: randomUUID(),
    iat: seconds,
    nbf: seconds - skewSeconds,
    exp: seconds + lifeSeconds,
  }
  const signed = `${encode(header)}.${encode(claims)}`
  // RFC 7518, section 3.5: the salt is as long as the hash.
  const padding = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  return `${signed}.${sign('sha256', Buffer.from(signed), padding).toString('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
