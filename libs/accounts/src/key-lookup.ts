import { AppError } from '@gatehouse/contracts'
import { LRUCache } from 'lru-cache'

/** Finds what stands behind the hashes of keys, one by one or many at once. */
export interface KeyStore<T> {
  one(hash: string): Promise<T | null>
  /** By hash; those that nothing stands behind are left out. */
  many(hashes: readonly string[]): Promise<Map<string, T>>
}

/**
 * Asks the store for a key.
 * @param from the network that shows it; without one it is asked for at once
 * @throws AppError `rate_limited` where too many from that network wait already; what the store throws
 */
export type KeyLookup<T> = (hash: string, from?: string) => Promise<T | null>

/** Keys that nobody has seen to hold and that are a query each: so many in a window, of one network and of all. */
const alone = { windowMs: 10_000, perNetwork: 20, ofAll: 200 }
/** Those after them: so often a query for all that wait, so many of them, and so many of one network. */
const together = { everyMs: 500, ofAll: 1000, perNetwork: 500 }

interface Waiting<T> {
  hash: string
  resolve(found: T | null): void
  reject(error: unknown): void
}

/**
 * Anybody can make up a key with a checksum that fits, so that strangers could have the database asked as often as they
 * like. A key that has held is asked for at once, always. One that nobody has seen to hold takes a turn of its network,
 * and gives it back if it holds. Where no turn is left it waits, half a second at most, and all that wait are one query:
 * a flood costs the same however large it is, and a key that holds is let in from the midst of it.
 * @param now milliseconds since the epoch
 * @param max keys that have held and are remembered
 */
export function createKeyLookup<T>(
  store: KeyStore<T>,
  now: () => number = Date.now,
  max = 20_000,
): KeyLookup<T> {
  const held = new LRUCache<string, true>({ max })
  const turns = createTurns(now)
  let waiting: Waiting<T>[] = []
  let perNetwork = new Map<string, number>()
  let isDue = false

  const note = (hash: string, found: T | null): T | null => {
    if (found === null) held.delete(hash)
    else held.set(hash, true)
    return found
  }

  /** One query at a time: where the database is slow, more are turned away and no more are asked for. */
  const askForAll = async (): Promise<void> => {
    const asked = waiting
    waiting = []
    perNetwork = new Map()
    try {
      const found = await store.many(asked.map(({ hash }) => hash))
      for (const { hash, resolve } of asked) resolve(note(hash, found.get(hash) ?? null))
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
    isDue = false
    if (waiting.length > 0) askSoon()
  }
  const askSoon = (): void => {
    if (isDue) return
    isDue = true
    setTimeout(() => void askForAll(), together.everyMs)
  }

  const wait = (hash: string, from: string): Promise<T | null> => {
    const others = perNetwork.get(from) ?? 0
    if (others >= together.perNetwork || waiting.length >= together.ofAll)
      throw new AppError('rate_limited', { retryAfterSeconds: together.everyMs / 1000 })
    perNetwork.set(from, others + 1)
    askSoon()
    return new Promise((resolve, reject) => waiting.push({ hash, resolve, reject }))
  }

  return async (hash, from) => {
    if (from === undefined || held.has(hash)) return note(hash, await store.one(hash))
    if (!turns.take(from)) return wait(hash, from)
    const found = note(hash, await store.one(hash))
    if (found !== null) turns.giveBack(from)
    return found
  }
}

/** Turns of a window: of each network, and of all together. */
function createTurns(now: () => number) {
  /** No more networks than there are turns of all. */
  const taken = new Map<string, number>()
  let all = 0
  let until = Number.NEGATIVE_INFINITY
  return {
    take(network: string): boolean {
      if (now() >= until) {
        taken.clear()
        all = 0
        until = now() + alone.windowMs
      }
      const own = taken.get(network) ?? 0
      if (own >= alone.perNetwork || all >= alone.ofAll) return false
      taken.set(network, own + 1)
      all++
      return true
    },
    /** One of an earlier window counts for nothing. */
    giveBack(network: string): void {
      const own = taken.get(network) ?? 0
      if (own === 0) return
      taken.set(network, own - 1)
      all--
    },
  }
}
