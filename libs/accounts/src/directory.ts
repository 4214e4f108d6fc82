import type { Role } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import type { Change } from './changes.js'
import { createKeyLookup } from './key-lookup.js'
import { createLiveCache } from './live-cache.js'
import type { Patience } from './patience.js'
import { enterServiceAccount, type MachineAccount } from './service-account-entry.js'

/** Who is asking, as the store has it. */
export interface Principal {
  id: string
  kind: 'user' | 'service'
  name: string | null
  email: string | null
  roles: Role[]
  /** `disabled` also for one that was deleted. */
  status: 'active' | 'disabled'
  /** What it may use: `provider/model`, `provider/*` or an alias. Null: every model. */
  models: readonly string[] | null
  /** What the person chose of the history; null for the operator's setting. */
  keepContent: boolean | null
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

/** A session with its principal. One that has ended is told where its principal is not active: it lets nobody in. */
export interface LiveSession {
  session: Session
  principal: Principal
}

/** An API key that still holds, with the principal whose it is. */
export interface LiveKey {
  id: string
  principal: Principal
  /** Of what its owner may use, what the key may; null: all of it. The owner's own list holds as well. */
  models: readonly string[] | null
  /** When it ends: its expiry, or the end of the overlap after a rotation. */
  expiresAt: Date
}

/**
 * Sessions, keys and principals, cached for seconds so that the request path does not wait for the database. Each `known…`
 * tells at once what is cached, and undefined where the database has to be asked; the others ask it, and throw
 * `unavailable` when it is down and nothing fresh enough is known. Null is what does not exist, has ended or was revoked.
 */
export interface Directory {
  knownSession(id: string): LiveSession | null | undefined
  session(id: string): Promise<LiveSession | null>
  /** By the hash that `keyHash` gives. */
  knownKey(hash: string): LiveKey | null | undefined
  /**
   * @param from the network that shows the key; without one it is asked for at once. See `createKeyLookup`
   * @throws AppError `rate_limited`
   */
  key(hash: string, from?: string): Promise<LiveKey | null>
  knownServiceAccount(issuer: string, subject: string): Principal | undefined
  /** Made on first use. */
  serviceAccount(machine: MachineAccount): Promise<Principal>
  /** Drops what a change makes stale. */
  forget(change: Change): void
  /** How many sessions are held, and of how many principals. */
  size(): { sessions: number; principals: number }
}

/**
 * @param patience how long to wait for the database, shared with the other caches of the process
 * @param freshAt when the feed of changes was last complete: an entry that the feed has not touched since is true
 * @param now milliseconds since the epoch
 * @param max sessions, keys and service accounts that are held, so many of each
 */
export function createDirectory(
  database: Database,
  patience: Patience,
  freshAt: () => number,
  now: () => number = Date.now,
  max = 20_000,
): Directory {
  const { client } = database
  const common = { patience, freshAt, now, max }
  const sessions = createLiveCache<LiveSession>({
    ...common,
    subjects: ({ principal }) => [principal.id],
    endsAt: ({ session }) => session.expiresAt.getTime(),
  })
  const keys = createLiveCache<LiveKey>({
    ...common,
    subjects: ({ id, principal }) => [id, principal.id],
    endsAt: ({ expiresAt }) => expiresAt.getTime(),
  })
  const serviceAccounts = createLiveCache<Principal>({
    ...common,
    subjects: ({ id }) => [id],
    endsAt: () => Number.POSITIVE_INFINITY,
  })

  const lookUp = createKeyLookup<LiveKey>(
    {
      async one(hash) {
        const row = await client.apiKey.findUnique({ where: { hash }, include: { principal: true } })
        return row && liveKey(row)
      },
      async many(hashes) {
        const where = { hash: { in: [...hashes] } }
        const rows = await client.apiKey.findMany({ where, include: { principal: true } })
        return new Map(rows.map((row) => [row.hash, liveKey(row)]))
      },
    },
    now,
    max,
  )

  return {
    knownSession: (id) => sessions.known(id),
    session: (id) =>
      sessions.get(id, async () => {
        const row = await client.session.findUnique({ where: { id }, include: { principal: true } })
        // Who was disabled lost their sessions by it, and is told the reason: the principal's status is looked at before all.
        const told = row && (row.revokedAt === null || row.principal.status !== 'active')
        return told ? liveSession(row) : null
      }),
    knownKey: (hash) => keys.known(hash),
    key: (hash, from) => keys.get(hash, () => lookUp(hash, from)),
    knownServiceAccount: (issuer, subject) => serviceAccounts.known(machineKey(issuer, subject)) ?? undefined,
    async serviceAccount(machine) {
      const enter = async () => toPrincipal(await enterServiceAccount(database, machine))
      // It never ends by itself, and is made where it is not there.
      return (await serviceAccounts.get(machineKey(machine.issuer, machine.subject), enter)) ?? enter()
    },
    forget({ kind, subject }) {
      if (kind === 'presets') return
      if (kind !== 'key') sessions.forget(subject)
      if (kind !== 'session') keys.forget(subject)
      if (kind === 'principal') serviceAccounts.forget(subject)
    },
    size: () => ({ sessions: sessions.size().entries, principals: sessions.size().subjects }),
  }
}

/** With the length before it, so that no two pairs are the same text. */
const machineKey = (issuer: string, subject: string) => `${issuer.length} ${issuer}${subject}`

type SessionRow = NonNullable<Awaited<ReturnType<Database['client']['session']['findUnique']>>>
type KeyRow = NonNullable<Awaited<ReturnType<Database['client']['apiKey']['findUnique']>>>
type PrincipalRow = NonNullable<Awaited<ReturnType<Database['client']['principal']['findUnique']>>>

function liveSession(row: SessionRow & { principal: PrincipalRow }): LiveSession {
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

function liveKey(row: KeyRow & { principal: PrincipalRow }): LiveKey {
  return {
    id: row.id,
    principal: toPrincipal(row.principal),
    models: row.allModels ? null : row.models,
    expiresAt: row.revokedAt && row.revokedAt < row.expiresAt ? row.revokedAt : row.expiresAt,
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
    status: row.status === 'active' && row.deletedAt === null ? 'active' : 'disabled',
    models: row.allModels ? null : row.models,
    keepContent: row.keepContent,
  }
}
