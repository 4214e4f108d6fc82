import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@gatehouse/contracts'
import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { type OpenFolder, openFolder } from './embedded-folder.js'
import { databaseFailure } from './failure.js'
import { PrismaClient } from './generated/client.js'
import { migrate } from './migrate.js'
import { packageRoot } from './package-root.js'
import { type InPlainTransaction, inPlainTransaction } from './plain-transaction.js'
import { embeddedPool, serverPool, serverSession } from './pool.js'
import type { Say } from './say.js'
import { placeOf, serverProblem } from './server-problem.js'
import { type InTransaction, inTransaction } from './transaction.js'

/** How often it is said that a server is waited for. */
const sayAgainMs = 60_000

/** Where the database is. */
export interface DatabaseOptions {
  /** `postgres://…`; absent: the embedded database. */
  url?: string | undefined
  /** Folder of the embedded database; it is made when absent, readable by its owner alone. */
  dataDir: string
  /** Folder of the migrations; `prisma/migrations` of the package unless told. */
  migrations?: string
  /** Connections to a server at most; 10 unless told. The embedded database has one. */
  poolSize?: number
  /** Takes progress and trouble, one line each. */
  onProgress?: Say
  /** Told once when a database that was ready cannot be used any more and will not come back by itself. */
  onFailure?: (error: Error) => void
}

/** `starting` until the migrations are applied; `failed` carries the reason, which never holds a secret. */
export type DatabaseState = { phase: 'starting' | 'ready' | 'closed' } | { phase: 'failed'; error: Error }

/** The database of this process. */
export interface Database {
  /** Fails as `unavailable` (see `databaseFailure`) until the database is ready. */
  readonly client: PrismaClient
  /** The embedded one has one connection: inside a transaction use the transaction's client alone, or wait in vain. */
  readonly kind: 'embedded' | 'postgres'
  /** Settles once: when the migrations are applied, or with the reason why the database cannot be used. */
  readonly ready: Promise<void>
  state(): DatabaseState
  /**
   * Runs a function in a transaction: all of it is kept or nothing. It is run again, five times at most, when another
   * transaction was faster, so it must have no effect outside the database.
   */
  readonly transaction: InTransaction
  /**
   * The same with plain SQL on `pg`, past Prisma, for what is written all the time: less than half the processor time.
   * It is run again as `transaction` is, and `databaseFailure` understands what it throws.
   */
  readonly plainTransaction: InPlainTransaction
  /** Asks the database for an answer. Throws AppError `unavailable` when none comes. */
  ping(): Promise<void>
  /** Ends the connections and the embedded database, and gives up waiting for a server. */
  close(): Promise<void>
}

/**
 * Begins to open the database and returns at once, so that the gateway can listen and say that it is not ready.
 * A server that cannot be reached is tried again until it answers; a wrong password, a failed migration or a folder in
 * use rejects `ready`.
 */
export function connectDatabase(options: DatabaseOptions): Database {
  const {
    url,
    poolSize = 10,
    onProgress: say = () => {},
    migrations = join(packageRoot(), 'prisma', 'migrations'),
  } = options
  const closing = new AbortController()
  let state: DatabaseState = { phase: 'starting' }
  let embedded: OpenFolder | undefined

  const fail = (error: Error): void => {
    if (state.phase === 'closed' || state.phase === 'failed') return
    const wasReady = isReady()
    state = { phase: 'failed', error }
    // Before that, `ready` carries it to whoever started the database.
    if (!wasReady) return
    say(error.message, 'error')
    options.onFailure?.(error)
  }
  const isReady = (): boolean => state.phase === 'ready'
  const pool =
    url === undefined
      ? embeddedPool(() => (isReady() ? embedded?.postgres : undefined))
      : serverPool(url, poolSize, isReady)
  // Without a listener, a connection that breaks while idle would end the process.
  pool.on('error', (error) => say(`A database connection broke: ${error.message}`, 'warn'))
  const client = new PrismaClient({ adapter: new PrismaPg(pool) })

  const openEmbedded = async (): Promise<void> => {
    embedded = await openFolder(options.dataDir, migrations, say, fail)
    const { postgres } = embedded
    await migrateBy(embeddedPool(() => postgres))
  }

  const migrateBy = async (session: pg.Pool): Promise<void> => {
    session.on('error', () => {})
    try {
      const applied = await migrate(session, migrations, say)
      if (applied.length > 0) say(`Migrations applied: ${applied.join(', ')}.`, 'info')
    } finally {
      await session.end()
    }
  }

  const openServer = async (address: string): Promise<void> => {
    const place = placeOf(address)
    let sayAgainAt = 0
    for (let wait = 250; ; wait = Math.min(wait * 2, 5_000)) {
      try {
        await migrateBy(serverSession(address))
        if (sayAgainAt > 0) say(`The database at ${place} answers.`, 'info')
        return
      } catch (error) {
        if (databaseFailure(error).kind !== 'unavailable') throw serverProblem(error, address)
        if (Date.now() >= sayAgainAt) {
          say(
            `The database at ${place} (DATABASE_URL) cannot be reached: ${reason(error)}. Waiting for it.`,
            'warn',
          )
          sayAgainAt = Date.now() + sayAgainMs
        }
      }
      await delay(wait, undefined, { signal: closing.signal })
    }
  }

  const open = async (): Promise<void> => {
    try {
      await (url === undefined ? openEmbedded() : openServer(url))
      if (state.phase === 'starting') state = { phase: 'ready' }
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }
  const ready = open()
  // Whoever never asks must not be killed by it; `state()` tells the same.
  ready.catch(() => {})

  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    state = { phase: 'closed' }
    closing.abort()
    await ready.catch(() => {})
    await client.$disconnect()
    // A query that hangs must not keep the process: its answer is worth nothing any more.
    await Promise.race([pool.end(), delay(5_000, undefined, { ref: false })])
    await embedded?.close()
  }

  return {
    client,
    kind: url === undefined ? 'embedded' : 'postgres',
    ready,
    state: () => state,
    transaction: inTransaction(client),
    plainTransaction: inPlainTransaction(pool),
    async ping() {
      await pool.query('SELECT 1').catch((error: unknown) => {
        throw new AppError('unavailable', {
          message: 'The database cannot be reached at the moment.',
          cause: error,
        })
      })
    },
    close() {
      closed ??= close()
      return closed
    },
  }
}

/** Opens the database and waits until it is ready. Throws as `connectDatabase` rejects. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const database = connectDatabase(options)
  try {
    await database.ready
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/** A reason that fits into a line. Several addresses of one host fail with one error each. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join(', ')
  return error instanceof Error ? error.message : String(error)
}
