/** How far a name may be from one of ours to be taken for a slip; short names are near to many others. */
const limit = 2
const shortest = 8

/**
 * The known name that somebody may have meant.
 * @returns undefined where none differs from `name` by two letters or fewer (added, left out or replaced)
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let least = limit + 1
  if (name.length < shortest) return undefined
  for (const candidate of known) {
    if (candidate.length < shortest || Math.abs(candidate.length - name.length) > limit) continue
    const steps = distance(name, candidate)
    if (steps < least) [nearest, least] = [candidate, steps]
  }
  return nearest
}

/** Levenshtein's distance, row by row. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (const [at, other] of [...to].entries())
      next.push(
        Math.min((next[at] ?? 0) + 1, (row[at + 1] ?? 0) + 1, (row[at] ?? 0) + (letter === other ? 0 : 1)),
      )
    row = next
  }
  return row[to.length] ?? 0
}
