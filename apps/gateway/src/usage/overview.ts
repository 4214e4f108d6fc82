import type { Accounts } from '@gatehouse/accounts'
import type { AdminUsageSplit, UsageOverview } from '@gatehouse/contracts'
import { StreamableFile } from '@nestjs/common'
import { csvLine } from './csv.js'

/** Whose keys may be named: those of one owner, of which one may be the only one; everybody's for admins. */
export interface NamedFor {
  principalId?: string
  /** The key by which somebody asks: it lies about in files, and what other keys are called is not for it to know. */
  keyId?: string | undefined
}

/** An overview with the names of its keys or people, all in one query. */
export async function withNames(
  { names }: Accounts,
  split: AdminUsageSplit,
  overview: UsageOverview,
  { principalId, keyId }: NamedFor = {},
): Promise<UsageOverview> {
  const ids = overview.groups.map(({ id }) => id).filter((id) => id !== 'none' && id !== 'other')
  let found: ReadonlyMap<string, { name: string | null; email?: string | null }>
  if (split === 'key')
    found = await names.keys(keyId === undefined ? ids : ids.filter((id) => id === keyId), principalId)
  else if (split === 'principal') found = await names.principals(ids)
  else return overview
  return {
    ...overview,
    groups: overview.groups.map((group) => {
      const known = found.get(group.id)
      return { ...group, name: known?.name ?? known?.email ?? null }
    }),
  }
}

/** The days of an overview as a table: a line for each group that a day has, or for each day where it is not split. */
export function overviewFile({ days, groups }: UsageOverview, split: AdminUsageSplit): StreamableFile {
  const named = new Map(groups.map((group) => [group.id, group]))
  const lines =
    split === 'none'
      ? days.map(({ day, calls, total_tokens, total_cost }) =>
          csvLine([day, calls, total_tokens, total_cost]),
        )
      : days.flatMap((day) =>
          day.split.map(({ id, calls, tokens, cost }) => {
            const group = named.get(id)
            return csvLine([day.day, id, group?.name, group?.provider, calls, tokens, cost])
          }),
        )
  const head = split === 'none' ? ['day'] : ['day', split, 'name', 'provider']
  const text = csvLine([...head, 'calls', 'tokens', 'cost_usd']) + lines.join('')
  return new StreamableFile(Buffer.from(text), {
    type: 'text/csv; charset=utf-8; header=present',
    disposition: 'attachment; filename="usage-by-day.csv"',
  })
}
