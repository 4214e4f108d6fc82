import type { Clock } from '../fetch.js'
import { createCached } from './cached.js'
import { fits, type VerificationKey } from './jwk.js'

const freshMs = 10 * 60_000
/** An unknown `kid` is usually a rotation, but may be one of ten thousand forged ones (T33). */
const unknownKidMs = 30_000

/** The keys of one issuer. */
export interface KeySet {
  /**
   * The keys that may have made a signature with this header: those with the `kid`, or, for a token that names none, the only
   * key of the right kind. Empty when there is none. Throws what `load` throws while no set is held.
   */
  find(header: { alg: string; kid?: string | undefined }): Promise<VerificationKey[]>
}

/**
 * Keeps a key set: one load for many waiters, reloaded in the background after 10 min, for an unknown `kid` at once but at
 * most once in 30 s; the last good set serves for 24 h while the issuer is down. Measured against jose's remote set, which
 * drops its keys after 10 min of outage and then fetches once per request.
 */
export function createKeySet(load: () => Promise<VerificationKey[]>, now: Clock = Date.now): KeySet {
  const cached = createCached(load, freshMs, now)
  let lastUnknown = Number.NEGATIVE_INFINITY

  return {
    async find(header) {
      const version = cached.version()
      const known = select(await cached.get(), header)
      // A set that arrived during this very call cannot be any newer.
      if (known.length > 0 || cached.version() !== version) return known
      if (!cached.refreshing()) {
        if (now() - lastUnknown < unknownKidMs || !cached.mayRetry()) return []
        lastUnknown = now()
      }
      const reloaded = await cached.refresh().catch(() => [])
      return select(reloaded, header)
    },
  }
}

function select(
  keys: VerificationKey[],
  { alg, kid }: { alg: string; kid?: string | undefined },
): VerificationKey[] {
  const candidates = keys.filter((key) => fits(key, alg) && (kid === undefined || key.kid === kid))
  return kid === undefined && candidates.length > 1 ? [] : candidates
}
