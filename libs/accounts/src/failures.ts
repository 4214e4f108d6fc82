import { mendText } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { type Actor, appendAudit } from './audit.js'

/** Refused sign-ins and links, on their way into the audit log. */
export interface Failures {
  /** @param provider as the caller named it, of whatever text */
  add(provider: string, reason: string, actor: Actor, action?: FailedAction): Promise<void>
  /** Writes what was counted. */
  stop(): Promise<void>
}

/** Rows of one minute are at most twice as many and one: an attacker must not be able to fill the database with them. */
const kindsPerMinute = 120

/** What was tried. */
export type FailedAction = 'sign_in.failed' | 'identity.link_failed'

interface Kind {
  action: FailedAction
  actor: Actor
  provider: string
  reason: string
  more: number
}

/**
 * Of each address, provider and reason the first refusal of a minute is a row at once; those after it are one row with
 * their `count` when the minute is over. Beyond 120 such kinds in a minute only the number of the rest is told.
 */
export function createFailures(
  database: Database,
  onError: (error: unknown) => void,
  minuteMs = 60_000,
): Failures {
  let kinds = new Map<string, Kind>()
  let others = 0
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  const write = (
    action: FailedAction,
    actor: Actor,
    after: { provider?: string; reason?: string; count?: number },
  ) => {
    writing = writing
      .then(() => database.transaction((transaction) => appendAudit(transaction, actor, { action, after })))
      .catch(onError)
    return writing
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const counted = kinds
    const rest = others
    kinds = new Map()
    others = 0
    const nobody = { principalId: null, address: null, userAgent: null, requestId: null }
    for (const { action, actor, provider, reason, more } of counted.values()) {
      const { principalId, address } = actor
      if (more > 0) void write(action, { ...nobody, principalId, address }, { provider, reason, count: more })
    }
    if (rest > 0) void write('sign_in.failed', nobody, { count: rest })
  }

  return {
    async add(named, reason, actor, action = 'sign_in.failed') {
      timer ??= setTimeout(flush, minuteMs).unref()
      const provider = mendText(named.slice(0, 100))
      const key = JSON.stringify([action, actor.principalId, actor.address, provider, reason])
      const known = kinds.get(key)
      if (known) {
        known.more++
        return
      }
      if (kinds.size >= kindsPerMinute) {
        others++
        return
      }
      kinds.set(key, { action, actor, provider, reason, more: 0 })
      await write(action, actor, { provider, reason })
    },
    async stop() {
      flush()
      await writing
    },
  }
}
