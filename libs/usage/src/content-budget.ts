/**
 * How much of what was said may wait for the database, in bytes. It has a budget of its own, so that large prompts never
 * keep calls from being written down, and nobody gets more than a quarter of it, so that one member's prompts do not
 * cost the others theirs.
 */
export interface ContentBudget {
  /** Takes room where there is some; the first of a principal may be as large as all that is left. */
  take(principalId: string, bytes: number): boolean
  /** Takes room for what is kept already. */
  hold(principalId: string, bytes: number): void
  give(principalId: string, bytes: number): void
}

/** @param maxBytes of all principals together */
export function createContentBudget(maxBytes: number): ContentBudget {
  const share = maxBytes / 4
  const held = new Map<string, number>()
  let all = 0
  const hold = (principalId: string, bytes: number) => {
    all += bytes
    const own = (held.get(principalId) ?? 0) + bytes
    if (own > 0) held.set(principalId, own)
    else held.delete(principalId)
  }
  return {
    take(principalId, bytes) {
      const own = held.get(principalId) ?? 0
      if (all + bytes > maxBytes || (own > 0 && own + bytes > share)) return false
      hold(principalId, bytes)
      return true
    },
    hold,
    give: (principalId, bytes) => hold(principalId, -bytes),
  }
}
