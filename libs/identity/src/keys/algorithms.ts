/**
 * Signatures that a token may have: asymmetric ones alone (RFC 8725 section 3.1). With a secret that both sides know, whoever
 * checks tokens could make them too.
 */
export const asymmetricAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const
