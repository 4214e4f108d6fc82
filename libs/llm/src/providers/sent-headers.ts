/**
 * The fetch given, that sends the headers named alone: a provider's SDK adds what it runs on, and what a variable of its
 * own says, which belongs to somebody else's program.
 * @param names in lower case
 */
export function onlyHeaders(
  names: readonly string[],
  fetch: typeof globalThis.fetch,
): typeof globalThis.fetch {
  return async (input, init) => {
    const given = new Headers(init?.headers)
    const headers = new Headers()
    for (const name of names) {
      const value = given.get(name)
      if (value !== null) headers.set(name, value)
    }
    return fetch(input, { ...init, headers })
  }
}
