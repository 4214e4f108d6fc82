const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/

/**
 * Where a request goes: path and query as the caller wrote them, below the path of the base. The origin is the base's,
 * whatever the caller writes: an absolute form (RFC 9112 section 3.2.2) loses its authority, and `//EVIL/x` is a path.
 *
 * @returns undefined for what is no path, or would leave the path of the base by `..`
 */
export function createDestination(base: URL): (target: string) => string | undefined {
  const prefix = base.pathname.replace(/\/+$/, '')
  return (target) => {
    if (target.startsWith('/')) return prefix !== '' && climbs(target) ? undefined : prefix + target
    if (target === '*') return target
    const authority = absolute.exec(target)?.[0]
    if (authority === undefined) return undefined
    const path = target.slice(authority.length)
    const rooted = path.startsWith('/') ? path : `/${path}`
    return prefix !== '' && climbs(rooted) ? undefined : prefix + rooted
  }
}

/** Whether `..`, in any writing that some server takes for it, goes above where the path begins. */
function climbs(target: string): boolean {
  if (!/\.|%2e/i.test(target)) return false
  const end = target.search(/[?#]/)
  const path = (end === -1 ? target : target.slice(0, end)).replace(/%2e/gi, '.').replace(/%2f|%5c|\\/gi, '/')
  let depth = 0
  for (const segment of path.split('/')) {
    // Some servers cut the parameters of a segment off before they look at it.
    const name = segment.split(/;|%3b/i, 1)[0]
    if (name === '..') depth--
    else if (name !== '' && name !== '.') depth++
    if (depth < 0) return true
  }
  return false
}
