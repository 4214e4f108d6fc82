import type { ProxyAuthHandler } from './proxy-auth-handler.js'
import { TokenError } from './token-error.js'

/** The shape of the standard `fetch`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** Where the gateway is, and how to go there. */
export interface AuthenticatedFetchOptions {
  /** The gateway's address, as `https://gatehouse.example.com/v1`. Its origin alone ever gets the token. */
  baseUrl: string | URL
  /** In place of the global `fetch`. */
  fetch?: Fetch | undefined
}

/**
 * A `fetch` that signs in at the gateway: the handler's token takes the place of `Authorization` on every request to the
 * origin of `baseUrl`. Any other request goes out untouched. After a 401 the token is refreshed and the request sent once
 * more, unless its body is a stream, which can be read only once. A redirect is handed back and never followed (RFC 9110,
 * section 15.4, leaves that to the client): it would carry token and prompt to wherever it points.
 *
 * @throws TokenError at once for an address that is not http or https; the promise rejects as `getAuthHeaders` does
 */
export function authenticatedFetch(
  handler: Pick<ProxyAuthHandler, 'getAuthHeaders' | 'refuse'>,
  { baseUrl, fetch: given }: AuthenticatedFetchOptions,
): Fetch {
  const origin = originOf(baseUrl)
  if (origin === undefined)
    throw new TokenError('invalid_configuration', 'baseUrl must be an http or https address of the gateway.')

  return async (input, init) => {
    // Looked up late, so that a fetch that was put in its place since is the one used.
    const send = given ?? globalThis.fetch
    const request = isRequest(input) ? input : undefined
    if (originOf(request?.url ?? (input as string | URL)) !== origin) return send(input, init)

    const signal = init?.signal === undefined ? request?.signal : init.signal
    const signIn = async () => (await unlessAborted(handler.getAuthHeaders(), signal)).Authorization
    const sendWith = (authorization: string | undefined) => {
      const headers = new Headers(init?.headers ?? request?.headers)
      if (authorization === undefined) headers.delete('authorization')
      else headers.set('authorization', authorization)
      const redirect = (init?.redirect ?? request?.redirect) === 'error' ? 'error' : 'manual'
      return send(input, { ...init, headers, redirect })
    }

    const authorization = await signIn()
    const response = await sendWith(authorization)
    if (response.status !== 401 || authorization === undefined) return response
    handler.refuse(authorization.slice('Bearer '.length))
    if (!isReplayable(request, init)) return response
    const renewed = await signIn()
    if (renewed === undefined || renewed === authorization) return response
    // Frees the connection. An answer that is already broken is given up all the same.
    await response.body?.cancel().catch(() => undefined)
    return sendWith(renewed)
  }
}

/** Undefined for what is not an absolute http or https address; `fetch` itself says what is wrong with it. */
function originOf(address: string | URL): string | undefined {
  try {
    const { protocol, origin } = new URL(address)
    return protocol === 'http:' || protocol === 'https:' ? origin : undefined
  } catch {
    return undefined
  }
}

/** By its form, since a program may have a `Request` of another library. */
function isRequest(input: string | URL | Request): input is Request {
  return typeof input === 'object' && 'url' in input
}

/** True where the same arguments can be sent twice. The body of a Request is a stream, whatever it was made from. */
function isReplayable(request: Request | undefined, init: RequestInit | undefined): boolean {
  const body = init?.body ?? request?.body ?? undefined
  return (
    body === undefined ||
    typeof body === 'string' ||
    ArrayBuffer.isView(body) ||
    [ArrayBuffer, Blob, FormData, URLSearchParams].some((kind) => body instanceof kind)
  )
}

/** The promise, or the signal's reason when that comes first; the others who wait for a token go on waiting. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return promise
  let onAbort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
