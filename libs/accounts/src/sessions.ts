import { AppError, type List, type SessionView, toList } from '@gatehouse/contracts'
import type { Database, Transaction } from '@gatehouse/platform'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, appendAudit } from './audit.js'
import { announce, type Change } from './changes.js'
import { idsAfter, uuidOrNil } from './ids.js'

/** What kind of session to open, and for how long. */
export interface NewSession {
  kind: 'browser' | 'token'
  /** Seconds from now; a browser session slides within it. */
  seconds: number
}

/** Opens a session in the transaction of the sign-in. */
export async function openSession(
  transaction: Transaction,
  principalId: string,
  provider: string,
  session: NewSession,
  actor: Actor,
) {
  const createdAt = new Date()
  return transaction.session.create({
    data: {
      id: uuidv7(),
      principalId,
      provider,
      kind: session.kind,
      address: actor.address,
      userAgent: actor.userAgent?.slice(0, 500) ?? null,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + session.seconds * 1000),
    },
    select: { id: true, createdAt: true, expiresAt: true },
  })
}

/**
 * Ends one session of a principal; on every replica within a second.
 * @throws AppError `not_found` for a session that is not theirs, does not exist or has ended
 */
export async function endSession(
  database: Database,
  principalId: string,
  sessionId: string,
  actor: Actor,
  action: 'sign_out' | 'session.revoked',
): Promise<Change> {
  const id = uuidOrNil(sessionId)
  await database.transaction(async (transaction) => {
    const { count } = await transaction.session.updateMany({
      where: { id, principalId, revokedAt: null, expiresAt: { gt: new Date() } },
      data: { revokedAt: new Date() },
    })
    if (count === 0) throw new AppError('not_found')
    await announce(transaction, { kind: 'session', subject: id })
    await appendAudit(transaction, actor, { action, target: { kind: 'session', id } })
  })
  return { kind: 'session', subject: id }
}

/** Ends every session of a principal, in the transaction of what calls for it. */
export async function endAllSessions(transaction: Transaction, principalId: string): Promise<number> {
  const { count } = await transaction.session.updateMany({
    where: { principalId, revokedAt: null },
    data: { revokedAt: new Date() },
  })
  await announce(transaction, { kind: 'principal', subject: principalId })
  return count
}

/** Ends every session of a principal that still holds, but for one. @returns how many, and the change to spread */
export async function endOtherSessions(
  database: Database,
  principalId: string,
  keptId: string,
  actor: Actor,
): Promise<{ ended: number; change: Change }> {
  const change: Change = { kind: 'principal', subject: principalId }
  const ended = await database.transaction(async (transaction) => {
    const { count } = await transaction.session.updateMany({
      where: { principalId, id: { not: keptId }, revokedAt: null, expiresAt: { gt: new Date() } },
      data: { revokedAt: new Date() },
    })
    if (count === 0) return 0
    await announce(transaction, change)
    const target = { kind: 'principal', id: principalId }
    await appendAudit(transaction, actor, {
      action: 'session.others_revoked',
      target,
      after: { ended: count },
    })
    return count
  })
  return { ended, change }
}

/** A page of the sessions of a principal that still hold. */
export async function listSessions(
  database: Database,
  principalId: string,
  currentId: string,
  page: { limit: number; after?: string | undefined; order: 'asc' | 'desc' },
): Promise<List<SessionView>> {
  const rows = await database.client.session.findMany({
    where: {
      principalId,
      revokedAt: null,
      expiresAt: { gt: new Date() },
      ...(page.after ? { id: idsAfter(page.after, page.order) } : {}),
    },
    orderBy: { id: page.order },
    take: page.limit + 1,
  })
  const views = rows.map(
    (row): SessionView => ({
      id: row.id,
      provider: row.provider,
      kind: row.kind === 'browser' ? 'browser' : 'token',
      current: row.id === currentId,
      address: row.address,
      user_agent: row.userAgent,
      created_at: row.createdAt.toISOString(),
      last_seen_at: row.lastSeenAt.toISOString(),
      expires_at: row.expiresAt.toISOString(),
    }),
  )
  return toList(views, page.limit)
}
