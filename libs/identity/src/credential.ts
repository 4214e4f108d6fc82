import { AppError } from '@gatehouse/contracts'

/** Parsed headers, as `IncomingMessage.headers`. */
export type HeaderRecord = Readonly<Record<string, string | string[] | undefined>>

/** In characters; Node itself stops at 16 KiB for all headers together. */
const maximumLength = 16 * 1024
/** RFC 6750 section 2.1: the scheme in any case (RFC 9110 section 11.1), one space, one b64token. */
const bearer = /^bearer ([A-Za-z0-9\-._~+/]+=*)$/i

/**
 * Reads the bearer token of a request (RFC 6750 section 2.1); null where it has no Authorization header. Takes Node's
 * `rawHeaders`, which alone shows a repeated header, or parsed ones; and the request target, whose query may not carry a
 * token (it would be in every access log). Throws `invalid_request` (400) for a repeated header or a token in the query,
 * `invalid_token` (401) for any other form. The one parser for every route (T26).
 */
export function readCredential(headers: readonly string[] | HeaderRecord, url = ''): string | null {
  const query = url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?') + 1)) : null
  if (query?.has('access_token'))
    throw new AppError('invalid_request', {
      message: 'A token in the query is not accepted. Send it as Authorization: Bearer.',
      param: 'access_token',
    })
  const values = Array.isArray(headers) ? fromRaw(headers) : fromRecord(headers as HeaderRecord)
  const [value] = values
  if (value === undefined) return null
  if (values.length > 1) throw new AppError('invalid_request', { message: 'Send one Authorization header.' })
  const token = value.length > maximumLength ? undefined : bearer.exec(value)?.[1]
  if (token === undefined)
    throw new AppError('invalid_token', { message: 'The Authorization header must be: Bearer <token>' })
  return token
}

function fromRaw(headers: readonly string[]): string[] {
  return headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === 'authorization')
}

function fromRecord(headers: HeaderRecord): string[] {
  return Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === 'authorization')
    .flatMap(([, value]) => value ?? [])
}
