/** A cookie as a browser keeps it. */
interface Cookie {
  name: string
  value: string
  path: string
  httpOnly: boolean
  secure: boolean
  sameSite: string | undefined
}

/** Cookies of one browser at one host. */
export class CookieJar {
  private readonly cookies = new Map<string, Cookie>()

  take(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
      const name = pair.slice(0, pair.indexOf('='))
      const value = pair.slice(pair.indexOf('=') + 1)
      const attribute = (key: string) =>
        attributes.find((text) => text.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1)
      const has = (key: string) => attributes.some((text) => text.toLowerCase() === key)
      const ended =
        attribute('max-age') === '0' ||
        (Date.parse(attribute('expires') ?? '') || Number.POSITIVE_INFINITY) < Date.now()
      if (ended) this.cookies.delete(name)
      else {
        this.cookies.set(name, {
          name,
          value,
          path: attribute('path') ?? '/',
          httpOnly: has('httponly'),
          secure: has('secure'),
          sameSite: attribute('samesite'),
        })
      }
    }
  }

  all(): Cookie[] {
    return [...this.cookies.values()]
  }

  header(path = '/'): string {
    return this.all()
      .filter((cookie) => path.startsWith(cookie.path) || cookie.path === '/')
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }
}

/**
 * Follows redirects as a browser does, filling in the local issuer's page on the way.
 * @returns the address at which it came to rest
 */
export async function signInLocally(
  origin: string,
  email: string,
  jar: CookieJar,
  start = '/auth/local/start',
): Promise<string> {
  let url = new URL(start, origin)
  let init: RequestInit = {}
  for (let hop = 0; hop < 15; hop++) {
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, cookie: jar.header(url.pathname) },
    })
    jar.take(response.headers)
    const location = response.headers.get('location')
    if (location !== null) {
      if (response.status < 300 || response.status > 399)
        throw new Error(`a location with status ${response.status}`)
      url = new URL(location, url)
      init = {}
      continue
    }
    const html = await response.text()
    if (!html.includes('name="email"') || !url.pathname.startsWith('/local/')) return url.href
    init = {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin },
      body: new URLSearchParams({ email }).toString(),
    }
  }
  throw new Error(`too many redirects, the last one to ${url.href}`)
}
