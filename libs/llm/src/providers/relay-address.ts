import { AppError } from '@gatehouse/contracts'

/** Paths are few, but for those that name an object; those must not fill the memory. */
const maxRemembered = 200

/**
 * Makes addresses below a base address, and remembers them parsed.
 * A path that leads out of the base address, by dots, however encoded, or by a backslash, is `invalid_request`.
 */
export function createAddresses(baseUrl: string): (path: string) => URL {
  const base = new URL(baseUrl)
  const root = base.pathname.replace(/\/$/, '')
  const known = new Map<string, URL>()
  return (path) => {
    const remembered = known.get(path)
    if (remembered) return remembered
    const address = parse(baseUrl + path)
    if (!path.startsWith('/') || address?.origin !== base.origin || climbs(path, address, root)) {
      throw new AppError('invalid_request', { message: 'The path is none that a provider can have.' })
    }
    address.hash = ''
    if (known.size < maxRemembered) known.set(path, address)
    return address
  }
}

/** Whether a path leads above its base, for us or for a server that decodes once more. */
function climbs(path: string, address: URL, root: string): boolean {
  const [written = ''] = path.split(/[?#]/)
  const decoded = written.replaceAll(/%2e/gi, '.').replaceAll(/%(2f|5c)|\\/gi, '/')
  return !address.pathname.startsWith(`${root}/`) || /(^|\/)\.\.?(\/|$)/.test(decoded)
}

function parse(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined
}
