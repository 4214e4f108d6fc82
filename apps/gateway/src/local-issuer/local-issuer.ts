import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LocalIssuerAddress } from '@gatehouse/identity'
import Provider from 'oidc-provider'
import { providerConfiguration } from './configuration.js'
import { interact } from './interaction.js'
import { assertLocal, isLocalRequest } from './loopback.js'
import { errorPage, sendPage } from './page.js'
import { loadSigningKey } from './signing-key.js'

/** Where the local issuer is mounted. */
export const localIssuerPath = '/local'

/** What `createLocalIssuer` is built with. */
export interface LocalIssuerSettings {
  /** `PUBLIC_URL`, whose host must be loopback. */
  publicUrl: string
  /** The address that the gateway listens on, which must be loopback too. */
  host: string
  production: boolean
  /** Where its key is kept. */
  dataDir: string
  clientId: string
  /** Absent for a public client, protected by PKCE alone. */
  clientSecret?: string
  /** Our callbacks, to the letter. */
  redirectUris: string[]
  /** Told of failures of the issuer itself. */
  onError?: (error: unknown) => void
}

/** The embedded OpenID provider of development. */
export interface LocalIssuer {
  /** `PUBLIC_URL/local` */
  issuer: string
  /** What the sign-in provider `local` is configured with. */
  address: LocalIssuerAddress
  /** Serves every request under `/local`; the body must not have been read. */
  callback: (request: IncomingMessage, response: ServerResponse) => void
}

/**
 * Starts the embedded OpenID provider, with which a newcomer signs in as anyone through the very code that signs people in by
 * Google. Throws an Error in production, on a host that is not loopback, and where its key cannot be read or made.
 */
export async function createLocalIssuer(settings: LocalIssuerSettings): Promise<LocalIssuer> {
  assertLocal(settings)
  const { clientId, clientSecret, redirectUris, onError = () => undefined } = settings
  const publicUrl = new URL(settings.publicUrl)
  const mountPath = `${publicUrl.pathname.replace(/\/$/, '')}${localIssuerPath}`
  const issuer = `${publicUrl.origin}${mountPath}`
  const signInPath = `${mountPath}/sign-in`

  const key = await loadSigningKey(settings.dataDir)
  const client = { clientId, clientSecret, redirectUris }
  const provider = new Provider(issuer, providerConfiguration({ key, signInPath, mountPath, client }))
  provider.on('server_error', (_context, error) => onError(error))
  const serve = provider.callback()

  function callback(request: IncomingMessage & { originalUrl?: string }, response: ServerResponse): void {
    const url = request.url ?? '/'
    if (!isLocalRequest(request, publicUrl)) {
      sendPage(
        response,
        403,
        errorPage(`The local sign-in answers on this machine alone, at ${publicUrl.host}.`),
      )
    } else if (url.startsWith(`${signInPath}/`)) {
      interact(provider, publicUrl, request, response).catch((error: unknown) => {
        onError(error)
        if (!response.headersSent)
          sendPage(response, 500, errorPage('Something went wrong. Start the sign-in again.'))
        else response.destroy()
      })
    } else {
      // oidc-provider finds its mount path by the difference of the two.
      request.originalUrl = url
      request.url = url.slice(mountPath.length) || '/'
      void serve(request, response)
    }
  }

  return {
    issuer,
    address: { issuer, clientId, ...(clientSecret === undefined ? {} : { clientSecret }) },
    callback,
  }
}
