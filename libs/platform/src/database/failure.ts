import { Prisma } from './generated/client.js'

/** What a failed query means to the code that made it. */
export type DatabaseFailure =
  /** A row with the same value exists. `constraint` is the index' name (`Identity_issuer_subject_key`). */
  | { kind: 'unique'; constraint: string; fields: string[] }
  /** The database cannot be reached, is overloaded or too slow at the moment. */
  | { kind: 'unavailable' }
  /** Another transaction was faster; the whole transaction may be tried again. */
  | { kind: 'conflict' }
  /** A mistake of ours, or a row that is not there. */
  | { kind: 'other' }

/** https://www.prisma.io/docs/orm/reference/error-reference */
const unavailableCodes = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037'])

/** https://www.postgresql.org/docs/current/errcodes-appendix.html, and the system's own codes for a socket. */
const unavailableStates =
  /^(08...|53...|57P0.|57014|25006|ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/

const conflictStates = /^(40001|40P01|55P03)$/

/** Words of `pg` and `pg-pool`, which give no code with them. */
const unavailableWords =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Cannot use a pool after|The embedded database)/

/**
 * Says what a failed query means. Errors of Prisma, of its adapter and of `pg` are understood, however deep one lies
 * in the `cause` of another.
 */
export function databaseFailure(error: unknown): DatabaseFailure {
  for (const { code, message, index } of chain(error)) {
    if (index) return { kind: 'unique', constraint: index.name, fields: index.fields }
    if (code === 'P2034' || conflictStates.test(code)) return { kind: 'conflict' }
    if (unavailableCodes.has(code) || unavailableStates.test(code) || unavailableWords.test(message))
      return { kind: 'unavailable' }
  }
  return { kind: 'other' }
}

interface Link {
  code: string
  message: string
  index?: { name: string; fields: string[] }
}

/** An error, what its driver said, and its causes, outermost first. */
function* chain(error: unknown): Generator<Link> {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 8;
    current = current.cause, depth += 1
  ) {
    const code = text(current, 'code')
    const driver = driverCause(current)
    const index =
      driver && text(driver, 'kind') === 'UniqueConstraintViolation'
        ? violatedIndex(current, driver)
        : code === '23505'
          ? indexOf(text(current, 'constraint'), text(current, 'table'))
          : undefined
    yield { code, message: current.message, ...(index && { index }) }
    if (driver)
      yield {
        code: text(driver, 'originalCode') || text(driver, 'code'),
        message: text(driver, 'originalMessage'),
      }
  }
}

/** What the adapter made of the driver's error: `meta.driverAdapterError.cause`, or the cause itself. */
function driverCause(error: Error): object | undefined {
  const meta = error instanceof Prisma.PrismaClientKnownRequestError ? error.meta : undefined
  const cause = property(meta ? meta.driverAdapterError : error, 'cause')
  return typeof cause === 'object' && cause !== null && !(cause instanceof Error) ? cause : undefined
}

function violatedIndex(error: Error, driver: object): Link['index'] {
  const constraint = property(driver, 'constraint')
  const name = text(constraint, 'index')
  const fields = property(constraint, 'fields')
  const table = text(driver, 'table') || text(property(error, 'meta'), 'modelName')
  return Array.isArray(fields) ? { name, fields: fields.map(String) } : indexOf(name, table)
}

/** Prisma names an index <table>_<field>_<field>_key; no field of ours has an underscore. */
function indexOf(name: string, table: string): Link['index'] {
  const parts = name
    .replace(`${table}_`, '')
    .replace(/(^|_)p?key$/, '')
    .split('_')
  return { name, fields: parts.filter((part) => part !== '') }
}

function property(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined
}

function text(holder: unknown, name: string): string {
  const value = property(holder, name)
  return typeof value === 'string' ? value : ''
}
