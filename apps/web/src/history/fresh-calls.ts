/**
 * Which of the newest calls are not in the list yet. A call is listed at its end, and stands where it began: one that took
 * long belongs between others. What is older than the whole list is on its next page.
 * @param shown newest first
 */
export function freshCalls<Call extends { id: string }>(
  newest: readonly Call[],
  shown: readonly Call[],
  hasMore: boolean,
): Call[] {
  const known = new Set(shown.map(({ id }) => id))
  const oldest = hasMore ? (shown.at(-1)?.id ?? '') : ''
  return newest.filter(({ id }) => !known.has(id) && id > oldest)
}

/** Both in one list, newest first: ids are ordered by time. */
export const merged = <Call extends { id: string }>(one: readonly Call[], other: readonly Call[]): Call[] =>
  [...one, ...other].toSorted((left, right) => (left.id < right.id ? 1 : -1))
