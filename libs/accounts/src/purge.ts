import type { Database } from '@gatehouse/platform'
import { appendAudit } from './audit.js'
import { announce } from './changes.js'
import { recoverySeconds } from './deletion.js'

/**
 * Removes what other parts of the house keep of a principal; done again after a failure, and harmless on two replicas
 * at once.
 * @returns false where it was broken off, so that the account has to wait
 */
export type Forget = (principalId: string) => Promise<boolean>

/** Accounts of one look. */
const batch = 100

const nobody = { principalId: null, address: null, userAgent: null, requestId: null }

/**
 * Removes accounts for good whose time to be restored is over, with all that hangs on them. First what others keep, the
 * account last: what was left undone is found again the next time, by whichever replica looks. The last step goes through
 * on one replica alone, and writes the one audit row. Rows of the audit log stay as they are, since each covers the one
 * before it; they hold ids and addresses of the network, and neither names nor e-mail addresses.
 * @param onError told of each account that has to wait; it does not keep the others waiting
 */
export async function purgeDeleted(
  database: Database,
  forget: Forget,
  onError: (error: unknown) => void,
  stopped: () => boolean,
): Promise<void> {
  let last = '00000000-0000-0000-0000-000000000000'
  for (let found = batch; found === batch; ) {
    // A row that is held is perhaps being restored.
    const due = await database.client.$queryRaw<{ id: string }[]>`
      SELECT "id"::text FROM "Principal"
      WHERE "id" > ${last}::uuid AND "deletedAt" <= clock_timestamp() - make_interval(secs => ${recoverySeconds}::double precision)
      ORDER BY "id" LIMIT ${batch}::int FOR NO KEY UPDATE SKIP LOCKED`
    found = due.length
    for (const { id } of due) {
      if (stopped()) return
      last = id
      try {
        if (await forget(id)) await remove(database, id)
      } catch (error) {
        onError(error)
      }
    }
  }
}

/** The row and, by its foreign keys, identities, sessions, keys and presets. */
async function remove(database: Database, id: string): Promise<void> {
  await database.transaction(async (transaction) => {
    const removed = await transaction.$executeRaw`
      DELETE FROM "Principal" WHERE "id" = ${id}::uuid
        AND "deletedAt" <= clock_timestamp() - make_interval(secs => ${recoverySeconds}::double precision)`
    // Another replica was faster.
    if (removed === 0) return
    await announce(transaction, { kind: 'principal', subject: id })
    await appendAudit(transaction, nobody, { action: 'user.purged', target: { kind: 'principal', id } })
  })
}
