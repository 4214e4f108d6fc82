const dayMs = 86_400_000

/** The day of a moment in a time zone: `2026-11-23`. Dates of the Swedish locale are ISO 8601's. */
export const dayIn = (at: string | number | Date, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone }).format(new Date(at))

/** The day so many days after another, or before it. */
export const daysAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10)

/** The first moment of a day in a time zone, to the second; a day begins where the one before ends, whatever the clocks do. */
export function startOf(day: string, timeZone: string): Date {
  // No zone is further than 14 hours from UTC.
  let before = Date.parse(day) - 15 * 3_600_000
  let from = before + 30 * 3_600_000
  while (from - before > 1000) {
    const middle = Math.round((before + from) / 2000) * 1000
    if (dayIn(middle, timeZone) < day) before = middle
    else from = middle
  }
  return new Date(from)
}
