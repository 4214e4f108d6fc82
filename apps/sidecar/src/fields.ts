/** Names and values in turn, as they were written. */
export type Fields = readonly string[]

/** Of one connection alone: RFC 9110 section 7.6.1, and RFC 2616 section 13.5.1 for what older programs send. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
])
/** The caller's own credentials, which the token replaces, and what our client writes itself. */
const replaced = new Set(['authorization', 'api-key', 'host', 'content-length', 'expect'])

/** What of a request's headers goes on. */
export function requestFields(fields: Fields, connection: string | undefined): string[] {
  return without(fields, connection, replaced)
}

/** What of an answer's headers goes back. */
export function answerFields(fields: Fields, connection: string | undefined): string[] {
  return without(fields, connection, none)
}

const none: ReadonlySet<string> = new Set()

/** @param connection names more headers that are of this connection alone */
function without(fields: Fields, connection: string | undefined, others: ReadonlySet<string>): string[] {
  const named = connection === undefined ? undefined : namedIn(connection)
  const kept: string[] = []
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const written = fields[index] ?? ''
    const name = written.toLowerCase()
    if (hopByHop.has(name) || others.has(name) || named?.has(name)) continue
    kept.push(written, fields[index + 1] ?? '')
  }
  return kept
}

function namedIn(connection: string): Set<string> | undefined {
  const value = connection.toLowerCase()
  if (value === 'keep-alive' || value === 'close') return undefined
  const names = new Set(value.split(',').map((name) => name.trim()))
  // It says where an answer ends; whoever names it here means to have that misread.
  names.delete('content-length')
  return names
}
