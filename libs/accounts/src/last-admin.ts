import type { Transaction } from '@gatehouse/platform'

/** Any constant; changes of who is an active admin wait for each other, so that the last two cannot both go. */
export const adminLock = 7_301_003n

/** How many could do what an admin does, were one of them not there. */
export function otherAdmins(client: Pick<Transaction, 'principal'>, id: string): Promise<number> {
  return client.principal.count({
    where: { id: { not: id }, kind: 'user', status: 'active', deletedAt: null, roles: { has: 'admin' } },
  })
}
