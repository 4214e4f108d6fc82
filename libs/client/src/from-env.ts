import { authenticatedFetch, type Fetch } from './authenticated-fetch.js'
import { GenericOAuth2Credential, type GenericOAuth2Options } from './generic-oauth2-credential.js'
import { ProxyAuthHandler, type ProxyAuthHandlerOptions } from './proxy-auth-handler.js'
import { TokenError } from './token-error.js'

/** What the environment does not say. */
export interface FromEnvOptions
  extends Pick<GenericOAuth2Options, 'audience' | 'resource' | 'timeoutMs'>,
    Omit<ProxyAuthHandlerOptions, 'credential'> {
  /** In place of the process's environment, for instance the bindings of a worker. */
  env?: Readonly<Record<string, string | undefined>> | undefined
  /** In place of the global `fetch`, for the gateway and the token endpoint. */
  fetch?: Fetch | undefined
}

/** A handler that knows its gateway, with members named as the options of OpenAI's client: `new OpenAI(fromEnv())`. */
export interface GatewayFromEnv extends ProxyAuthHandler {
  /** `GATEWAY_API_URL`, as it is. */
  readonly baseURL: string
  /** Never a credential: clients want one, and `fetch` puts the token in its place. */
  readonly apiKey: string
  readonly fetch: Fetch
}

const names = [
  'GATEWAY_API_URL',
  'OIDC_TOKEN_URL',
  'SERVICE_ACCOUNT_CLIENT_ID',
  'SERVICE_ACCOUNT_CLIENT_SECRET',
] as const

/**
 * A handler from `OIDC_TOKEN_URL`, `SERVICE_ACCOUNT_CLIENT_ID`, `SERVICE_ACCOUNT_CLIENT_SECRET` and `GATEWAY_API_URL`.
 *
 * @throws TokenError that names the variables that are missing
 */
export function fromEnv({
  env = environment(),
  fetch,
  audience,
  resource,
  timeoutMs,
  ...options
}: FromEnvOptions = {}): GatewayFromEnv {
  const values = names.map((name) => env[name]?.trim() ?? '')
  const missing = names.filter((_, index) => values[index] === '')
  if (missing.length > 0) throw new TokenError('invalid_configuration', `${missing.join(', ')} must be set.`)
  const [baseURL = '', tokenUrl = '', clientId = '', clientSecret = ''] = values
  const credential = new GenericOAuth2Credential({
    tokenUrl,
    clientId,
    clientSecret,
    audience,
    resource,
    timeoutMs,
    fetch,
  })
  const handler = new ProxyAuthHandler({ ...options, credential })
  return Object.assign(handler, {
    baseURL,
    apiKey: 'unused-since-fetch-signs-in',
    fetch: authenticatedFetch(handler, { baseUrl: baseURL, fetch }),
  })
}

/** A browser and some workers have no process. */
function environment(): Readonly<Record<string, string | undefined>> {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {}
}
