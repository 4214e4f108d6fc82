import type { CancelSignal } from './exchange.js'

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
  /** Says that the other side refused this token: the next `get` waits for another one. */
  invalidate(token: string): void
  /** Milliseconds since 1970 until which the token held is valid; undefined when none is. */
  validUntil(): number | undefined
  /** Stops the timer. */
  close(): void
}

interface Held {
  value: string
  usableUntil: number
  refreshAt: number
}

/** A token serves at least this long, whatever its lifetime says: an `expires_in` of 0 must not make a hot loop. */
const floorMs = 5_000
/** An issuer that names no lifetime; RFC 6749 (4.2.2) only recommends the field. */
const unknownLifeMs = 300_000
/** After a failure, everyone who asks within this time gets that failure. */
const failurePauseMs = 1_000
const acquireLimitMs = 30_000

/** One token, one acquisition at a time, renewed at a random point between 50 and 80 % of its life. */
export function createTokenSource({
  acquire,
  now = Date.now,
  keepFresh = false,
}: TokenSourceOptions): TokenSource {
  let held: Held | undefined
  let running: Promise<string> | undefined
  let failure: { error: unknown; until: number } | undefined
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
      const token = await acquire(AbortSignal.timeout(acquireLimitMs))
      if (!token.value) throw new Error('The issuer answered without a token.')
      held = hold(token, now())
      failure = undefined
      return held.value
    } catch (error) {
      failure = { error, until: now() + failurePauseMs }
      throw error
    }
  }

  const schedule = () => {
    clearTimeout(timer)
    if (!keepFresh || closed) return
    const wait = held ? held.refreshAt - now() : 0
    timer = setTimeout(inBackground, Math.max(wait, failure ? failurePauseMs : 0, 0))
    timer.unref()
  }

  // A failed renewal is reported to whoever asks once the old token has ended.
  const inBackground = () => void renew().catch(() => {})

  return {
    async get(signal) {
      if (signal?.aborted) throw signal.reason
      const time = now()
      if (held && time < held.usableUntil) {
        if (time >= held.refreshAt && !running && !(failure && time < failure.until)) inBackground()
        return held.value
      }
      if (failure && time < failure.until && !running) throw failure.error
      return unlessAborted(renew(), signal)
    },
    invalidate(token) {
      // One in five seconds: a provider that refuses every token must not make the issuer's day.
      if (held?.value !== token || now() - invalidatedAt < floorMs) return
      invalidatedAt = now()
      held = undefined
    },
    validUntil: () => (held && now() < held.usableUntil ? held.usableUntil : undefined),
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

function hold({ value, expiresInSeconds }: AcquiredToken, time: number): Held {
  const said = Number(expiresInSeconds)
  const lifeMs = Math.max(expiresInSeconds !== undefined && said >= 0 ? said * 1000 : unknownLifeMs, floorMs)
  // The last tenth, at most 30 s, is left for the way to the provider and for clocks that differ.
  const margin = lifeMs > floorMs ? Math.min(lifeMs / 10, 30_000) : 0
  return {
    value,
    usableUntil: time + lifeMs - margin,
    refreshAt: time + lifeMs * (0.5 + Math.random() * 0.3),
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
