import type { UsageGroupFigures, UsageOverview } from '@gatehouse/contracts'
import { count, short, usd } from '../ui/format.ts'
import { otherColour, type SeriesColour, seriesColours } from './series-colours.ts'

/** What the bars measure. */
export type Metric = 'cost' | 'calls' | 'tokens'
/** What they are made of. */
export type Split = 'model' | 'provider' | 'key' | 'principal'

/** One colour of the bars. */
export interface Series {
  /** Ours: a name of a model with a point in it would be read as a path. */
  id: string
  name: string
  colour: SeriesColour
}

/** A day of the bars: how much of each series, in the order of the series. */
export interface SeriesDay {
  day: string
  values: number[]
  total: number
}

const ofGroup: Record<Metric, (group: UsageGroupFigures) => number> = {
  cost: ({ total_cost }) => Number(total_cost),
  calls: ({ calls }) => calls,
  tokens: ({ total_tokens }) => total_tokens,
}

/** What a group is called. */
export function groupName({ id, name }: Pick<UsageGroupFigures, 'id' | 'name'>, split: Split): string {
  if (id === 'other') return 'Other'
  if (split === 'key' && id === 'none') return 'No key'
  if (split === 'model') return id
  return name ?? (split === 'key' ? 'Deleted key' : id)
}

/** Those that have a colour of their own, the largest first. */
const largestOf = (groups: readonly UsageGroupFigures[], metric: Metric): UsageGroupFigures[] =>
  groups
    .filter((group) => group.id !== 'other' && ofGroup[metric](group) > 0)
    .toSorted((one, other) => ofGroup[metric](other) - ofGroup[metric](one))
    .slice(0, seriesColours.length)

/** The colour of each group that has one, by its id. */
export const coloursOf = (
  { groups }: Pick<UsageOverview, 'groups'>,
  metric: Metric,
): Map<string, SeriesColour> =>
  new Map(largestOf(groups, metric).map(({ id }, place) => [id, seriesColours[place] ?? otherColour]))

/** The largest groups with a colour each, and all others in one. */
export function seriesOf(
  { groups, days }: Pick<UsageOverview, 'groups' | 'days'>,
  metric: Metric,
  split: Split,
): { series: Series[]; days: SeriesDay[] } {
  const largest = largestOf(groups, metric)
  const places = new Map(largest.map(({ id }, place) => [id, place]))
  const rest = largest.length
  const made = days.map(({ day, split: parts }) => {
    const values = Array.from({ length: rest + 1 }, () => 0)
    for (const part of parts) {
      const place = places.get(part.id) ?? rest
      values[place] = (values[place] ?? 0) + Number(part[metric])
    }
    return { day, values, total: values.reduce((sum, value) => sum + value, 0) }
  })
  const series = largest.map((group, place) => ({
    id: `series${place}`,
    name: groupName(group, split),
    colour: seriesColours[place] ?? otherColour,
  }))
  if (made.some(({ values }) => (values[rest] ?? 0) > 0))
    return { series: [...series, { id: `series${rest}`, name: 'Other', colour: otherColour }], days: made }
  return { series, days: made.map((day) => ({ ...day, values: day.values.slice(0, rest) })) }
}

/** A figure of a metric, whole. */
export const written = (metric: Metric, value: number): string =>
  metric === 'cost' ? usd(value) : count(value)

/** The same beside an axis, where there is little room. */
export const writtenShort = (metric: Metric, value: number): string =>
  metric === 'cost' ? usd(value) : short(value)
