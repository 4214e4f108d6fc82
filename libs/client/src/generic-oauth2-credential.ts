import { type AccessToken, expiryOf, type TokenCredential } from './access-token.js'
import type { Fetch } from './authenticated-fetch.js'
import { type AssertionAlgorithm, assertionSigner } from './private-key-jwt.js'
import { TokenError } from './token-error.js'
import { checkedTokenUrl } from './token-url.js'

/** A client of any issuer with the client-credentials grant: Keycloak, Okta, Auth0, Entra ID and others. */
export interface GenericOAuth2Options {
  clientId: string
  /** https; http on this machine alone. */
  tokenUrl: string
  /** One of `clientSecret`, `privateKey` and `clientAssertion` says who we are. */
  clientSecret?: string | undefined
  /** Whether the secret goes in the form (unless told otherwise) or in a header (RFC 6749, section 2.3.1). */
  secretIn?: 'form' | 'header' | undefined
  /** For `private_key_jwt` (RFC 7523): PKCS #8 in PEM, a JWK, or a CryptoKey. */
  privateKey?: string | object | undefined
  /** The `kid` of the private key, where the issuer asks for one. */
  keyId?: string | undefined
  /** Found by the key unless given. */
  algorithm?: AssertionAlgorithm | undefined
  /** The `aud` of the assertion; `tokenUrl` unless given. */
  assertionAudience?: string | undefined
  /** A signed assertion from elsewhere: a token that the platform gave this workload. Called for each token request. */
  clientAssertion?: (() => string | Promise<string>) | undefined
  /** What the token is for, as Auth0 asks it. */
  audience?: string | undefined
  /** What the token is for, by RFC 8707. */
  resource?: string | readonly string[] | undefined
  /** Where the handler names none. */
  scope?: string | undefined
  /** In place of the global `fetch`. */
  fetch?: Fetch | undefined
  /** Milliseconds for the whole token request; 30,000 unless given. */
  timeoutMs?: number | undefined
}

/**
 * Gets tokens by the client-credentials grant (RFC 6749, section 4.4). It keeps none: that is the handler's part.
 */
export class GenericOAuth2Credential implements TokenCredential {
  readonly #options: GenericOAuth2Options
  readonly #assertion: (() => string | Promise<string>) | undefined

  /** @throws TokenError for a setting that is missing, or an address that a secret must not be sent to */
  constructor(options: GenericOAuth2Options) {
    const { clientId, clientSecret, tokenUrl, privateKey, clientAssertion } = options
    const proofs = [clientSecret, privateKey, clientAssertion].filter(Boolean)
    if (!tokenUrl || !clientId || proofs.length !== 1) {
      throw new TokenError(
        'invalid_configuration',
        'tokenUrl, clientId and one of clientSecret, privateKey and clientAssertion must be provided.',
      )
    }
    this.#options = { ...options, tokenUrl: checkedTokenUrl(tokenUrl) }
    const audience = options.assertionAudience ?? tokenUrl
    this.#assertion = privateKey ? assertionSigner({ ...options, privateKey, audience }) : clientAssertion
  }

  /** @throws TokenError with the issuer's own words */
  async getToken(scope = ''): Promise<AccessToken> {
    const { tokenUrl, fetch = globalThis.fetch, timeoutMs = 30_000 } = this.#options
    const { headers, form } = await this.#request(scope)
    const asked = Date.now()
    let response: Response
    let text: string
    try {
      response = await fetch(tokenUrl, {
        method: 'POST',
        headers: { accept: 'application/json', ...headers },
        body: form,
        // A redirect would carry the secret to wherever it points.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      text = await response.text()
    } catch (cause) {
      throw new TokenError('unreachable', `Token request to ${shown(tokenUrl)} failed: ${reasonOf(cause)}`, {
        cause,
      })
    }
    const answer = parse(text)
    if (response.ok && isBearer(answer)) {
      // From when it was asked for: the answer's way is part of its life.
      return {
        token: answer.access_token,
        expiresOnTimestamp: expiryOf(answer.access_token, answer.expires_in, asked),
      }
    }
    const { status } = response
    const words = response.ok
      ? 'no bearer token in the answer'
      : [answer.error, answer.error_description].filter((word) => typeof word === 'string').join(' ')
    throw new TokenError(
      response.ok ? 'no_token' : 'refused',
      `Token request to ${shown(tokenUrl)} failed: ${status} ${this.#withoutSecrets(words, form)}`.trimEnd(),
      { status },
    )
  }

  async #request(scope: string): Promise<{ headers: Record<string, string>; form: URLSearchParams }> {
    const { clientId, clientSecret = '', secretIn, audience, resource = [], scope: own = '' } = this.#options
    const form = new URLSearchParams({ grant_type: 'client_credentials' })
    const headers: Record<string, string> = {}
    if (this.#assertion) {
      form.set('client_id', clientId)
      form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      form.set('client_assertion', await this.#assertion())
    } else if (secretIn === 'header') {
      headers.authorization = `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)}`
    } else {
      form.set('client_id', clientId)
      form.set('client_secret', clientSecret)
    }
    if (scope || own) form.set('scope', scope || own)
    if (audience) form.set('audience', audience)
    for (const each of typeof resource === 'string' ? [resource] : resource) form.append('resource', each)
    return { headers, form }
  }

  /** The issuer's words may repeat what it was sent; they are cut, and kept to one line. */
  #withoutSecrets(words: string, form: URLSearchParams): string {
    const secrets = [this.#options.clientSecret, form.get('client_assertion')]
    const safe = secrets.reduce<string>(
      (text, secret) => (secret ? text.replaceAll(secret, '***') : text),
      words,
    )
    return safe.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 300)
  }
}

function isBearer(
  answer: Record<string, unknown>,
): answer is { access_token: string; expires_in?: unknown; token_type?: unknown } {
  const { access_token: token, token_type: type } = answer
  // RFC 6749, section 7.1: a token of a kind that one does not know must not be used.
  return typeof token === 'string' && token !== '' && (type === undefined || /^bearer$/i.test(String(type)))
}

/** RFC 6749, appendix B: as a form would have it, before the two become a header. */
function formEncoded(value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1)
}

/** An address without its query, which may hold anything. */
function shown(address: string): string {
  return address.split('?')[0] ?? ''
}

/** Node's fetch says "fetch failed" and has the reason below it. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } }
  return [message, cause?.code ?? cause?.message].filter(Boolean).join(': ')
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
