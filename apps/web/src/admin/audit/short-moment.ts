/** A moment to the second, short enough for a column: `23 Nov 2026, 14:05:09`. The page says in which time zone. */
export const shortMoment = (at: string, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone,
  }).format(new Date(at))
