import { addDays } from '@gatehouse/contracts'

const hourMs = 3_600_000
/** No zone is further ahead of UTC than 14 h. */
const furthestAheadMs = 15 * hourMs
/** No day that there is at all is shorter: clocks are put forward by two hours at most. */
const shortestDayMs = 22 * hourMs

/**
 * Where the days of a time zone begin, in whole hours of UTC, since sums are kept by these: an hour belongs to the day in
 * which it begins, which matters in zones that are half an hour off. A day that a zone has skipped (Samoa's 30 December
 * 2011) begins where the next one does.
 * @param zone IANA name
 * @param first day, as 2026-01-15
 * @param count how many days
 * @returns `count + 1` moments, the last one being the end
 */
export function dayStarts(zone: string, first: string, count: number): Date[] {
  // Dates of the Swedish locale are ISO 8601's.
  const { format } = new Intl.DateTimeFormat('sv-SE', { timeZone: zone })
  const starts: Date[] = []
  let at = Date.parse(first) - furthestAheadMs
  for (let index = 0; index <= count; index++) {
    const day = addDays(first, index)
    if (index > 0 && format(at) < day) at += shortestDayMs
    while (format(at) < day) at += hourMs
    starts.push(new Date(at))
  }
  return starts
}
