import { AppError, type MePatch, type Profile } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { type Actor, appendAudit } from './audit.js'
import { announce, type Change } from './changes.js'
import { refuseGone } from './deletion.js'
import { profile } from './people.js'

/** Oneself: the profile, and what one chose. */
export type OwnProfile = Profile & { keep_content: boolean | null }

/** One's own profile with what one chose. @throws AppError `not_found` */
export async function ownProfile(database: Database, principalId: string): Promise<OwnProfile> {
  const row = await database.client.principal.findUnique({
    where: { id: principalId },
    select: { keepContent: true },
  })
  return { ...(await profile(database, principalId)), keep_content: row?.keepContent ?? null }
}

/**
 * Changes one's own name or choice. The audit log is told that the name changed and not to what: it cannot forget.
 * @throws AppError `not_found`, `account_disabled`, `account_deleted`
 */
export async function changeOwnProfile(
  database: Database,
  principalId: string,
  wish: MePatch,
  actor: Actor,
): Promise<Change> {
  const change: Change = { kind: 'principal', subject: principalId }
  await database.transaction(async (transaction) => {
    await transaction.$queryRaw`SELECT 1 FROM "Principal" WHERE "id" = ${principalId}::uuid FOR NO KEY UPDATE`
    const row = await transaction.principal.findUnique({ where: { id: principalId } })
    if (!row) throw new AppError('not_found')
    refuseGone(row)
    await transaction.principal.update({
      where: { id: principalId },
      data: {
        ...(wish.name === undefined ? {} : { name: wish.name }),
        ...(wish.keep_content === undefined ? {} : { keepContent: wish.keep_content }),
      },
    })
    await announce(transaction, change)
    const choice = wish.keep_content !== undefined
    await appendAudit(transaction, actor, {
      action: 'profile.changed',
      target: { kind: 'principal', id: principalId },
      ...(choice ? { before: { keep_content: row.keepContent } } : {}),
      after: {
        ...(wish.name === undefined ? {} : { name: 'changed' }),
        ...(choice ? { keep_content: wish.keep_content } : {}),
      },
    })
  })
  return change
}
