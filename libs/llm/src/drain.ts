import { setTimeout as delay } from 'node:timers/promises'

/** How long the connection may stay open after the end mark before it is closed rather than kept for the next call. */
const drainLimitMs = 500

/** Reads what is left, nothing as a rule, so that the connection can be used again; then ends the call. Never rejects. */
export async function drain(events: AsyncGenerator<string>, call: AbortController): Promise<void> {
  const rest = (async () => {
    for await (const _event of events);
  })()
  await Promise.race([rest, delay(drainLimitMs, undefined, { ref: false })]).catch(() => {})
  call.abort()
  await rest.catch(() => {})
}
