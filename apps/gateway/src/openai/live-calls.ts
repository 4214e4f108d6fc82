import type { AppError } from '@gatehouse/contracts'
import type { Metrics } from '@gatehouse/platform'
import { Cancellation } from './cancellation.js'

/** One of them: it is cancelled with an AppError when its caller may no longer go on. */
export class LiveCall extends Cancellation {
  private ended = false

  constructor(
    readonly principalId: string,
    private readonly onEnd: (call: LiveCall) => void,
  ) {
    super()
  }

  /** It is over. */
  end(): void {
    if (this.ended) return
    this.ended = true
    this.onEnd(this)
  }
}

/** The calls that run in this process, so that they can be ended. */
export interface LiveCalls {
  /** Registers a call. */
  begin(principalId: string): LiveCall
  /** Ends the calls of a principal. */
  stop(principalId: string, reason: AppError): void
  /** Ends all calls. */
  stopAll(reason: AppError): void
  /** Principals with a call that runs. */
  principals(): string[]
  /** Resolves when none runs any more. */
  idle(): Promise<void>
}

/** @param metrics whose gauge follows the number of running calls */
export function createLiveCalls(metrics: Metrics): LiveCalls {
  const byPrincipal = new Map<string, Set<LiveCall>>()
  const waiting: (() => void)[] = []
  let running = 0
  metrics.activeCalls.watch(() => running)

  const over = (call: LiveCall) => {
    const calls = byPrincipal.get(call.principalId)
    calls?.delete(call)
    if (calls?.size === 0) byPrincipal.delete(call.principalId)
    running--
    if (running === 0 && waiting.length > 0) for (const resolve of waiting.splice(0)) resolve()
  }
  const stop = (principalId: string, reason: AppError) => {
    for (const call of [...(byPrincipal.get(principalId) ?? [])]) call.abort(reason)
  }
  return {
    begin(principalId) {
      const call = new LiveCall(principalId, over)
      let calls = byPrincipal.get(principalId)
      if (!calls) {
        calls = new Set()
        byPrincipal.set(principalId, calls)
      }
      calls.add(call)
      running++
      return call
    },
    stop,
    stopAll(reason) {
      for (const principalId of [...byPrincipal.keys()]) stop(principalId, reason)
    },
    principals: () => [...byPrincipal.keys()],
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve))),
  }
}
