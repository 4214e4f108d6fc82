import { z } from 'zod'

/** The person has this long at the provider, in seconds. */
const lifetimeSeconds = 15 * 60

const text = z.string().min(1).max(2048)

/** The schema of a transaction, for whoever reads it back from a cookie. */
export const Transaction = z.strictObject({
  provider: text,
  redirectUri: text,
  state: text,
  nonce: text,
  codeVerifier: text,
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
})

/**
 * What has to be remembered between `start` and `finish`, in the browser that started: plain JSON. It holds the PKCE verifier
 * and the nonce, so it belongs in a signed, HttpOnly cookie with a life of at most 15 min.
 */
export type Transaction = z.output<typeof Transaction>

/** True when the person has taken too long, or the clock was turned back. */
export function isStale({ startedAt }: Transaction, now: number): boolean {
  return now - startedAt > lifetimeSeconds * 1000 || startedAt - now > 60_000
}
