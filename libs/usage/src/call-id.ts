import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

/** Drawn from the system in bulk: a draw for each id would cost more than the rest of it. */
const pool = new Uint8Array(4096)
let used = pool.length

/** A UUIDv7 (RFC 9562 section 5.7): in the order of time, on one process strictly. */
export function newCallId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 16
  return v7({ random: pool.subarray(used - 16, used), ...next() })
}

let lastMs = 0
let sequence = 0

/** Ids of one millisecond are told apart by a sequence, which `uuid` keeps for itself only where it draws by itself. */
function next(): { msecs: number; seq: number } {
  const now = Date.now()
  if (now > lastMs) {
    lastMs = now
    sequence = ((pool[used - 1] ?? 0) << 16) | ((pool[used - 2] ?? 0) << 8)
  } else sequence++
  return { msecs: lastMs, seq: sequence }
}
