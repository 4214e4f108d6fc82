const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** What a value may hold: RFC 9110 section 5.5. Anything else could begin a header of its own. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/
const target = /^\/[\x21-\x7e]*$/
/** Ours to write: they say where the request ends and whom it reaches. */
const reserved = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
  'te',
  'trailer',
])

/** Headers that were checked; a relay sends the same object with every request. */
const written = new WeakMap<Record<string, string>, string>()

/** A request that cannot be written as HTTP. */
export class RequestProblem extends Error {
  override name = 'RequestProblem'
}

/**
 * The head of a request (RFC 9112 section 3), as latin1.
 * @param length bytes of the body, `chunked` for one of unknown length, null for none
 * @throws RequestProblem for what could be read as something else
 */
export function requestHead(
  method: string,
  host: string,
  path: string,
  headers: Record<string, string> | undefined,
  length: number | 'chunked' | null,
): string {
  if (!token.test(method)) throw new RequestProblem('the method is no token')
  if (!target.test(path)) throw new RequestProblem('the path is no path')
  const fields = headers === undefined ? '' : fieldsOf(headers)
  const framing =
    length === 'chunked'
      ? 'transfer-encoding: chunked\r\n'
      : length !== null
        ? `content-length: ${length}\r\n`
        : method === 'POST' || method === 'PUT' || method === 'PATCH'
          ? 'content-length: 0\r\n'
          : ''
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n${fields}${framing}\r\n`
}

function fieldsOf(headers: Record<string, string>): string {
  const known = written.get(headers)
  // An object that is changed afterwards would be sent as it was: only those that cannot change are kept.
  if (known !== undefined) return known
  let fields = ''
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value === undefined) continue
    if (!token.test(name)) throw new RequestProblem('a header has no proper name')
    if (typeof value !== 'string' || !fieldValue.test(value))
      throw new RequestProblem(`the header ${name} holds what no header may`)
    if (!reserved.has(name.toLowerCase())) fields += `${name}: ${value}\r\n`
  }
  if (Object.isFrozen(headers)) written.set(headers, fields)
  return fields
}
