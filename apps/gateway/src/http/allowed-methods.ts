/** Tells by which methods an address is served, for one that came with another (RFC 9110 section 15.5.6). */
export type AllowedMethods = (method: string, address: string) => string[]

/**
 * @param routes gives those that are served; asked once, at the first address
 * @returns methods in the order of their names; none where the address is unknown, or the method is not what is wrong
 */
export function createAllowedMethods(
  routes: () => readonly { method: string; url: string }[],
): AllowedMethods {
  let table: { method: string; pattern: RegExp }[] | undefined
  return (method, address) => {
    table ??= routes()
      // What matches everything tells nothing: the answer to preflights of CORS.
      .filter(({ url }) => url !== '*' && url !== '/*')
      .map(({ method, url }) => ({ method, pattern: patternOf(url) }))
    const path = pathOf(address)
    const methods = new Set(table.flatMap((route) => (route.pattern.test(path) ? [route.method] : [])))
    return methods.has(method) ? [] : [...methods].sort()
  }
}

/** The path as the router reads it: without the query, and with its letters as they are meant. */
function pathOf(address: string): string {
  const path = address.split(/[?#]/, 1)[0] ?? ''
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}

function patternOf(url: string): RegExp {
  const source = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*/g, '.*')
    .replace(/(.)\/$/, '$1')
  return new RegExp(`^${source}/?$`)
}
