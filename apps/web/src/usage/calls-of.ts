import type { UsageGroupFigures } from '@gatehouse/contracts'
import type { HistorySearch } from '../history/search.ts'
import { startOf } from '../ui/zoned-day.ts'
import type { Asked } from './overview-query.ts'

/**
 * Where the calls of a group are found.
 * @returns null for what the history cannot be narrowed to: it has one's own calls alone, and no filter for "all others"
 */
export function callsOf(
  { id, provider }: Pick<UsageGroupFigures, 'id' | 'provider'>,
  { split, everybody, from, to, zone }: Asked,
): HistorySearch | null {
  if (everybody || id === 'other') return null
  const days = { from: startOf(from, zone).toISOString(), to: startOf(to, zone).toISOString() }
  if (split === 'provider') return { provider: id, ...days }
  if (split === 'key') return id === 'none' ? null : { key_id: id, ...days }
  if (split !== 'model' || provider === null) return null
  return { provider, model: id.slice(provider.length + 1), ...days }
}
