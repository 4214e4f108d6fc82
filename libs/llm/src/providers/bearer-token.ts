import { AppError } from '@gatehouse/contracts'
import {
  type AcquiredToken,
  type CancelSignal,
  createTokenSource,
  type TokenSource,
} from '@gatehouse/outbound'
import type { RelayToken } from './relay-token.js'

/** How often the source is asked whether it has a newer token, while the one at hand is good. */
const askEveryMs = 1_000

/** A provider's short-lived tokens, with the one at hand to be had without waiting. */
export interface BearerToken extends RelayToken {
  get(signal?: CancelSignal): Promise<string>
  /** The one that was given out last; for scrubbing. */
  last(): string
}

/**
 * Tokens of a source. `get` throws AppError `upstream_auth_unavailable`.
 * @param problem what its caller is told where there is none
 */
export function createBearerToken(tokens: TokenSource, problem: string): BearerToken {
  let last = ''
  let goodUntil = 0
  let askedAt = 0

  const get = async (signal?: CancelSignal): Promise<string> => {
    askedAt = Date.now()
    try {
      last = await tokens.get(signal)
    } catch (cause) {
      if (signal?.aborted) throw signal.reason
      throw new AppError('upstream_auth_unavailable', { message: problem, cause })
    }
    goodUntil = tokens.validUntil() ?? 0
    return last
  }

  return {
    last: () => last,
    get,
    current() {
      const now = Date.now()
      if (now >= goodUntil) return undefined
      // The source renews a token when it is asked for it.
      if (now - askedAt >= askEveryMs) get().catch(() => {})
      return last
    },
    refused(token) {
      tokens.invalidate(token)
      if (token === last) goodUntil = 0
    },
  }
}

/** One token source of a connection, for its check and for every call. */
export function onceFor<Way>(acquire: (way: Way) => (signal: AbortSignal) => Promise<AcquiredToken>) {
  let source: TokenSource | undefined
  return (way: Way): TokenSource => {
    source ??= createTokenSource({ acquire: acquire(way) })
    return source
  }
}
