import type { AppError } from '@gatehouse/contracts'
import type { Metrics } from '@gatehouse/platform'
import type { Caller } from '../http/caller.js'
import { allows, notAllowed } from './allowed-models.js'
import { Cancellation } from './cancellation.js'

/** Where a call goes at present, and the alias by which it was asked. */
export interface Way {
  provider: string
  model: string
  alias: string | undefined
}

/** One of them: it is cancelled with an AppError when its caller may no longer go on. */
export class LiveCall extends Cancellation {
  private ended = false
  private lists: Caller['modelLists'] = []

  constructor(
    readonly caller: Caller,
    private readonly way: () => Way,
    private readonly onEnd: (call: LiveCall) => void,
  ) {
    super()
  }

  /** What its caller may use has changed since it was admitted: it goes on where it goes to is among it, and nowhere else. */
  narrow(lists: Caller['modelLists']): void {
    this.lists = lists
    try {
      this.checkWay()
    } catch (error) {
      this.abort(error)
    }
  }

  /** @throws AppError `model_not_allowed` where its caller may no longer use what it goes to */
  checkWay(): void {
    if (this.lists.length === 0) return
    const { provider, model, alias } = this.way()
    if (!allows(this.lists, provider, model, alias)) throw notAllowed(alias ?? `${provider}/${model}`)
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
  begin(caller: Caller, way: () => Way): LiveCall
  /** Ends the calls of a principal, or those by an API key. */
  stop(id: string, reason: AppError): void
  /** Tells the calls of a principal what it may use now. See `LiveCall.narrow`. */
  narrow(id: string, models: readonly string[] | null): void
  /** Ends all calls. */
  stopAll(reason: AppError): void
  /** One of the calls of a principal or by an API key, where any runs. */
  any(id: string): LiveCall | undefined
  /** How many run. */
  count(): number
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
    begin(caller, way) {
      const call = new LiveCall(caller, way, over)
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
    narrow(id, models) {
      for (const call of [...(byId.get(id) ?? [])]) call.narrow(models === null ? [] : [models])
    },
    stopAll(reason) {
      for (const id of [...byId.keys()]) stop(id, reason)
    },
    any: (id) => byId.get(id)?.values().next().value,
    count: () => running,
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve))),
  }
}

function idsOf({ principal, credential }: Caller): string[] {
  return credential.kind === 'key' ? [principal.id, credential.id] : [principal.id]
}
