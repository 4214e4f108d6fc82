import type { Accounts, KeyOwner } from '@gatehouse/accounts'
import { type RecentUsage, UsageOverviewQuery } from '@gatehouse/contracts'
import type { CallLog } from '@gatehouse/usage'

const shownKeys = 100
const shownAudit = 20
const shownModels = 5

/** What an admin is shown of a person and of a service account alike, in as many queries whatever there is. */
export async function aboutPrincipal(accounts: Accounts, calls: CallLog, owner: KeyOwner) {
  const [keys, usage, audit] = await Promise.all([
    accounts.keys.list(owner, { limit: shownKeys, order: 'desc' }),
    recentUsage(calls, owner.id),
    accounts.audit.about(owner.id, shownAudit),
  ])
  return { keys: keys.data, last_30_days: usage, audit }
}

async function recentUsage(calls: CallLog, id: string): Promise<RecentUsage> {
  const { totals, days, groups } = await calls.overview(id, UsageOverviewQuery.parse({}))
  return {
    totals,
    days: days.map(({ day, calls: count, total_cost: cost }) => ({ day, calls: count, cost })),
    models: groups
      .flatMap(({ provider, name, calls: count, total_tokens: tokens, total_cost: cost }) =>
        // Without a provider it is the sum of the rest.
        provider === null || name === null ? [] : [{ provider, model: name, calls: count, tokens, cost }],
      )
      .slice(0, shownModels),
  }
}
