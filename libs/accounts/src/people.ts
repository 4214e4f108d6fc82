import {
  type AdminUser,
  type AdminUserQuery,
  AppError,
  type List,
  type Profile,
  type Role,
  toList,
} from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { type Actor, appendAudit } from './audit.js'
import { announce, type Change } from './changes.js'
import { recoveryDeadline } from './deletion.js'
import { toPrincipal } from './directory.js'
import { idsAfter, uuidOrNil } from './ids.js'
import { adminLock, otherAdmins } from './last-admin.js'
import { endAllSessions } from './sessions.js'

const withIdentities = { identities: { orderBy: { linkedAt: 'asc' } } } as const

/** One's own profile. */
export async function profile(database: Database, principalId: string): Promise<Profile> {
  const row = await database.client.principal.findUnique({
    where: { id: principalId },
    include: withIdentities,
  })
  if (!row) throw new AppError('not_found')
  return {
    user_id: row.id,
    email: row.email,
    name: row.name,
    roles: toPrincipal(row).roles,
    identities: row.identities.map(({ id, provider, linkedAt }) => ({
      id,
      provider,
      linked_at: linkedAt.toISOString(),
    })),
    created_at: row.createdAt.toISOString(),
  }
}

/**
 * People by e-mail, name (each in part), id or identity subject (each whole), with filters; ids are ordered by time,
 * so a cursor is an id and a page neither repeats nor loses anybody.
 */
export async function findPeople(database: Database, query: AdminUserQuery): Promise<List<AdminUser>> {
  const rows = await database.client.principal.findMany({
    where: {
      kind: 'user',
      ...(query.status ? withStatus(query.status) : {}),
      ...(query.role ? { roles: { has: query.role } } : {}),
      ...(query.query ? { OR: matches(query.query) } : {}),
      ...(query.after ? { id: idsAfter(query.after, query.order) } : {}),
    },
    include: withIdentities,
    orderBy: { id: query.order },
    take: query.limit + 1,
  })
  return toList(rows.map(adminUser), query.limit)
}

/** Who is deleted is neither active nor disabled, whatever they were before. */
function withStatus(status: AdminUser['status']) {
  return status === 'deleted' ? { deletedAt: { not: null } } : { status, deletedAt: null }
}

function matches(text: string) {
  // LIKE's own signs are text here (a query of `%` must not mean everybody).
  const part = { contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
  return [
    { email: part },
    { name: part },
    { identities: { some: { OR: [{ subject: text }, { email: part }] } } },
    { id: uuidOrNil(text) },
  ]
}

/** One person as an admin sees them. */
export async function findPerson(database: Database, id: string): Promise<AdminUser> {
  const row = await database.client.principal.findUnique({
    where: { id: uuidOrNil(id) },
    include: withIdentities,
  })
  if (row?.kind !== 'user') throw new AppError('not_found')
  return adminUser(row)
}

/**
 * Changes roles or status of a person, with its audit row in the same transaction.
 * @throws AppError `not_found`, `last_admin`, `conflict` for one's own role or status and for somebody who is deleted
 */
export async function changePerson(
  database: Database,
  id: string,
  wish: { roles: Role[] } | { status: 'active' | 'disabled' },
  actor: Actor,
): Promise<{ person: AdminUser; change: Change }> {
  const target = uuidOrNil(id)
  const person = await database.transaction(async (transaction) => {
    await transaction.$queryRaw`SELECT pg_advisory_xact_lock(${adminLock})::text`
    const row = await transaction.principal.findUnique({ where: { id: target } })
    if (row?.kind !== 'user') throw new AppError('not_found')
    if (row.deletedAt) {
      throw new AppError('conflict', { message: 'The account is deleted. Restore it first.' })
    }
    const roles = 'roles' in wish ? [...new Set(wish.roles)].sort() : row.roles
    const status = 'status' in wish ? wish.status : row.status
    const wasAdmin = row.status === 'active' && row.roles.includes('admin')
    const staysAdmin = status === 'active' && roles.includes('admin')
    if (wasAdmin && !staysAdmin && (await otherAdmins(transaction, target)) === 0)
      throw new AppError('last_admin')
    if (target === actor.principalId) {
      throw new AppError('conflict', { message: 'Your own role and status are changed by another admin.' })
    }

    const changed = await transaction.principal.update({
      where: { id: target },
      data: { roles, status },
      include: withIdentities,
    })
    // A disabled person's sessions end for good: enabling them again does not bring old tokens back to life.
    if (status === 'disabled') await endAllSessions(transaction, target)
    else await announce(transaction, { kind: 'principal', subject: target })
    await appendAudit(transaction, actor, {
      action: 'roles' in wish ? 'role.changed' : status === 'disabled' ? 'user.disabled' : 'user.enabled',
      target: { kind: 'principal', id: target },
      before: 'roles' in wish ? { roles: row.roles } : { status: row.status },
      after: 'roles' in wish ? { roles } : { status },
    })
    return changed
  })
  return { person: adminUser(person), change: { kind: 'principal', subject: target } }
}

/** Ends every session of a person. @throws AppError `not_found` */
export async function signOutEverywhere(database: Database, id: string, actor: Actor): Promise<Change> {
  const target = uuidOrNil(id)
  await database.transaction(async (transaction) => {
    const row = await transaction.principal.findUnique({ where: { id: target }, select: { kind: true } })
    if (row?.kind !== 'user') throw new AppError('not_found')
    const ended = await endAllSessions(transaction, target)
    await appendAudit(transaction, actor, {
      action: 'user.signed_out_everywhere',
      target: { kind: 'principal', id: target },
      after: { sessions: ended },
    })
  })
  return { kind: 'principal', subject: target }
}

type Row = Awaited<ReturnType<typeof rowOf>>
const rowOf = (database: Database) =>
  database.client.principal.findUniqueOrThrow({ where: { id: '' }, include: withIdentities })

function adminUser(row: Row): AdminUser {
  const principal = toPrincipal(row)
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    roles: principal.roles,
    status: row.deletedAt ? 'deleted' : principal.status,
    identities: row.identities.map((identity) => ({
      id: identity.id,
      provider: identity.provider,
      issuer: identity.issuer,
      subject: identity.subject,
      email: identity.email,
      email_verified: identity.emailVerified,
      linked_at: identity.linkedAt.toISOString(),
    })),
    created_at: row.createdAt.toISOString(),
    last_seen_at: row.lastSeenAt?.toISOString() ?? null,
    ...(row.deletedAt ? { recovery_deadline: recoveryDeadline(row.deletedAt).toISOString() } : {}),
  }
}
