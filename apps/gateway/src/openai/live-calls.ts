import { AppError } from '@gatehouse/contracts'
import type { Metrics } from '@gatehouse/platform'

/** One of them. */
export interface LiveCall {
  signal: AbortSignal
  /** Ends the call for a reason of the face's own, as that its client has left. */
  abort(reason: unknown): void
  /** It is over. */
  end(): void
}

/** The calls that run in this process, so that they can be ended. */
export interface LiveCalls {
  /** Registers a call. Its signal aborts with an AppError when its caller may no longer go on. */
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
  const byPrincipal = new Map<string, Set<AbortController>>()
  const waiting: (() => void)[] = []
  let running = 0

  const stop = (principalId: string, reason: AppError) => {
    for (const controller of byPrincipal.get(principalId) ?? []) controller.abort(reason)
  }
  return {
    begin(principalId) {
      const controller = new AbortController()
      const calls = byPrincipal.get(principalId) ?? new Set()
      byPrincipal.set(principalId, calls.add(controller))
      metrics.activeCalls.set(++running)
      let ended = false
      return {
        signal: controller.signal,
        abort: (reason) => controller.abort(reason),
        end() {
          if (ended) return
          ended = true
          calls.delete(controller)
          if (calls.size === 0) byPrincipal.delete(principalId)
          metrics.activeCalls.set(--running)
          if (running === 0) for (const resolve of waiting.splice(0)) resolve()
        },
      }
    },
    stop,
    stopAll(reason) {
      for (const principalId of byPrincipal.keys()) stop(principalId, reason)
    },
    principals: () => [...byPrincipal.keys()],
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve))),
  }
}
