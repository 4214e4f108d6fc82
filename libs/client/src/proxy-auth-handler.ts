import { type AccessToken, checkedToken, type TokenCredential } from './access-token.js'
import { warnOnConsole } from './warn-on-console.js'

/** How a handler works. */
export interface ProxyAuthHandlerOptions {
  credential: TokenCredential
  /** What the token is for, as the issuer names it: `api://gatehouse/.default`, `openid`. Some issuers need none. */
  scope?: string | undefined
  /** `throw` (unless told otherwise), or `continue`: warn, and send the request without a token. */
  onTokenError?: 'throw' | 'continue' | undefined
  /** Where `continue` warns; `console.warn` unless given. */
  warn?: ((message: string) => void) | undefined
}

/** A token with less than this left is no longer given out. */
const marginMs = 60_000
/** Between two refreshes that a refusal caused: a gateway that refuses every token must not make the issuer's day. */
const refusalPauseMs = 5_000
/** How long nobody waits for an issuer that has just failed, while the old token is valid. */
const failurePauseMs = 5_000

/** Gets tokens from a credential and keeps the current one: one request for any number of waiters. */
export class ProxyAuthHandler {
  // Private to the runtime too: whoever logs or serialises a handler sees no token.
  readonly #credential: TokenCredential
  readonly #scope: string
  readonly #continues: boolean
  readonly #warn: (message: string) => void
  #held: AccessToken | undefined
  #running: Promise<AccessToken> | undefined
  #refusedAt = Number.NEGATIVE_INFINITY
  #failedAt = Number.NEGATIVE_INFINITY

  constructor({
    credential,
    scope = '',
    onTokenError = 'throw',
    warn = warnOnConsole,
  }: ProxyAuthHandlerOptions) {
    this.#credential = credential
    this.#scope = scope
    this.#continues = onTokenError === 'continue'
    this.#warn = warn
  }

  /**
   * A token with more than 60 s left. Where the issuer fails meanwhile, the old one as long as it is valid.
   *
   * @throws what the credential threw, or TokenError for an answer without a token; also with `onTokenError: 'continue'`
   */
  async getToken(): Promise<AccessToken> {
    const held = this.#held
    if (held && (isFresh(held, Date.now()) || this.#serves(held))) return held
    this.#running ??= this.#acquire().finally(() => {
      this.#running = undefined
    })
    try {
      return await this.#running
    } catch (error) {
      this.#failedAt = Date.now()
      const old = this.#held
      if (old && this.#serves(old)) return old
      throw error
    }
  }

  /** True for a token that is valid still, while its renewal has failed a moment ago. */
  #serves({ expiresOnTimestamp }: AccessToken): boolean {
    const now = Date.now()
    return now < expiresOnTimestamp && now - this.#failedAt < failurePauseMs
  }

  /**
   * `{ Authorization: 'Bearer …' }`, for a request to the gateway and no other.
   *
   * @throws as `getToken`; with `onTokenError: 'continue'` never: it warns and gives no header
   */
  async getAuthHeaders(): Promise<Record<string, string>> {
    try {
      return { Authorization: `Bearer ${(await this.getToken()).token}` }
    } catch (error) {
      if (!this.#continues) throw error
      this.#warn(
        `Failed to get proxy auth headers: ${error instanceof Error ? error.message : String(error)}`,
      )
      return {}
    }
  }

  /** Says that the gateway answered 401 to this token: the next `getToken` asks for another one, once in 5 s. */
  refuse(token: string): void {
    // The answer to a request of long ago says nothing about a token that came since.
    if (this.#held?.token !== token || Date.now() - this.#refusedAt < refusalPauseMs) return
    this.#refusedAt = Date.now()
    this.#held = undefined
  }

  async #acquire(): Promise<AccessToken> {
    const token = checkedToken(await this.#credential.getToken(this.#scope), Date.now())
    this.#held = token
    return token
  }
}

function isFresh(
  { expiresOnTimestamp, refreshAfterTimestamp = Number.POSITIVE_INFINITY }: AccessToken,
  now: number,
) {
  return now < expiresOnTimestamp - marginMs && now < refreshAfterTimestamp
}
