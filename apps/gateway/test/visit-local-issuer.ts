import type { Fetch, LocalIssuerAddress } from '@gatehouse/identity'
import * as client from 'openid-client'

const maximumSteps = 10

/**
 * Signs in at the local issuer as a browser would, cookies and form included, and gives the address it is sent back to.
 * @param url where `SignIn.start` sends the browser
 * @param fetch must hand redirects over, as the global one does with `redirect: 'manual'`
 */
export async function visitLocalIssuer(url: string, email: string, fetch: Fetch): Promise<URL> {
  const { origin, pathname } = new URL(url)
  const mountPath = pathname.slice(0, pathname.lastIndexOf('/') + 1)
  const cookies = new Map<string, string>()
  let at = new URL(url)
  let form: URLSearchParams | undefined
  for (let step = 0; step < maximumSteps; step++) {
    const response = await fetch(at, {
      method: form ? 'POST' : 'GET',
      body: form,
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    })
    await response.arrayBuffer()
    for (const cookie of response.headers.getSetCookie()) keep(cookies, cookie)
    const location = response.headers.get('location')
    if (location === null) {
      if (response.status !== 200 || form) throw new Error(`The local sign-in answered ${response.status}.`)
      form = new URLSearchParams({ email })
      continue
    }
    at = new URL(location, at)
    form = undefined
    if (at.origin !== origin || !at.pathname.startsWith(mountPath)) return at
  }
  throw new Error('The local sign-in leads round in a circle.')
}

function keep(cookies: Map<string, string>, header: string): void {
  const [pair = ''] = header.split(';')
  const equals = pair.indexOf('=')
  cookies.set(pair.slice(0, equals), pair.slice(equals + 1))
}

/**
 * An ID token of the local issuer for an e-mail address, through the same flow as in the browser: authorization request, form,
 * code, PKCE. For tests and for a first call from a terminal.
 */
export async function localIdToken(
  { issuer, clientId, clientSecret }: LocalIssuerAddress,
  redirectUri: string,
  email: string,
  fetch: Fetch,
): Promise<string> {
  const configuration = await client.discovery(
    new URL(issuer),
    clientId,
    undefined,
    clientSecret === undefined ? client.None() : client.ClientSecretPost(clientSecret),
    {
      execute: [client.allowInsecureRequests],
      [client.customFetch]: (url, init) => fetch(url, init as RequestInit),
    },
  )
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  }
  const start = client.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: 'openid email profile',
    prompt: 'login',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const callback = await visitLocalIssuer(start.href, email, fetch)
  const { id_token: idToken } = await client.authorizationCodeGrant(configuration, callback, checks)
  if (idToken === undefined) throw new Error('The local sign-in gave no ID token.')
  return idToken
}
