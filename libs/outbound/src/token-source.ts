import type { CancelSignal } from './exchange.js'
import { steadyNow } from './steady-clock.js'

/** A token as its issuer gave it. */
export interface AcquiredToken {
  value: string
  /** Seconds it lives, from now; absent or senseless when the issuer does not say. */
  expiresInSeconds?: number | undefined
}

/** How a token source works. */
export interface TokenSourceOptions {
  /** Gets a new token; called once for any number of waiters. */
  acquire: (signal: AbortSignal) => Promise<AcquiredToken>
  /** Milliseconds since 1970; the system's clock by default. */
  now?: () => number
  /** True: refreshes by a timer, without waiting for someone to ask. Stops at `close`. */
  keepFresh?: boolean
}

/** Hands out one token to many, and renews it before it ends. */
export interface TokenSource {
  /**
   * A token that is valid now. While a renewal is under way the old one serves.
   * @throws what `acquire` threw, when there is none; the signal's reason, when that fires first. Never resolves empty.
   */
  get(signal?: CancelSignal): Promise<string>
  /**
   * Says that the other side refused this token: the next `get` waits for another one. Where none can be had, the
   * refused one is given out again while it is valid: a refusal may be about one resource alone.
   */
  invalidate(token: string): void
  /** Gets a new token now, in the background, while the one at hand serves. */
  renew(): void
  /** Milliseconds since 1970 until which the token held is valid; undefined when none is. */
  validUntil(): number | undefined
  /** Stops the timer. */
  close(): void
}

interface Held {
  value: string
  usableUntil: number
  refreshAt: number
  /** The same two by a clock that nobody sets: a wall clock put back must not make an old token young. */
  steadyUntil: number
  steadyRefreshAt: number
  refused: boolean
}

/** A token serves at least this long, whatever its lifetime says: an `expires_in` of 0 must not make a hot loop. */
const floorMs = 5_000
/** An issuer that names no lifetime; RFC 6749 (4.2.2) only recommends the field. */
const unknownLifeMs = 300_000
/** A timer set for more than 24.8 days fires at once, and no app token lives longer than a day. */
const longestLifeMs = 86_400_000
/** After a failure, everyone who asks within this time gets that failure; a little more, by chance. */
const failurePauseMs = 1_000
/** While the old token serves, each failure doubles the pause up to here. */
const longestPauseMs = 30_000
const acquireLimitMs = 30_000

/** One token, one acquisition at a time, renewed at a random point between 50 and 80 % of its life. */
export function createTokenSource({
  acquire,
  now = Date.now,
  keepFresh = false,
}: TokenSourceOptions): TokenSource {
  let held: Held | undefined
  let running: Promise<string> | undefined
  let failure: { error: unknown; at: number; steadyAt: number; pauseMs: number } | undefined
  let failures = 0
  let invalidatedAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const renew = (): Promise<string> => {
    running ??= run().finally(() => {
      running = undefined
      schedule()
    })
    return running
  }

  const run = async (): Promise<string> => {
    try {
      const signal = AbortSignal.timeout(acquireLimitMs)
      // Also what does not look at the signal, as the read of a file on a server that is gone.
      const token = await unlessAborted(acquire(signal), signal)
      if (!token.value) throw new Error('The issuer answered without a token.')
      held = hold(token, now())
      failure = undefined
      failures = 0
      return held.value
    } catch (error) {
      const longest = held && isUsable(held) ? longestPauseMs : failurePauseMs
      const pauseMs = Math.min(failurePauseMs * 2 ** failures, longest) * (1 + Math.random() / 2)
      failures = Math.min(failures + 1, 10)
      failure = { error, at: now(), steadyAt: steadyNow(), pauseMs }
      throw error
    }
  }

  const schedule = () => {
    clearTimeout(timer)
    if (!keepFresh || closed) return
    const wait = held ? Math.min(held.refreshAt - now(), held.steadyRefreshAt - steadyNow()) : 0
    timer = setTimeout(inBackground, Math.max(wait, failure?.pauseMs ?? 0, 0))
    timer.unref()
  }

  const isUsable = ({ usableUntil, steadyUntil }: Held) => now() < usableUntil && steadyNow() < steadyUntil
  const isDue = ({ refreshAt, steadyRefreshAt }: Held) => now() >= refreshAt || steadyNow() >= steadyRefreshAt
  /** The last failure, while it is too early for another try; the shorter pause where nothing is left that serves. */
  const justFailed = (hasOld: boolean) => {
    if (!failure || running) return undefined
    const { at, steadyAt, pauseMs } = failure
    const pause = hasOld ? pauseMs : Math.min(pauseMs, failurePauseMs * 1.5)
    return now() - at < pause && steadyNow() - steadyAt < pause ? failure : undefined
  }

  // A failed renewal is reported to whoever asks once the old token has ended.
  const inBackground = () => void renew().catch(() => {})

  return {
    async get(signal) {
      if (signal?.aborted) throw signal.reason
      const old = held && isUsable(held) ? held : undefined
      if (old && !old.refused) {
        if (isDue(old) && !running && !justFailed(true)) inBackground()
        return old.value
      }
      const failed = justFailed(old !== undefined)
      if (failed) {
        if (old) return old.value
        throw failed.error
      }
      try {
        return await unlessAborted(renew(), signal)
      } catch (error) {
        if (old && isUsable(old) && !signal?.aborted) return old.value
        throw error
      }
    },
    invalidate(token) {
      // One in five seconds: a provider that refuses every token must not make the issuer's day.
      if (held?.value !== token || now() - invalidatedAt < floorMs) return
      invalidatedAt = now()
      held.refused = true
    },
    renew: inBackground,
    validUntil: () => (held && !held.refused && isUsable(held) ? held.usableUntil : undefined),
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

function hold({ value, expiresInSeconds }: AcquiredToken, time: number): Held {
  const said = Number(expiresInSeconds)
  const saidMs = expiresInSeconds !== undefined && said >= 0 ? said * 1000 : unknownLifeMs
  const lifeMs = Math.min(Math.max(saidMs, floorMs), longestLifeMs)
  // The last tenth, at most 30 s, is left for the way to the provider and for clocks that differ.
  const margin = lifeMs > floorMs ? Math.min(lifeMs / 10, 30_000) : 0
  const refreshMs = lifeMs * (0.5 + Math.random() * 0.3)
  const steady = steadyNow()
  return {
    value,
    usableUntil: time + lifeMs - margin,
    refreshAt: time + refreshMs,
    steadyUntil: steady + lifeMs - margin,
    steadyRefreshAt: steady + refreshMs,
    refused: false,
  }
}

/** The promise, or the signal's reason when that comes first. Others may go on waiting for the same promise. */
async function unlessAborted<T>(promise: Promise<T>, signal: CancelSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
