import type { Role } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { LRUCache } from 'lru-cache'
import type { Change } from './changes.js'
import type { Patience } from './patience.js'

/** Who is asking, as the store has it. */
export interface Principal {
  id: string
  kind: 'user' | 'service'
  name: string | null
  email: string | null
  roles: Role[]
  status: 'active' | 'disabled'
}

/** A sign-in that still holds. */
export interface Session {
  id: string
  principalId: string
  kind: 'browser' | 'token'
  provider: string
  createdAt: Date
  expiresAt: Date
}

/** A session with its principal. */
export interface LiveSession {
  session: Session
  principal: Principal
}

/** Roles and status are never older than this while the database answers; then who was disabled is out within 5 s. */
const maxAgeMs = 5000
/**
 * While it does not: how long an entry serves after the feed was last known to be complete. Within it nobody who was
 * disabled before is let in; whoever is disabled during it, by a replica that still reaches the database, is out here as
 * soon as the feed is read again, and after this long in any case.
 */
const outageMs = 60_000

interface Entry {
  value: LiveSession | null
  loadedAt: number
}

/** Sessions and principals, cached for seconds so that the request path does not wait for the database. */
export interface Directory {
  /**
   * Waits for a database that hangs no longer than `Patience` says, where an entry may be served.
   * @returns null where the session does not exist, has ended or was revoked
   * @throws AppError `unavailable` when the database is down and nothing fresh enough is known
   */
  session(id: string): Promise<LiveSession | null>
  /** The same at once, where it is known; undefined where the database has to be asked. */
  known(id: string): LiveSession | null | undefined
  /** Drops what a change makes stale. */
  forget(change: Change): void
  /** How many are held, of which principals only the sessions that are. */
  size(): { sessions: number; principals: number }
}

/**
 * @param patience how long to wait for the database, shared with the other caches of the process
 * @param freshAt when the feed of changes was last complete: an entry that the feed has not touched since is true
 * @param now milliseconds since the epoch
 * @param max sessions that are held; beyond it the one that was not asked for longest goes
 */
export function createDirectory(
  database: Database,
  patience: Patience,
  freshAt: () => number,
  now: () => number = Date.now,
  max = 20_000,
): Directory {
  const sessionsOf = new Map<string, Set<string>>()
  const entries = new LRUCache<string, Entry>({
    max,
    // However an entry goes, its place in the index goes with it.
    dispose({ value }, id) {
      if (!value) return
      const sessions = sessionsOf.get(value.principal.id)
      if (sessions?.delete(id) && sessions.size === 0) sessionsOf.delete(value.principal.id)
    },
  })
  const loading = new Map<string, Promise<Entry>>()
  let generation = 0

  const load = async (id: string): Promise<Entry> => {
    const began = now()
    const generationBefore = generation
    const row = await database.client.session.findUnique({ where: { id }, include: { principal: true } })
    const entry: Entry = { loadedAt: began, value: row && row.revokedAt === null ? live(row) : null }
    // A change that came in while we read may have been too late for this read: do not keep what it would have dropped.
    if (generation === generationBefore) {
      entries.set(id, entry)
      const principalId = entry.value?.principal.id
      if (principalId) sessionsOf.set(principalId, (sessionsOf.get(principalId) ?? new Set()).add(id))
    }
    return entry
  }

  const single = (id: string): Promise<Entry> => {
    const pending = loading.get(id) ?? load(id).finally(() => loading.delete(id))
    loading.set(id, pending)
    return pending
  }

  /** The entry that may be served while the database does not answer. */
  const heldFor = (id: string): Entry | undefined => {
    const entry = entries.get(id)
    return entry && now() - Math.max(entry.loadedAt, freshAt()) <= outageMs ? entry : undefined
  }

  return {
    async session(id) {
      const known = entries.get(id)
      const { value } =
        known && now() - known.loadedAt <= maxAgeMs
          ? known
          : await patience(
              () => single(id),
              () => heldFor(id),
            )
      return value && value.session.expiresAt.getTime() > now() ? value : null
    },
    known(id) {
      const entry = entries.get(id)
      if (!entry || now() - entry.loadedAt > maxAgeMs) return undefined
      return entry.value && entry.value.session.expiresAt.getTime() > now() ? entry.value : null
    },
    forget(change) {
      generation++
      if (change.kind === 'presets') return
      if (change.kind === 'session') {
        entries.delete(change.subject)
        loading.delete(change.subject)
        return
      }
      for (const id of [...(sessionsOf.get(change.subject) ?? [])]) {
        entries.delete(id)
        loading.delete(id)
      }
    },
    size: () => ({ sessions: entries.size, principals: sessionsOf.size }),
  }
}

type Row = NonNullable<Awaited<ReturnType<Database['client']['session']['findUnique']>>>
type PrincipalRow = NonNullable<Awaited<ReturnType<Database['client']['principal']['findUnique']>>>

function live(row: Row & { principal: PrincipalRow }): LiveSession {
  return {
    session: {
      id: row.id,
      principalId: row.principalId,
      kind: row.kind === 'browser' ? 'browser' : 'token',
      provider: row.provider,
      createdAt: row.createdAt,
      expiresAt: row.expiresAt,
    },
    principal: toPrincipal(row.principal),
  }
}

/** A row as the rest of the house sees it. A status that is not known counts as disabled: fail closed. */
export function toPrincipal(row: PrincipalRow): Principal {
  return {
    id: row.id,
    kind: row.kind === 'service' ? 'service' : 'user',
    name: row.name,
    email: row.email,
    roles: row.roles.filter((role): role is Role => role === 'admin' || role === 'member'),
    status: row.status === 'active' ? 'active' : 'disabled',
  }
}
