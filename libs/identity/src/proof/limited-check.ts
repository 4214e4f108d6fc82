import { createHash } from 'node:crypto'
import { AppError } from '@gatehouse/contracts'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../fetch.js'
import type { AccessTokenProof, ProvenPerson } from '../providers/provider.js'
import { type Bucket, createBucket } from './bucket.js'
import { networkOf } from './network.js'

/** Answers for a token that somebody presents; `from` is the address they come from. */
export type LimitedCheck = (token: string, from?: string) => Promise<ProvenPerson | null>

/**
 * Of one provider, over all callers. GitHub gives an OAuth app 5 000 requests an hour for all that it asks as itself
 * (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api): who could use those up would shut
 * everybody's sign-in. 3 600 of them are for tokens that are presented, the rest for the redirect.
 */
const overall = { burst: 60, everyMs: 1_000 }
/** Of one address; a check that proves somebody gives its turn back, so that an office behind one address is no flood. */
const perAddress = { burst: 10, everyMs: 6_000 }
const refusedMs = 10_000
/** Tokens and addresses that are remembered. */
const remembered = 10_000

/**
 * A check by the provider, for whoever presents a token without having proved anything yet: as few as one for each token,
 * some for each address, and not too many altogether. A token that was refused is refused for some seconds without asking.
 * @throws AppError `rate_limited`, and what the check throws
 */
export function limitCheck(check: AccessTokenProof['check'], now: Clock): LimitedCheck {
  const all = createBucket(overall, now)
  const addresses = new LRUCache<string, Bucket>({ max: remembered })
  const refused = new LRUCache<string, true>({
    max: remembered,
    ttl: refusedMs,
    ttlResolution: 0,
    perf: { now },
  })
  const running = new Map<string, Promise<ProvenPerson | null>>()

  async function ask(token: string, key: string, own: Bucket | undefined): Promise<ProvenPerson | null> {
    const person = await check(token)
    if (person === null) refused.set(key, true)
    else own?.giveBack()
    return person
  }

  return async (token, from) => {
    const key = createHash('sha256').update(token).digest('base64')
    if (refused.has(key)) return null
    const pending = running.get(key)
    if (pending) return pending
    const own = from === undefined ? undefined : bucketOf(networkOf(from))
    // One's own first: who has no turn left takes none from the others.
    const waitMs = own?.take() || all.take()
    if (waitMs > 0) throw new AppError('rate_limited', { retryAfterSeconds: Math.ceil(waitMs / 1000) })
    const asked = ask(token, key, own).finally(() => running.delete(key))
    running.set(key, asked)
    return asked
  }

  function bucketOf(address: string): Bucket {
    const known = addresses.get(address) ?? createBucket(perAddress, now)
    addresses.set(address, known)
    return known
  }
}
