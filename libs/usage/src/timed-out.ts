/**
 * Whether a database that answers took too long over a query: cancelled by the server (57014, query_canceled), or in a
 * transaction that outlived its time (P2028 with the time it took; without it none had begun, for want of a connection).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html, https://www.prisma.io/docs/orm/reference/error-reference
 */
export function timedOut(error: unknown): boolean {
  for (let current = error, depth = 0; isObject(current) && depth < 8; depth++) {
    const meta = at(current, 'meta')
    if (at(current, 'code') === '57014' || at(current, 'originalCode') === '57014') return true
    if (at(current, 'code') === 'P2028' && at(meta, 'timeTaken') !== undefined) return true
    current = at(meta, 'driverAdapterError') ?? at(current, 'cause')
  }
  return false
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const at = (holder: unknown, name: string): unknown =>
  isObject(holder) ? Reflect.get(holder, name) : undefined
