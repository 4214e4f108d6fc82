const key = 'gatehouse.last-sign-in'

/** The way in that was used last in this browser. */
export function lastWay(): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** Kept for the next visit: the id of a provider, nothing of a person. */
export function rememberWay(id: string): void {
  try {
    localStorage.setItem(key, id)
  } catch {
    // It is a comfort, no more.
  }
}

/** The last used one first; the one for trying out last. */
export function orderWays<Way extends { id: string }>(ways: readonly Way[], last: string | null): Way[] {
  const rank = ({ id }: Way) => (id === last ? 0 : id === 'local' ? 2 : 1)
  return ways.toSorted((one, other) => rank(one) - rank(other))
}
