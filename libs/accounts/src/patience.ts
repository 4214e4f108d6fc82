import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@gatehouse/contracts'
import { databaseFailure } from '@gatehouse/platform'

/**
 * Asks the database for what a cache may hold an older copy of.
 * @param load rejects where the database fails
 * @param held the copy as it is now, where it may still be served: one that was dropped meanwhile is not
 * @returns what `load` gave, or the copy where the database is away or slow
 * @throws AppError `unavailable` when the database is away and nothing is held; whatever else `load` threw
 */
export type Patience = <T extends object>(load: () => Promise<T>, held: () => T | undefined) => Promise<T>

/** Milliseconds that a caller waits for the database where an older copy may be served; a query takes some few. */
const patienceMs = 1000
/** Milliseconds that a database which failed or hung is left alone: an ask that hangs costs seconds and a connection. */
const pauseMs = 1500

/**
 * One for all caches of a process: once the database has failed or kept one of them waiting, no copy waits for it any
 * more. After the pause it is tried again, by one ask for all, until it answers. Meanwhile who has no copy is refused at
 * once when the database has failed, and waits when it is only slow.
 * @param now milliseconds since the epoch
 */
export function createPatience(now: () => number = Date.now): Patience {
  let state: 'answers' | 'slow' | 'away' = 'answers'
  let answeredAt = 0
  let pausedUntil = 0
  let trying = false

  const trouble = (what: 'slow' | 'away') => {
    state = what
    pausedUntil = now() + pauseMs
  }
  const ask = async <T>(load: () => Promise<T>): Promise<T> => {
    const began = now()
    try {
      const value = await load()
      state = 'answers'
      answeredAt = now()
      return value
    } catch (error) {
      // Who comes too often is refused before the database is asked, and tells nothing of it.
      if (error instanceof AppError && error.code === 'rate_limited') throw error
      if (databaseFailure(error).kind !== 'unavailable') {
        state = 'answers'
        throw error
      }
      // What hung since before the last answer tells nothing of now.
      if (began >= answeredAt) trouble('away')
      throw new AppError('unavailable', { cause: error, retryAfterSeconds: 5 })
    }
  }
  const tryAgain = <T>(load: () => Promise<T>): Promise<T> => {
    trying = true
    return ask(load).finally(() => {
      trying = false
    })
  }

  return async (load, held) => {
    const mayTry = !trying && now() >= pausedUntil
    const copy = held()
    if (!copy) {
      if (state !== 'away') return ask(load)
      if (mayTry) return tryAgain(load)
      throw new AppError('unavailable', { retryAfterSeconds: 2 })
    }
    if (state !== 'answers') {
      if (mayTry) tryAgain(load).catch(() => {})
      return copy
    }
    const asked = ask(load)
    const waiting = new AbortController()
    const tooSlow = delay(patienceMs, undefined, { signal: waiting.signal }).then(() => {
      trouble('slow')
      return held() ?? asked
    })
    try {
      return await Promise.race([asked, tooSlow])
    } catch (error) {
      const left = error instanceof AppError && error.code === 'unavailable' ? held() : undefined
      if (!left) throw error
      return left
    } finally {
      waiting.abort()
    }
  }
}
