export type { Prompt, StartedSignIn, StartOptions } from './browser/flow.js'
export { Transaction } from './browser/transaction.js'
export { type HeaderRecord, readCredential } from './credential.js'
export { emailDomain, normaliseEmail } from './email.js'
export type { Clock, Fetch } from './fetch.js'
export type { VerifiedIdentity } from './identity.js'
export { completeIssuer, type IssuerWish, issuerPresets } from './issuers/presets.js'
export type { IssuerState } from './issuers/running-issuer.js'
export type {
  CheckName,
  ClaimRule,
  Introspection,
  MachineIdentity,
  RequiredClaim,
  TrustedIssuer,
} from './issuers/trusted-issuer.js'
export {
  createTrustedIssuers,
  type ExplainedStep,
  type IssuerListing,
  type TokenExplanation,
  type TrustedIssuers,
  type TrustedIssuersSettings,
} from './issuers/trusted-issuers.js'
export { asymmetricAlgorithms } from './keys/algorithms.js'
export { createIssuer, type Issuer, type IssuerDocument, type IssuerSettings } from './keys/issuer.js'
export { readKeys, type VerificationKey } from './keys/jwk.js'
export { createKeySet, type KeySet } from './keys/key-set.js'
export { networkOf } from './proof/network.js'
export { configuredIssuer, environmentIssuer } from './providers/configured-issuer.js'
export { type SignInValues, signInProblems, signInVariables } from './providers/index.js'
export { type LocalIssuerAddress, localIssuerName } from './providers/local.js'
export type { VariableProblem } from './providers/provider.js'
export { sessionSecretProblem, sessionVariables } from './session/secret.js'
export {
  createSessionTokens,
  type Session,
  type SessionTokenSettings,
  type SessionTokens,
} from './session/session-token.js'
export { createSignIn, type SignIn, type SignInListing, type SignInSettings } from './sign-in.js'
