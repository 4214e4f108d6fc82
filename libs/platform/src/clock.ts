/** Wall clock and monotonic clock, so that a test can move time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds of a clock that never goes back; for durations. */
  monotonic(): number
}

/** The clocks of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}

let at = 0
let text = ''

/** The time in UTC, as `new Date().toISOString()` has it; written once for all who ask within a millisecond. */
export function isoNow(): string {
  const now = Date.now()
  if (now !== at) {
    at = now
    text = new Date(now).toISOString()
  }
  return text
}
