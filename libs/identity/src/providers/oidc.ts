import { asymmetricAlgorithms } from '../keys/algorithms.js'
import { createIssuer } from '../keys/issuer.js'
import type { BrowserFlow, IdTokenProof, ProviderContext, SignInProvider } from './provider.js'

type Quirks = Pick<
  IdTokenProof,
  'expectedIssuers' | 'canonicalIssuer' | 'admit' | 'mayUseKey' | 'emailVerified' | 'checkSignature'
>

/** An OpenID issuer as a sign-in provider; everything but the first four is for issuers that differ from the standard. */
export interface OidcSettings extends Partial<Quirks> {
  id: string
  name: string
  /** Compared with `iss` to the letter. */
  issuer: string
  clientId: string
  /** Without it only `verify` works, unless the client is public. */
  clientSecret?: string
  /** True for a client that has no secret: PKCE alone protects the code. */
  publicClient?: boolean
  algorithms?: readonly string[]
  /** Base of the discovery document; by default the issuer. */
  discovery?: string
  /** What the discovery document may name as issuer; by default the issuer alone. */
  documentIssuers?: readonly string[]
  parameters?: BrowserFlow['parameters']
}

/** Builds a sign-in provider from an OpenID issuer (OpenID Connect Core 1.0, Discovery 1.0). */
export function oidc(settings: OidcSettings, { fetch, now }: ProviderContext): SignInProvider {
  const { id, name, issuer, clientId, clientSecret, parameters, discovery = issuer } = settings
  const keys = createIssuer({ discovery, documentIssuers: settings.documentIssuers ?? [issuer], fetch, now })
  const proof: IdTokenProof = {
    kind: 'id_token',
    keys,
    audience: clientId,
    algorithms: settings.algorithms ?? asymmetricAlgorithms,
    expectedIssuers: settings.expectedIssuers ?? (() => [issuer]),
    canonicalIssuer: settings.canonicalIssuer,
    admit: settings.admit,
    mayUseKey: settings.mayUseKey,
    emailVerified: settings.emailVerified,
    checkSignature: settings.checkSignature,
  }
  const browser: BrowserFlow | null =
    clientSecret === undefined && !settings.publicClient
      ? null
      : {
          server: () => keys.document(),
          clientId,
          clientSecret,
          scope: 'openid email profile',
          parameters,
          fetch,
        }
  return { id, name, clientId, proof, browser }
}
