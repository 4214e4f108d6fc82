import type { Values, Variables } from '@gatehouse/contracts'
import { z } from 'zod'
import type { Fetch } from '../fetch.js'
import { fetchJson } from '../keys/fetch-json.js'
import { issuerUnavailable } from '../unavailable.js'
import type { ProvenPerson, ProviderContext, SignInProvider } from './provider.js'
import { address, optionalText, trimSlash } from './variables.js'

/** https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
const variables = {
  GITHUB_CLIENT_ID: { schema: optionalText, comment: 'Sign-in with GitHub: the client id of the OAuth app.' },
  GITHUB_CLIENT_SECRET: {
    schema: optionalText,
    comment: 'Secret of that app; needed in any case, since every token is checked with it.',
    secret: true,
  },
  GITHUB_URL: {
    schema: address('https://github.com'),
    comment: 'The address of a GitHub Enterprise Server.',
    example: 'https://github.com',
  },
  GITHUB_API_URL: {
    schema: address('https://api.github.com'),
    comment: 'Its API, as https://github.example.com/api/v3.',
    example: 'https://api.github.com',
  },
} satisfies Variables

const userId = z.int().positive()
const Grant = z.object({
  app: z.object({ client_id: z.string() }),
  user: z.object({ id: userId }).nullish(),
})
const User = z.object({ id: userId, login: z.string(), name: z.string().nullish() })
const Emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }))

/** Tokens are opaque and their length has changed before; these are the characters that fit a header. */
const tokenForm = /^[\x21-\x7e]{1,1024}$/

interface App {
  clientId: string
  clientSecret: string
  site: string
  api: string
}

function checkToken(app: App, fetch: Fetch): (token: string) => Promise<ProvenPerson | null> {
  const basic = `Basic ${Buffer.from(`${app.clientId}:${app.clientSecret}`).toString('base64')}`
  const call = (path: string, authorization: string, init: RequestInit = {}) =>
    fetchJson(fetch, `${app.api}${path}`, {
      ...init,
      headers: {
        accept: 'application/vnd.github+json',
        'content-type': 'application/json',
        'user-agent': 'gatehouse',
        'x-github-api-version': '2022-11-28',
        authorization,
      },
    })

  return async (token) => {
    if (!tokenForm.test(token)) return null
    // First of all, was it issued to us? A token of another application names the same person (confused deputy).
    const check = await call(`/applications/${encodeURIComponent(app.clientId)}/token`, basic, {
      method: 'POST',
      body: JSON.stringify({ access_token: token }),
    })
    if (check.status === 401 || check.status === 403)
      throw issuerUnavailable(
        new Error(`check-token answered ${check.status}`),
        'GitHub refuses the credential of this gateway. An administrator has to check GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET.',
      )
    const grant = check.status === 200 ? Grant.safeParse(check.body) : null
    if (!grant?.success || grant.data.app.client_id !== app.clientId) return null

    const user = await call('/user', `Bearer ${token}`)
    if (user.status !== 200) return null
    const person = User.safeParse(user.body)
    if (!person.success) throw issuerUnavailable(new Error('/user has another shape'))
    if (grant.data.user && grant.data.user.id !== person.data.id) return null

    // Without the scope user:email the list is refused; the person is proved all the same.
    const emails = await call('/user/emails?per_page=100', `Bearer ${token}`)
    const list = emails.status === 200 ? Emails.safeParse(emails.body) : null
    const email = list?.data?.find(({ primary, verified }) => primary && verified)?.email ?? null
    return {
      issuer: app.site,
      subject: String(person.data.id),
      email,
      emailVerified: email !== null,
      name: person.data.name ?? person.data.login,
    }
  }
}

/** GitHub answers a refused code with 200 and an `error` member; RFC 6749 section 5.2 says 400. */
function withErrorStatus(fetch: Fetch): Fetch {
  return async (input, init) => {
    const { status, body } = await fetchJson(fetch, input, init)
    const refused = status === 200 && typeof body === 'object' && body !== null && 'error' in body
    return Response.json(body, { status: refused ? 400 : status })
  }
}

function configure(values: Values<typeof variables>, { fetch }: ProviderContext): SignInProvider | null {
  const { GITHUB_CLIENT_ID: clientId, GITHUB_CLIENT_SECRET: clientSecret } = values
  if (!clientId || !clientSecret) return null
  const site = trimSlash(values.GITHUB_URL)
  const app = { clientId, clientSecret, site, api: trimSlash(values.GITHUB_API_URL) }
  return {
    id: 'github',
    name: 'GitHub',
    clientId,
    proof: { kind: 'access_token', check: checkToken(app, fetch) },
    browser: {
      server: async () => ({
        // What GitHub names itself in the `iss` of its callback (RFC 9207), where it sends one.
        issuer: `${site}/login/oauth`,
        authorization_endpoint: `${site}/login/oauth/authorize`,
        token_endpoint: `${site}/login/oauth/access_token`,
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      }),
      clientId,
      clientSecret,
      scope: 'read:user user:email',
      fetch: withErrorStatus(fetch),
    },
  }
}

export const github = { variables, configure }
