import { oidc } from './oidc.js'
import type { ProviderContext, SignInProvider } from './provider.js'

/** Where the embedded issuer of development lives, and who we are there. */
export interface LocalIssuerAddress {
  /** `PUBLIC_URL` followed by `/local`. */
  issuer: string
  clientId: string
  /** Absent for a public client. */
  clientSecret?: string
}

/** The issuer under which its accounts are kept. */
export const localIssuerName = 'gatehouse:local'

/** The embedded issuer is an ordinary OpenID issuer; it asks each time who one wants to be. */
export function local(address: LocalIssuerAddress, context: ProviderContext): SignInProvider {
  return oidc(
    {
      id: 'local',
      name: 'Local',
      // The same person wherever the server listens: another PORT must not make strangers of everybody.
      canonicalIssuer: localIssuerName,
      publicClient: address.clientSecret === undefined,
      parameters: { prompt: 'login' },
      ...address,
    },
    context,
  )
}
