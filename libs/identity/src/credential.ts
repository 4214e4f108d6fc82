import { AppError } from '@gatehouse/contracts'

/** Parsed headers, as `IncomingMessage.headers`. */
export type HeaderRecord = Readonly<Record<string, string | string[] | undefined>>

/** In characters; Node itself stops at 16 KiB for all headers together. */
const maximumLength = 16 * 1024
/** RFC 6750 section 2.1: the scheme in any case (RFC 9110 section 11.1), one space, one b64token. */
const bearer = /^bearer ([A-Za-z0-9\-._~+/]+=*)$/i
/** The same token without a scheme: https://platform.claude.com/docs/en/api/overview#authentication */
const bare = /^([A-Za-z0-9\-._~+/]+=*)$/

/**
 * Reads the token of a request, from `Authorization: Bearer` (RFC 6750 section 2.1) or from `x-api-key`, where clients of
 * Anthropic's shape put it; null where it has neither. Takes Node's `rawHeaders`, which alone shows a repeated header, or
 * parsed ones; and the request target, whose query may not carry a token (it would be in every access log). Throws
 * `invalid_request` (400) for two headers or a token in the query, since two readers could take two callers from them;
 * `invalid_token` (401) for any other form. The one parser for every route (T26, T43).
 */
export function readCredential(headers: readonly string[] | HeaderRecord, url = ''): string | null {
  const query = url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?') + 1)) : null
  if (query?.has('access_token'))
    throw new AppError('invalid_request', {
      message: 'A token in the query is not accepted. Send it as Authorization: Bearer.',
      param: 'access_token',
    })
  const raw = Array.isArray(headers) ? (headers as readonly string[]) : flat(headers as HeaderRecord)
  let name: string | undefined
  let value = ''
  for (let index = 0; index < raw.length; index += 2) {
    const { length } = raw[index] ?? ''
    // By the length first: most headers of a request are neither.
    if (length !== 'authorization'.length && length !== 'x-api-key'.length) continue
    const found = raw[index]?.toLowerCase()
    if (found !== 'authorization' && found !== 'x-api-key') continue
    if (name !== undefined)
      throw new AppError('invalid_request', {
        message:
          name === found
            ? `Send one ${name === 'authorization' ? 'Authorization' : name} header.`
            : 'Send either Authorization or x-api-key, not both.',
      })
    name = found
    value = raw[index + 1] ?? ''
  }
  if (name === undefined) return null
  const form = name === 'authorization' ? bearer : bare
  const token = value.length > maximumLength ? undefined : form.exec(value)?.[1]
  if (token !== undefined) return token
  throw new AppError('invalid_token', {
    message:
      name === 'authorization'
        ? 'The Authorization header must be: Bearer <token>'
        : 'The x-api-key header must hold a token, and nothing else.',
  })
}

function flat(headers: HeaderRecord): string[] {
  return Object.entries(headers).flatMap(([name, values]) =>
    [values ?? []].flat().flatMap((value) => [name, value]),
  )
}
