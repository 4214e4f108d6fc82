export { type GitHub, type GitHubEmail, startGitHub } from './github.js'
export { type OpaqueIssuer, startOpaqueIssuer } from './opaque-issuer.js'
export {
  type Minting,
  type OpenIdIssuer,
  type OpenIdIssuerOptions,
  startOpenIdIssuer,
} from './openid-issuer.js'
export type { Conditions } from './stand-in-server.js'
export { createSigningKey, encodePart, type SigningKey, signCompact } from './tokens.js'
