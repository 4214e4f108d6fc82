import { AppError, type Role } from '@gatehouse/contracts'
import { type Database, databaseFailure } from '@gatehouse/platform'
import { LRUCache } from 'lru-cache'
import type { Change } from './changes.js'

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

/** Roles and status are never older than this while the database answers. */
const maxAgeMs = 5000
/** While it does not: how long an entry serves after the feed was last known to be complete. */
const outageMs = 60_000

interface Entry {
  value: LiveSession | null
  loadedAt: number
}

/** Sessions and principals, cached for seconds so that the request path does not wait for the database. */
export interface Directory {
  /**
   * @returns null where the session does not exist, has ended or was revoked
   * @throws AppError `unavailable` when the database is down and nothing fresh enough is known
   */
  session(id: string): Promise<LiveSession | null>
  /** Drops what a change makes stale. */
  forget(change: Change): void
  /** How many are held, of which principals only the sessions that are. */
  size(): { sessions: number; principals: number }
}

/**
 * @param freshAt when the feed of changes was last complete: an entry that the feed has not touched since is true
 * @param now milliseconds since the epoch
 * @param max sessions that are held; beyond it the one that was not asked for longest goes
 */
export function createDirectory(
  database: Database,
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

  return {
    async session(id) {
      const known = entries.get(id)
      let entry = known
      if (!known || now() - known.loadedAt > maxAgeMs) {
        try {
          entry = await single(id)
        } catch (error) {
          if (databaseFailure(error).kind !== 'unavailable') throw error
          const trueAt = known ? Math.max(known.loadedAt, freshAt()) : 0
          if (!known || now() - trueAt > outageMs)
            throw new AppError('unavailable', { cause: error, retryAfterSeconds: 5 })
        }
      }
      const value = entry?.value ?? null
      return value && value.session.expiresAt.getTime() > now() ? value : null
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
