import { LRUCache } from 'lru-cache'
import type { Patience } from './patience.js'

/** Roles and status are never older than this while the database answers; then who was disabled is out within 5 s. */
const maxAgeMs = 5000
/**
 * While it does not: how long an entry serves after the feed was last known to be complete. Within it nobody who was
 * disabled before is let in; whoever is disabled during it, by a replica that still reaches the database, is out here as
 * soon as the feed is read again, and after this long in any case.
 */
const outageMs = 60_000

interface Entry<T> {
  value: T | null
  loadedAt: number
}

/** Credentials by what they are found by, cached for seconds so that the request path does not wait for the database. */
export interface LiveCache<T> {
  /**
   * Waits for a database that hangs no longer than `Patience` says, where an entry may be served.
   * @param load asks the database; null where there is none that holds
   * @returns null also for one that has ended meanwhile
   * @throws AppError `unavailable` when the database is down and nothing fresh enough is known
   */
  get(key: string, load: () => Promise<T | null>): Promise<T | null>
  /** The same at once, where it is known; undefined where the database has to be asked. */
  known(key: string): T | null | undefined
  /** Drops what is found by this, and what an account of this id stands behind, or whose own id it is. */
  forget(subject: string): void
  /** How many are held, and of how many subjects. */
  size(): { entries: number; subjects: number }
}

/** What a cache has to know of its values. */
export interface LiveCacheOptions<T> {
  /** How long to wait for the database, shared with the other caches of the process. */
  patience: Patience
  /** When the feed of changes was last complete: an entry that the feed has not touched since is true. */
  freshAt: () => number
  /** Milliseconds since the epoch. */
  now: () => number
  /** How many are held; beyond it the one that was not asked for longest goes. */
  max: number
  /** Ids whose change makes a value stale. */
  subjects(value: T): readonly string[]
  /** Milliseconds since the epoch at which a value ends by itself. */
  endsAt(value: T): number
}

/** Makes one, empty. */
export function createLiveCache<T>(options: LiveCacheOptions<T>): LiveCache<T> {
  const { patience, freshAt, now, max } = options
  const keysOf = new Map<string, Set<string>>()
  const entries = new LRUCache<string, Entry<T>>({
    max,
    // However an entry goes, its places in the index go with it.
    dispose({ value }, key) {
      if (value === null) return
      for (const subject of options.subjects(value)) {
        const keys = keysOf.get(subject)
        if (keys?.delete(key) && keys.size === 0) keysOf.delete(subject)
      }
    },
  })
  // Apart and few: whoever tries made-up credentials must not push out those that hold.
  const absent = new LRUCache<string, Entry<T>>({ max: Math.ceil(max / 10) })
  const loading = new Map<string, Promise<Entry<T>>>()
  /** What has changed while each of the present reads has been under way. */
  const reading = new Set<Set<string>>()

  const entryOf = (key: string): Entry<T> | undefined => entries.get(key) ?? absent.get(key)
  const drop = (key: string) => {
    entries.delete(key)
    absent.delete(key)
  }
  const keep = (key: string, entry: Entry<T>) => {
    drop(key)
    if (entry.value === null) return void absent.set(key, entry)
    entries.set(key, entry)
    for (const subject of options.subjects(entry.value))
      keysOf.set(subject, (keysOf.get(subject) ?? new Set()).add(key))
  }
  const ask = async (key: string, load: () => Promise<T | null>): Promise<Entry<T>> => {
    const loadedAt = now()
    const changed = new Set<string>()
    reading.add(changed)
    try {
      const entry: Entry<T> = { loadedAt, value: await load() }
      // A change that came in while we read may have been too late for this read: do not keep what it would have dropped.
      // What is not there may be what has just been made.
      const subjects = entry.value === null ? [...changed] : [key, ...options.subjects(entry.value)]
      if (!subjects.some((subject) => changed.has(subject))) keep(key, entry)
      return entry
    } finally {
      reading.delete(changed)
    }
  }
  const single = (key: string, load: () => Promise<T | null>): Promise<Entry<T>> => {
    const pending = loading.get(key)
    if (pending) return pending
    const asked = ask(key, load).finally(() => {
      if (loading.get(key) === asked) loading.delete(key)
    })
    loading.set(key, asked)
    return asked
  }
  /** The entry that may be served while the database does not answer. */
  const heldFor = (key: string): Entry<T> | undefined => {
    const entry = entryOf(key)
    return entry && now() - Math.max(entry.loadedAt, freshAt()) <= outageMs ? entry : undefined
  }
  const living = (value: T | null): T | null =>
    value !== null && options.endsAt(value) > now() ? value : null

  return {
    async get(key, load) {
      const known = entryOf(key)
      if (known && now() - known.loadedAt <= maxAgeMs) return living(known.value)
      const { value } = await patience(
        () => single(key, load),
        () => heldFor(key),
      )
      return living(value)
    },
    known(key) {
      const entry = entryOf(key)
      if (!entry || now() - entry.loadedAt > maxAgeMs) return undefined
      return living(entry.value)
    },
    forget(subject) {
      for (const changed of reading) changed.add(subject)
      // What is being read may be of before the change: who asks from now on reads anew.
      loading.clear()
      drop(subject)
      for (const key of [...(keysOf.get(subject) ?? [])]) drop(key)
    },
    size: () => ({ entries: entries.size, subjects: keysOf.size }),
  }
}
