import { AppError, type Deletion } from '@gatehouse/contracts'
import type { Database, Transaction } from '@gatehouse/platform'
import { type Actor, appendAudit } from './audit.js'
import { announce, type Change } from './changes.js'
import { uuidOrNil } from './ids.js'
import { adminLock, otherAdmins } from './last-admin.js'
import { endAllSessions } from './sessions.js'

/** How long a deleted account can be restored; then it is removed for good. In seconds: days of a database have 23 hours at times. */
export const recoverySeconds = 7 * 86_400

/** Until when an account that was deleted at a time can be restored. */
export const recoveryDeadline = (deletedAt: Date): Date =>
  new Date(deletedAt.getTime() + recoverySeconds * 1000)

/** @throws AppError `account_deleted`, `account_disabled` */
export function refuseGone({ deletedAt, status }: { deletedAt: Date | null; status: string }): void {
  if (deletedAt) {
    const until = recoveryDeadline(deletedAt).toISOString()
    throw new AppError('account_deleted', {
      message: `The account was deleted. Until ${until} an administrator can restore it.`,
    })
  }
  if (status !== 'active') throw new AppError('account_disabled')
}

/** What a person loses with the account, of what is kept here; what they said is counted elsewhere. */
export interface Belongings {
  email: string | null
  identities: number
  sessions: number
  keys: number
  presets: number
  /** False for the last admin. */
  deletable: boolean
  /** Until when it could be restored, were it deleted now. */
  deadline: Date
}

/** Counts what would go with an account. @throws AppError `not_found` */
export async function belongings(database: Database, id: string): Promise<Belongings> {
  const { client } = database
  const row = await client.principal.findUnique({
    where: { id },
    include: { _count: { select: { identities: true, sessions: true, keys: true, presets: true } } },
  })
  if (!row) throw new AppError('not_found')
  return {
    email: row.email,
    ...row._count,
    deletable: !row.roles.includes('admin') || (await otherAdmins(client, id)) > 0,
    deadline: recoveryDeadline(new Date()),
  }
}

/**
 * Deletes a person so that an admin can restore them within seven days. From now on nothing of theirs works, on every
 * replica: sessions, keys, calls that run. Who is deleted already stays so from the first time on.
 * @param target whom; the acting principal's own id only where they delete themselves
 * @param self whether somebody asks for the deletion of their own account, which an admin's route does not do
 * @throws AppError `not_found`, `last_admin`, `conflict` for an admin's own account by an admin's route
 */
export async function deletePerson(
  database: Database,
  target: string,
  actor: Actor,
  self: boolean,
): Promise<{ deletion: Deletion; change: Change }> {
  const id = uuidOrNil(target)
  const deletedAt = await database.transaction(async (transaction) => {
    await transaction.$queryRaw`SELECT pg_advisory_xact_lock(${adminLock})::text`
    const row = await locked(transaction, id)
    if (row?.kind !== 'user') throw new AppError('not_found')
    if (row.deletedAt) return row.deletedAt
    const isAdmin = row.status === 'active' && row.roles.includes('admin')
    if (isAdmin && (await otherAdmins(transaction, id)) === 0) throw new AppError('last_admin')
    if (!self && id === actor.principalId) {
      throw new AppError('conflict', { message: 'Delete your own account by DELETE /api/v1/users/me.' })
    }
    // By the database's clock, as the deadline is told by it: replicas must agree on when it is over.
    const [now] = await transaction.$queryRaw<{ at: Date }[]>`
      UPDATE "Principal" SET "deletedAt" = clock_timestamp() WHERE "id" = ${id}::uuid RETURNING "deletedAt" AS "at"`
    if (!now) throw new AppError('not_found')
    const sessions = await endAllSessions(transaction, id)
    await appendAudit(transaction, actor, {
      action: 'user.deleted',
      target: { kind: 'principal', id },
      after: { sessions, recovery_deadline: recoveryDeadline(now.at).toISOString() },
    })
    return now.at
  })
  const until = recoveryDeadline(deletedAt).toISOString()
  return {
    deletion: {
      user_id: id,
      deleted_at: deletedAt.toISOString(),
      recovery_deadline: until,
      message: `Nothing of the account works any more. Until ${until} an administrator can restore it; then it is removed.`,
    },
    change: { kind: 'principal', subject: id },
  }
}

/**
 * Takes a deletion back, with all that was there then; the sessions have ended for good, and what its owner had removed
 * before stays removed.
 * @throws AppError `not_found`, `conflict` for one that is not deleted or whose seven days are over
 */
export async function restorePerson(database: Database, target: string, actor: Actor): Promise<Change> {
  const id = uuidOrNil(target)
  const change: Change = { kind: 'principal', subject: id }
  await database.transaction(async (transaction) => {
    const row = await locked(transaction, id)
    if (row?.kind !== 'user') throw new AppError('not_found')
    if (!row.deletedAt) throw new AppError('conflict', { message: 'The account is not deleted.' })
    // The reverse of what the purge asks: at no moment do both say yes.
    const restored = await transaction.$executeRaw`
      UPDATE "Principal" SET "deletedAt" = NULL WHERE "id" = ${id}::uuid
        AND "deletedAt" > clock_timestamp() - make_interval(secs => ${recoverySeconds}::double precision)`
    if (restored === 0)
      throw new AppError('conflict', { message: 'The time in which the account could be restored is over.' })
    await announce(transaction, change)
    await appendAudit(transaction, actor, {
      action: 'user.restored',
      target: { kind: 'principal', id },
      before: { deleted_at: row.deletedAt.toISOString() },
    })
  })
  return change
}

/** A principal whose row is held until the end of the transaction. */
async function locked(transaction: Transaction, id: string) {
  await transaction.$queryRaw`SELECT 1 FROM "Principal" WHERE "id" = ${id}::uuid FOR NO KEY UPDATE`
  return transaction.principal.findUnique({ where: { id } })
}
