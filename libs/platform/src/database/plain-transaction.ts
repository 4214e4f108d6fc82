import pg from 'pg'
import { repeated } from './transaction.js'

/**
 * Runs one statement with `$1`, `$2`, … in place of its values, and gives its rows as `pg` reads them: bigint and decimal
 * as texts.
 */
export type PlainQuery = <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>

/** Runs a function in a transaction of plain SQL; see `Database.plainTransaction`. */
export type InPlainTransaction = <T>(
  work: (query: PlainQuery) => Promise<T>,
  options?: {
    /** Milliseconds after which nothing more is asked and nothing kept; 10,000 unless told. */
    timeout?: number
  },
) => Promise<T>

/** Builds the function that runs transactions of plain SQL on a pool. */
export function inPlainTransaction(pool: pg.Pool): InPlainTransaction {
  return (work, { timeout = 10_000 } = {}) =>
    repeated(async () => {
      const client = await pool.connect()
      const deadline = performance.now() + timeout
      /** Set once nobody knows where the connection stands: it is not used again. */
      let broken: Error | undefined
      // Without a listener, a connection that breaks while it is in use would end the process.
      const onError = (error: Error) => {
        broken = error
      }
      client.on('error', onError)
      const ask = async (text: string, values?: unknown[]) => {
        try {
          return await client.query(text, values)
        } catch (error) {
          if (!(error instanceof pg.DatabaseError)) broken = toError(error)
          throw error
        }
      }
      const inTime = () => {
        if (performance.now() > deadline) throw late(timeout)
      }
      const query: PlainQuery = async (text, values) => {
        inTime()
        return (await ask(text, values)).rows
      }
      try {
        await ask('BEGIN')
        const result = await work(query)
        inTime()
        // After an error that `work` kept to itself the server rolls back, and says so only here.
        const { command } = await ask('COMMIT')
        if (command !== 'COMMIT')
          throw new Error('A statement of the transaction failed: nothing of it was kept.')
        return result
      } catch (error) {
        if (!broken) await ask('ROLLBACK').catch((second: unknown) => (broken = toError(second)))
        throw error
      } finally {
        client.off('error', onError)
        client.release(broken)
      }
    })
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

/** Of the same state as a statement that the server cancels (57014, query_canceled). */
const late = (timeout: number): Error =>
  Object.assign(new Error(`The transaction took longer than ${timeout} ms.`), { code: '57014' })
