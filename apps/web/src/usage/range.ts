import { dayIn, daysAfter, startOf } from '../ui/zoned-day.ts'
import type { UsageSearch } from './search.ts'

/** Days, the last of them not in it. */
export interface Range {
  from: string
  to: string
}

/** Which days are meant, in a time zone. */
export function rangeOf({ range, from, to }: UsageSearch, zone: string, now = Date.now()): Range {
  const today = dayIn(now, zone)
  const tomorrow = daysAfter(today, 1)
  if (from !== undefined || to !== undefined) {
    const end = to ?? tomorrow
    return { from: from ?? daysAfter(end, -30), to: end }
  }
  if (range === 'month') return { from: `${today.slice(0, 7)}-01`, to: tomorrow }
  return { from: daysAfter(tomorrow, -Number(range ?? 30)), to: tomorrow }
}

/** The first day of the month after that of a day. */
const nextMonth = (day: string): string => `${daysAfter(`${day.slice(0, 7)}-01`, 31).slice(0, 7)}-01`

/**
 * What a month comes to if it goes on as it began.
 * @returns null for days that are not this month up to now, and on its first day, of which nothing follows
 */
export function forecast(
  range: Range,
  cost: number,
  zone: string,
  now = Date.now(),
): { cost: number; lastDay: string } | null {
  const today = dayIn(now, zone)
  const end = nextMonth(today)
  if (range.from !== `${today.slice(0, 7)}-01` || range.to <= today || range.to > end) return null
  const begin = startOf(range.from, zone).getTime()
  const elapsed = now - begin
  if (elapsed < 86_400_000) return null
  return { cost: (cost * (startOf(end, zone).getTime() - begin)) / elapsed, lastDay: daysAfter(end, -1) }
}

/** How many days it has. */
export const daysIn = ({ from, to }: Range): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)
