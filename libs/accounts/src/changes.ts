import type { Database, Transaction } from '@gatehouse/platform'

/** Something whose cached copy no replica may go on using. */
export interface Change {
  kind: 'principal' | 'session' | 'key' | 'presets'
  subject: string
}

/** Tells every replica, in the transaction of the change itself. */
export async function announce(transaction: Transaction, change: Change): Promise<void> {
  await transaction.change.create({ data: change })
}

/** The feed of changes as one process follows it. */
export interface ChangeFeed {
  /** Milliseconds since the epoch at which the feed was last known to be complete. */
  freshAt(): number
  /** Hands a change of this very process on, without the wait for the next poll. */
  apply(change: Change): void
  stop(): void
}

/** How far back each poll looks: a transaction that began earlier may commit later, with a lower sequence. */
const overlapSeconds = 30

/**
 * Follows the feed by polling: notifications of Postgres do not cross the embedded database's connections, and a
 * missed one would leave a revoked session alive. The embedded database serves one process alone, so there every
 * change is our own and nothing is polled.
 * @param onChange called once for each change, in order
 * @param everyMs at most 500, so that a revocation holds on every replica within a second
 */
export function followChanges(
  database: Database,
  onChange: (change: Change) => void,
  options: { everyMs?: number; onError?: (error: unknown) => void } = {},
): ChangeFeed {
  const everyMs = options.everyMs ?? 400
  const alone = database.kind === 'embedded'
  let freshAt = 0
  let stopped = false
  let seen = new Map<bigint, number>()
  let timer: NodeJS.Timeout | undefined

  const poll = async () => {
    const began = Date.now()
    try {
      const rows = await database.client.$queryRaw<
        { sequence: bigint; kind: Change['kind']; subject: string }[]
      >`
        SELECT "sequence", "kind", "subject"::text FROM "Change"
        WHERE "at" > now() - make_interval(secs => ${overlapSeconds}::double precision) ORDER BY "sequence"`
      for (const { sequence, kind, subject } of rows) {
        if (!seen.has(sequence)) onChange({ kind, subject })
        seen.set(sequence, began)
      }
      freshAt = began
      if (seen.size > 1000) seen = new Map([...seen].filter(([, at]) => at === began))
    } catch (error) {
      options.onError?.(error)
    }
    if (!stopped) timer = setTimeout(() => void poll(), everyMs).unref()
  }
  if (!alone) {
    void database.ready.then(
      () => (stopped ? undefined : poll()),
      () => {},
    )
  }

  return {
    freshAt: () => (alone ? Date.now() : freshAt),
    apply: onChange,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
