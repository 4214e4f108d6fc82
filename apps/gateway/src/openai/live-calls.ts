import type { AppError } from '@gatehouse/contracts'
import type { Metrics } from '@gatehouse/platform'
import type { Caller } from '../http/caller.js'
import { Cancellation } from './cancellation.js'

/** One of them: it is cancelled with an AppError when its caller may no longer go on. */
export class LiveCall extends Cancellation {
  private ended = false

  constructor(
    readonly caller: Caller,
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
  begin(caller: Caller): LiveCall
  /** Ends the calls of a principal, or those by an API key. */
  stop(id: string, reason: AppError): void
  /** Ends all calls. */
  stopAll(reason: AppError): void
  /** One of the calls of a principal or by an API key, where any runs. */
  any(id: string): LiveCall | undefined
  /** Resolves when none runs any more. */
  idle(): Promise<void>
}

/** @param metrics whose gauge follows the number of running calls */
export function createLiveCalls(metrics: Metrics): LiveCalls {
  /** By the principal, and by the key where there is one; both are UUIDs. */
  const byId = new Map<string, Set<LiveCall>>()
  const waiting: (() => void)[] = []
  let running = 0
  metrics.activeCalls.watch(() => running)

  const over = (call: LiveCall) => {
    for (const id of idsOf(call.caller)) {
      const calls = byId.get(id)
      calls?.delete(call)
      if (calls?.size === 0) byId.delete(id)
    }
    running--
    if (running === 0 && waiting.length > 0) for (const resolve of waiting.splice(0)) resolve()
  }
  const stop = (id: string, reason: AppError) => {
    for (const call of [...(byId.get(id) ?? [])]) call.abort(reason)
  }
  return {
    begin(caller) {
      const call = new LiveCall(caller, over)
      for (const id of idsOf(caller)) {
        let calls = byId.get(id)
        if (!calls) {
          calls = new Set()
          byId.set(id, calls)
        }
        calls.add(call)
      }
      running++
      return call
    },
    stop,
    stopAll(reason) {
      for (const id of [...byId.keys()]) stop(id, reason)
    },
    any: (id) => byId.get(id)?.values().next().value,
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve))),
  }
}

function idsOf({ principal, credential }: Caller): string[] {
  return credential.kind === 'key' ? [principal.id, credential.id] : [principal.id]
}
