const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** What a value may hold: RFC 9110 section 5.5. Anything else could begin a header of its own. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/
/** Bytes beyond ASCII are no URI, and what some clients send; a relay passes them on. */
const target = /^\/[\x21-\x7e\x80-\xff]*$/
/** Names and values in turn. */
export type FieldList = readonly string[]

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

/** A relay's caller announces its trailers itself. */
const reservedInLists = new Set([...reserved].filter((name) => name !== 'trailer'))
/** What a trailer may not be: RFC 9110 section 6.5.1, of which these change where a message ends or who it is from. */
export const noTrailers: ReadonlySet<string> = new Set([...reserved, 'authorization', 'api-key'])
const protocol = /^[!#$%&'*+\-.^_`|~0-9A-Za-z/]+$/

/** Headers that were checked; a relay sends the same object with every request. */
const written = new WeakMap<Record<string, string>, string>()

/** A request that cannot be written as HTTP. */
export class RequestProblem extends Error {
  override name = 'RequestProblem'
}

/** What of a connection's own a relay may ask for in the name of its caller. */
export interface HopRequests {
  /** RFC 9110 section 10.1.1: the other side says whether it wants the body. */
  expectsContinue?: boolean | undefined
  /** RFC 9110 section 10.1.4. */
  acceptsTrailers?: boolean | undefined
  /** The protocol to go on with: RFC 9110 section 7.8. */
  upgrade?: string | undefined
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
  headers: Record<string, string> | FieldList | undefined,
  length: number | 'chunked' | null,
  hop: HopRequests = {},
): string {
  if (!token.test(method)) throw new RequestProblem('the method is no token')
  if (!target.test(path) && !(path === '*' && method === 'OPTIONS'))
    throw new RequestProblem('the path is no path')
  const fields = headers === undefined ? '' : isList(headers) ? listed(headers) : fieldsOf(headers)
  const framing =
    length === 'chunked'
      ? 'transfer-encoding: chunked\r\n'
      : length !== null
        ? `content-length: ${length}\r\n`
        : method === 'POST' || method === 'PUT' || method === 'PATCH'
          ? 'content-length: 0\r\n'
          : ''
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${connectionOf(hop)}${fields}${framing}\r\n`
}

function connectionOf({ expectsContinue, acceptsTrailers, upgrade }: HopRequests): string {
  if (upgrade !== undefined && !protocol.test(upgrade))
    throw new RequestProblem('the protocol asked for has no proper name')
  const options = upgrade === undefined ? 'keep-alive' : 'upgrade'
  return `connection: ${options}${acceptsTrailers ? ', te\r\nte: trailers' : ''}\r\n${
    upgrade === undefined ? '' : `upgrade: ${upgrade}\r\n`
  }${expectsContinue ? 'expect: 100-continue\r\n' : ''}`
}

const isList = (headers: Record<string, string> | FieldList): headers is FieldList => Array.isArray(headers)

/** @throws RequestProblem for a name or a value that could be read as something else */
export function writeFields(fields: FieldList, omit: ReadonlySet<string>): string {
  let text = ''
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] ?? ''
    const value = fields[index + 1] ?? ''
    if (!token.test(name)) throw new RequestProblem('a header has no proper name')
    if (!fieldValue.test(value)) throw new RequestProblem(`the header ${name} holds what no header may`)
    if (!omit.has(name.toLowerCase())) text += `${name}: ${value}\r\n`
  }
  return text
}

const listed = (fields: FieldList) => writeFields(fields, reservedInLists)

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
