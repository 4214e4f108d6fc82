import { randomBytes } from 'node:crypto'
import type { ClientMetadata, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { createBoundedAdapter } from './adapter.js'
import { errorPage, pageHeaders } from './page.js'
import { accountOf, subjectOf } from './person.js'
import type { IssuerKey } from './signing-key.js'

const scope = 'openid email profile'
const minutes = 60

/** The settings of oidc-provider: the authorization code flow with PKCE for one client, and nothing else. */
export function providerConfiguration(settings: {
  key: IssuerKey
  /** Path of the sign-in page, to which the id of the sign-in is appended. */
  signInPath: string
  /** Path under which the provider is mounted. */
  mountPath: string
  client: { clientId: string; clientSecret?: string; redirectUris: string[] }
}): Configuration {
  const { clientId, clientSecret, redirectUris } = settings.client
  const client: ClientMetadata = {
    client_id: clientId,
    redirect_uris: redirectUris,
    response_types: ['code'],
    grant_types: ['authorization_code'],
    ...(clientSecret === undefined
      ? { token_endpoint_auth_method: 'none' }
      : { client_secret: clientSecret, token_endpoint_auth_method: 'client_secret_post' }),
  }
  return {
    adapter: createBoundedAdapter(),
    clients: [client],
    jwks: { keys: [settings.key] },
    clientAuthMethods: ['none', 'client_secret_post'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    scopes: scope.split(' '),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // The account is the address itself, so that nothing has to be kept; the subject is derived from it.
    subjectTypes: ['pairwise'],
    pairwiseIdentifier: (_context, email) => subjectOf(email),
    findAccount: (_context, email) => accountOf(email),
    loadExistingGrant: grantAll,
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      // Without it the ID token carries the claims of its scopes.
      userinfo: { enabled: false },
    },
    interactions: { url: (_context, { uid }) => `${settings.signInPath}/${uid}` },
    // Signed with a key of this process: after a restart an open sign-in is started again.
    cookies: {
      keys: [randomBytes(32)],
      names: {
        session: 'gatehouse_local_session',
        interaction: 'gatehouse_local_interaction',
        resume: 'gatehouse_local_resume',
      },
      long: { httpOnly: true, sameSite: 'lax', path: settings.mountPath },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    ttl: {
      AccessToken: minutes,
      AuthorizationCode: minutes,
      Grant: 15 * minutes,
      IdToken: 10 * minutes,
      Interaction: 15 * minutes,
      Session: 15 * minutes,
    },
    renderError(context, { error }) {
      context.set(pageHeaders)
      context.body = errorPage(`The local sign-in refused the request (${error}). Start it again.`)
    },
  }
}

/** Consent is a matter between people and other people's programs; this issuer and its one client are the same program. */
async function grantAll({ oidc }: KoaContextWithOIDC) {
  const { provider, client, session } = oidc
  if (!client || !session?.accountId) return undefined
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
  grant.addOIDCScope(scope)
  await grant.save()
  return grant
}
