import type { Clock } from '../fetch.js'

const minute = 60_000
/** How long a value that was fetched serves while its source is down. */
const staleMs = 24 * 60 * minute
/** Between two attempts while an older value serves, and while there is none at all. */
const retryMs = 30_000
const coldRetryMs = 5_000

/** Something fetched, kept, and fetched again. */
export interface Cached<T> {
  /** The value: at once where one is held, refreshed behind the caller's back when it is no longer fresh. */
  get(): Promise<T>
  /** Fetches now; callers at the same time share one fetch. A failure leaves the old value in place. */
  refresh(): Promise<T>
  /** True while a fetch is under way. */
  refreshing(): boolean
  /** False for 30 s after a fetch that failed. */
  mayRetry(): boolean
  /** Grows by one with every value fetched. */
  version(): number
}

/**
 * Keeps a value fresh for `freshMs` and usable for 24 h while its source is down; a failed fetch counts as an attempt, so
 * that a source in trouble is not asked by every request (RFC 5861's stale-while-revalidate and stale-if-error).
 */
export function createCached<T>(load: () => Promise<T>, freshMs: number, now: Clock): Cached<T> {
  let held: { value: T; at: number } | undefined
  let pending: Promise<T> | undefined
  let failure: unknown
  let failedAt = Number.NEGATIVE_INFINITY
  let lastAttempt = Number.NEGATIVE_INFINITY
  let version = 0

  async function attempt(): Promise<T> {
    lastAttempt = now()
    try {
      const value = await load()
      held = { value, at: now() }
      version++
      return value
    } catch (error) {
      failure = error
      failedAt = now()
      throw error
    } finally {
      pending = undefined
    }
  }

  function refresh(): Promise<T> {
    pending ??= attempt()
    return pending
  }

  async function get(): Promise<T> {
    const age = held ? now() - held.at : Number.POSITIVE_INFINITY
    const since = now() - lastAttempt
    if (held && age < freshMs) return held.value
    if (held && age < staleMs) {
      if (!pending && since >= retryMs) refresh().catch(() => undefined)
      return held.value
    }
    if (!pending && since < coldRetryMs) throw failure
    return refresh()
  }

  return {
    get,
    refresh,
    refreshing: () => pending !== undefined,
    mayRetry: () => now() - failedAt >= retryMs,
    version: () => version,
  }
}
