import { ApiError, errorOf, otherAccount, unreachable } from './api-error.ts'
import { isSomebodyElse, setSessionState } from './session-state.ts'

/** How something is asked for. */
export interface Asking {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Of the address; what is undefined or empty is left out. */
  query?: Record<string, string | number | boolean | undefined | null>
  /** Sent as JSON. */
  body?: unknown
  signal?: AbortSignal
}

/**
 * Asks the gateway as who is signed in here: the session is a cookie that no script can read.
 * @returns the answer, its body not yet read
 * @throws ApiError for every status of 400 and above, and where no answer comes
 */
export async function open(path: string, asking: Asking = {}): Promise<Response> {
  // It would be asked in the name of somebody who never opened this page.
  if (isSomebodyElse()) throw otherAccount()
  const { body, query, signal } = asking
  let response: Response
  try {
    response = await fetch(addressOf(path, query), {
      method: asking.method ?? (body === undefined ? 'GET' : 'POST'),
      credentials: 'same-origin',
      redirect: 'error',
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw unreachable()
  }
  if (response.ok) return response
  const error = errorOf(
    response.status,
    await response.text().catch(() => ''),
    response.headers.get('x-request-id'),
  )
  note(error)
  throw error
}

/** The same, with the answer read as JSON; undefined where there is none to read. */
export async function request<T>(path: string, asking: Asking = {}): Promise<T> {
  const response = await open(path, asking)
  if (response.status === 204) return undefined as T
  try {
    return (await response.json()) as T
  } catch {
    if (asking.signal?.aborted) throw asking.signal.reason
    throw new ApiError('The answer broke off.', 0, null, null, response.headers.get('x-request-id'))
  }
}

/** A path with a query, as `open` asks for it; for links to files too. */
export function addressOf(path: string, query: Asking['query'] = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  return search.size === 0 ? path : `${path}?${search}`
}

/** What a refusal says about the session itself. */
function note({ status, code }: ApiError): void {
  if (code === 'session_disabled' || code === 'account_disabled') setSessionState('disabled')
  else if (status === 401) setSessionState('ended')
}
