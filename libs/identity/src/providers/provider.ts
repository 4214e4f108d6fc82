import type { ServerMetadata } from 'openid-client'
import type { Clock, Fetch } from '../fetch.js'
import type { Issuer } from '../keys/issuer.js'
import type { PublishedKey } from '../keys/jwk.js'

/** The claims of an ID token whose form is sound; what they say is not yet believed. */
export interface IdTokenClaims {
  iss: string
  sub: string
  aud: string | string[]
  exp: number
  iat: number
  [claim: string]: unknown
}

/** A person as a provider's own API describes them. */
export interface ProvenPerson {
  issuer: string
  subject: string
  email: string | null
  emailVerified: boolean
  name: string | null
}

/** Checks the signature of a compact JWS with one key; rejects with a reason that never quotes the token. */
export type SignatureCheck = (
  token: string,
  key: { jwk: PublishedKey; kid: string | undefined; alg: string },
) => Promise<void>

/** Proof by an ID token (OpenID Connect Core 1.0, section 3.1.3.7). */
export interface IdTokenProof {
  kind: 'id_token'
  /** Where the keys come from. */
  keys: Issuer
  /** Our client id: what `aud` must hold. */
  audience: string
  algorithms: readonly string[]
  /** The only `iss` that these claims may have; a provider with one issuer gives a constant. */
  expectedIssuers(claims: IdTokenClaims): readonly string[]
  /** The issuer under which the account is kept, where `iss` has more than one spelling. */
  canonicalIssuer?: string
  /** Runs after everything else has passed; throws an AppError to turn a genuine token away. */
  admit?(claims: IdTokenClaims): void
  /** False for a published key that may not sign for these claims. */
  mayUseKey?(key: PublishedKey, claims: IdTokenClaims): boolean
  /** Whether the issuer vouches for `email`; by default only for the boolean `true` of `email_verified`. */
  emailVerified?(claims: IdTokenClaims): boolean
  /** A vendor's own check of the signature; by default jose. */
  checkSignature?: SignatureCheck
}

/** Proof by a user access token, asked of the provider that issued it; null when the token was not issued to us. */
export interface AccessTokenProof {
  kind: 'access_token'
  check(token: string): Promise<ProvenPerson | null>
}

export type Proof = IdTokenProof | AccessTokenProof

/** What the redirect through the browser needs (RFC 6749 section 4.1 with PKCE, RFC 7636). */
export interface BrowserFlow {
  server(): Promise<ServerMetadata>
  clientId: string
  /** Absent for a public client. */
  clientSecret?: string
  scope: string
  /** Further parameters of the authorization request. */
  parameters?: Record<string, string>
  /** Used for the token request. */
  fetch: Fetch
}

/** One way to sign in, configured. */
export interface SignInProvider {
  id: string
  name: string
  /** Our client id there. */
  clientId: string
  proof: Proof
  /** Null where the client secret that the redirect needs is missing. */
  browser: BrowserFlow | null
}

/** What a provider is built with. */
export interface ProviderContext {
  fetch: Fetch
  now: Clock
}

/** A setting that cannot work, found before anything is started. */
export interface VariableProblem {
  variable: string
  /** What is wrong and how to mend it; never the value of a secret. */
  message: string
}
