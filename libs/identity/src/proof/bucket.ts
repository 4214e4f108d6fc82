import type { Clock } from '../fetch.js'

/** Turns, of which so many may be taken at once and then one in a while. */
export interface Bucket {
  /** Takes a turn. @returns 0, or the milliseconds until there is one */
  take(): number
  giveBack(): void
}

/** Full at first, and one turn more every `everyMs`. */
export function createBucket({ burst, everyMs }: { burst: number; everyMs: number }, now: Clock): Bucket {
  let turns = burst
  let at = now()
  return {
    take() {
      const time = now()
      turns = Math.min(burst, turns + Math.max(0, time - at) / everyMs)
      at = time
      if (turns < 1) return (1 - turns) * everyMs
      turns--
      return 0
    },
    giveBack() {
      turns = Math.min(burst, turns + 1)
    },
  }
}
