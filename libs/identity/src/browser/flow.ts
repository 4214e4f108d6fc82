import { AppError } from '@gatehouse/contracts'
import * as client from 'openid-client'
import type { Fetch } from '../fetch.js'
import { fetchJson } from '../keys/fetch-json.js'
import type { BrowserFlow, SignInProvider } from '../providers/provider.js'
import { callbackError } from './callback-error.js'
import { isStale, Transaction } from './transaction.js'

/** What a sign-in page may ask of the provider (OpenID Connect Core 1.0, section 3.1.2.1). */
export type Prompt = 'none' | 'login' | 'consent' | 'select_account'

/** How a sign-in through the browser begins. */
export interface StartOptions {
  /** The absolute address of our callback, registered at the provider. */
  redirectUri: string
  prompt?: Prompt
}

/** Where to send the browser, and what to remember until it is back. */
export interface StartedSignIn {
  url: string
  transaction: Transaction
}

/** What the code was exchanged for; which of the two proves the person is the provider's to say. */
export interface Exchanged {
  idToken: string | null
  accessToken: string
}

function sharedConfiguration(
  flow: BrowserFlow,
  server: client.ServerMetadata,
  fetch: Fetch,
): client.Configuration {
  const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  const secret = flow.clientSecret
  const authentication =
    secret === undefined
      ? client.None()
      : methods.includes('client_secret_post')
        ? client.ClientSecretPost(secret)
        : client.ClientSecretBasic(secret)
  const configuration = new client.Configuration(server, flow.clientId, undefined, authentication)
  configuration[client.customFetch] = (url, init) => fetch(url, init as RequestInit)
  // http is the operator's word: a document fetched by https has https endpoints only.
  if (server.token_endpoint?.startsWith('http:')) client.allowInsecureRequests(configuration)
  return configuration
}

/** Begins the authorization code flow with PKCE (S256), `state` and `nonce` (RFC 9700 section 2.1.1). */
export async function startFlow(
  provider: SignInProvider,
  flow: BrowserFlow,
  { redirectUri, prompt }: StartOptions,
  now: number,
): Promise<StartedSignIn> {
  const server = await flow.server()
  if (!server.authorization_endpoint || !server.token_endpoint)
    throw new AppError('issuer_unavailable', {
      cause: new Error('the discovery document names no endpoints'),
    })
  const codeVerifier = client.randomPKCECodeVerifier()
  const transaction: Transaction = {
    provider: provider.id,
    redirectUri,
    state: client.randomState(),
    nonce: client.randomNonce(),
    codeVerifier,
    startedAt: now,
  }
  const url = client.buildAuthorizationUrl(sharedConfiguration(flow, server, flow.fetch), {
    ...flow.parameters,
    ...(prompt ? { prompt } : {}),
    redirect_uri: redirectUri,
    scope: flow.scope,
    state: transaction.state,
    ...(provider.proof.kind === 'id_token' ? { nonce: transaction.nonce } : {}),
    code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  })
  return { url: url.href, transaction }
}

/** Checks the callback against the transaction and exchanges the code. Throws AppErrors alone. */
export async function finishFlow(
  provider: SignInProvider,
  flow: BrowserFlow,
  callbackUrl: string | URL,
  transaction: unknown,
  now: number,
): Promise<Exchanged & { nonce: string }> {
  const { data: started } = Transaction.safeParse(transaction)
  if (!started || started.provider !== provider.id || isStale(started, now))
    throw new AppError('sign_in_failed', {
      message: 'This sign-in is no longer open in this browser. Start it again.',
    })

  // The address that was registered and sent, not the one that a Host header made up; only the parameters are the callback's.
  const callback = new URL(started.redirectUri)
  callback.search = new URL(callbackUrl, started.redirectUri).search
  let idToken: string | null = null
  const exchange: Fetch = async (url, init) => {
    const answer = await tokenAnswer(flow.fetch, url, init)
    idToken = answer.idToken
    return answer.response
  }
  try {
    const configuration = sharedConfiguration(flow, await flow.server(), exchange)
    const tokens = await client.authorizationCodeGrant(configuration, callback, {
      pkceCodeVerifier: started.codeVerifier,
      expectedState: started.state,
    })
    return { idToken, accessToken: tokens.access_token, nonce: started.nonce }
  } catch (error) {
    throw callbackError(error, provider.name)
  }
}

/**
 * The token endpoint's answer, with the ID token set aside: openid-client would judge it by rules of its own, while every ID
 * token here is judged by the shared verifier alone, whichever way it came in.
 */
async function tokenAnswer(
  fetch: Fetch,
  url: string | URL,
  init?: RequestInit,
): Promise<{ idToken: string | null; response: Response }> {
  const { status, body } = await fetchJson(fetch, url, init)
  if (typeof body !== 'object' || body === null)
    return { idToken: null, response: Response.json(body ?? null, { status }) }
  const { id_token: idToken, ...rest } = body as Record<string, unknown>
  return {
    idToken: typeof idToken === 'string' ? idToken : null,
    response: Response.json(rest, { status }),
  }
}
