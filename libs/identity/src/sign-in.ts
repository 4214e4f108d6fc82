import { AppError } from '@gatehouse/contracts'
import { finishFlow, type StartedSignIn, type StartOptions, startFlow } from './browser/flow.js'
import type { Clock, Fetch } from './fetch.js'
import type { VerifiedIdentity } from './identity.js'
import { type LimitedCheck, limitCheck } from './proof/limited-check.js'
import { verifyProof } from './proof/verify.js'
import { configuredProviders, type SignInValues } from './providers/index.js'
import { type LocalIssuerAddress, local } from './providers/local.js'
import type { BrowserFlow, SignInProvider } from './providers/provider.js'

/** What `createSignIn` is built with. */
export interface SignInSettings {
  values: SignInValues
  fetch: Fetch
  production: boolean
  /** The embedded issuer of development. */
  local?: LocalIssuerAddress
  now?: Clock
}

/** One entry of the sign-in page. */
export interface SignInListing {
  id: string
  name: string
  /** False where the client secret that the redirect needs is missing; a token can be presented all the same. */
  browser: boolean
}

/** The ways in which people sign in. */
export interface SignIn {
  /** Those that are configured. */
  list(): SignInListing[]
  /**
   * Client ids under which we are known to issuers: a token for one of these is for sign-in, never for the API (T28). Without
   * the embedded issuer's, whose tokens are taken for sign-in alone whatever they say.
   */
  audiences: ReadonlySet<string>
  /**
   * Proves who presents a token: an ID token for our client that is at most 10 min old, or for GitHub a user access token
   * issued to our app. `from` is the address it comes from: a provider that has to be asked about each token is asked so
   * often for one address and no more. Throws `unsupported_provider` (400), `invalid_provider_token` (401),
   * `tenant_not_allowed` (403), `rate_limited` (429), `issuer_unavailable` (503).
   */
  verify(providerId: unknown, token: unknown, from?: string): Promise<VerifiedIdentity>
  /**
   * Begins the sign-in through the browser. Throws `unsupported_provider` (400), also for one without a client secret, and
   * `issuer_unavailable` (503).
   */
  start(providerId: unknown, options: StartOptions): Promise<StartedSignIn>
  /**
   * Ends it: `callbackUrl` is the address the browser came back to, of which only the query is used; `transaction` is what
   * `start` gave, as it came out of the cookie. Throws what `verify` throws but `rate_limited`, and `sign_in_failed` (400).
   */
  finish(providerId: unknown, callbackUrl: string | URL, transaction: unknown): Promise<VerifiedIdentity>
}

/**
 * The configured ways to sign in, behind one door. Nothing is fetched before the first sign-in. Throws an Error for a local
 * issuer in production, where it would let anyone be anyone.
 */
export function createSignIn({
  values,
  fetch,
  production,
  local: address,
  now = Date.now,
}: SignInSettings): SignIn {
  if (production && address) throw new Error('The local sign-in cannot be turned on in production.')
  const context = { fetch, now }
  const configured = configuredProviders(values, context)
  if (address) configured.push(local(address, context))
  // A Map, so that `__proto__` and `constructor` are as unknown as any other name (T14).
  const providers = new Map<unknown, SignInProvider>(configured.map((provider) => [provider.id, provider]))

  const checks = new Map<string, LimitedCheck>()
  for (const { id, proof } of configured)
    if (proof.kind === 'access_token') checks.set(id, limitCheck(proof.check, now))

  /** The provider as it answers for a token that a stranger brings, not for one that it gave us itself. */
  function presented(provider: SignInProvider, from: string | undefined): SignInProvider {
    const check = checks.get(provider.id)
    return check
      ? { ...provider, proof: { kind: 'access_token', check: (token) => check(token, from) } }
      : provider
  }

  function find(providerId: unknown): SignInProvider {
    const provider = providers.get(providerId)
    if (!provider) throw new AppError('unsupported_provider', { param: 'provider' })
    return provider
  }

  function findBrowser(providerId: unknown): { provider: SignInProvider; flow: BrowserFlow } {
    const provider = find(providerId)
    if (!provider.browser) throw new AppError('unsupported_provider', { param: 'provider' })
    return { provider, flow: provider.browser }
  }

  return {
    list: () => configured.map(({ id, name, browser }) => ({ id, name, browser: browser !== null })),
    audiences: new Set(
      configured.flatMap(({ id, clientId }) => (address && id === 'local' ? [] : [clientId])),
    ),
    verify: async (providerId, token, from) => verifyProof(presented(find(providerId), from), token, { now }),
    async start(providerId, options) {
      const { provider, flow } = findBrowser(providerId)
      return startFlow(provider, flow, options, now())
    },
    async finish(providerId, callbackUrl, transaction) {
      const { provider, flow } = findBrowser(providerId)
      const { idToken, accessToken, nonce } = await finishFlow(
        provider,
        flow,
        callbackUrl,
        transaction,
        now(),
      )
      const token = provider.proof.kind === 'id_token' ? idToken : accessToken
      return verifyProof(provider, token, { nonce, now })
    },
  }
}
