import type { Values, Variables } from '@gatehouse/contracts'
import { OAuth2Client } from 'google-auth-library'
import { exportPem } from '../keys/jwk.js'
import { oidc } from './oidc.js'
import type { ProviderContext, SignatureCheck, SignInProvider } from './provider.js'
import { address, optionalText } from './variables.js'

const publicIssuer = 'https://accounts.google.com'

/** https://developers.google.com/identity/openid-connect/openid-connect */
const variables = {
  GOOGLE_CLIENT_ID: {
    schema: optionalText,
    comment: 'Sign-in with Google: the OAuth client id of this gateway.',
    example: 'your-client-id.apps.googleusercontent.com',
  },
  GOOGLE_CLIENT_SECRET: {
    schema: optionalText,
    comment: 'Secret of that client; needed for the sign-in through the browser.',
    secret: true,
  },
  GOOGLE_ISSUER_URL: {
    schema: address(publicIssuer),
    comment: 'Issuer of the ID tokens; the keys come from its discovery document.',
    example: publicIssuer,
  },
} satisfies Variables

/**
 * The vendor's own verifier, with our key set and an explicit audience: left to itself it takes a token made for any
 * application when the audience is undefined, and fetches keys from fixed addresses.
 */
function googleSignature(audience: string, issuers: string[]): SignatureCheck {
  const client = new OAuth2Client()
  return async (token, { jwk, kid }) => {
    if (kid === undefined) throw new Error('the token names no key')
    try {
      await client.verifySignedJwtWithCertsAsync(token, { [kid]: exportPem(jwk) }, audience, issuers)
    } catch (error) {
      // The library quotes the whole token after a colon.
      throw new Error(
        error instanceof Error ? error.message.split(':', 1)[0] : 'refused by google-auth-library',
      )
    }
  }
}

function configure(values: Values<typeof variables>, context: ProviderContext): SignInProvider | null {
  const { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret, GOOGLE_ISSUER_URL: issuer } = values
  if (!clientId) return null
  // Both spellings are documented for Google's own issuer, and no other.
  const issuers = issuer === publicIssuer ? [issuer, 'accounts.google.com'] : [issuer]
  return oidc(
    {
      id: 'google',
      name: 'Google',
      issuer,
      clientId,
      clientSecret,
      algorithms: ['RS256'],
      expectedIssuers: () => issuers,
      canonicalIssuer: issuer,
      checkSignature: googleSignature(clientId, issuers),
    },
    context,
  )
}

export const google = { variables, configure }
