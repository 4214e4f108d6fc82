import type { Accounts } from '@gatehouse/accounts'
import type { HistoryItem } from '@gatehouse/contracts'
import type { RecordedCall } from '@gatehouse/usage'

/**
 * Calls with the names of the keys by which they came, all in one query.
 * @param principalId whose calls and keys they are: a key of anybody else's has no name here
 */
export async function withKeys(
  accounts: Accounts,
  principalId: string,
  calls: readonly RecordedCall[],
): Promise<HistoryItem[]> {
  const ids = calls.flatMap(({ key_id }) => (key_id === null ? [] : [key_id]))
  const names = await accounts.names.keys(ids, principalId)
  return calls.map((call) => ({
    ...call,
    key: (call.key_id === null ? undefined : names.get(call.key_id)) ?? null,
  }))
}
