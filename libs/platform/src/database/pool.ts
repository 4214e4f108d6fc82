import pg from 'pg'
import type { EmbeddedPostgres } from './embedded.js'
import { ThreadStream } from './thread-stream.js'

/** Milliseconds. A command that takes longer is cancelled by the server; `SET LOCAL` lifts it for one transaction. */
const statementTimeout = 5_000

/** What a server says while it starts (57P03, cannot_connect_now). */
export function notReady(): Error {
  return Object.assign(new Error('The database is not ready yet'), { code: '57P03' })
}

/**
 * Sets up a fresh connection to a server.
 *
 * UTC is not a preference: Prisma's adapter drops the offset of every timestamp it reads.
 * Queries here take milliseconds, or some hundred of them over many rows, where compiling one takes longer than it saves.
 * After a failover an address may lead to the old primary, which now only reads; it must not enter the pool.
 */
async function prepare(client: pg.ClientBase): Promise<void> {
  await client.query(
    `SET TIME ZONE 'UTC'; SET statement_timeout = ${statementTimeout}; SET lock_timeout = ${statementTimeout};
     SET idle_in_transaction_session_timeout = 30000; SET jit = off`,
  )
  const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby')
  if (rows[0]?.standby)
    throw Object.assign(new Error('The server is a standby: it only reads'), { code: '25006' })
}

/** A pool of connections to a Postgres server. It refuses connections until `isReady`. */
export function serverPool(url: string, size: number, isReady: () => boolean): pg.Pool {
  return new pg.Pool({
    connectionString: url,
    max: size,
    application_name: 'gatehouse',
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // For a server that no longer answers at all, where `statement_timeout` cannot help.
    query_timeout: statementTimeout + 3_000,
    onConnect: async (client) => {
      if (!isReady()) throw notReady()
      await prepare(client)
    },
  })
}

/** One connection to a server, without limits of time, for migrations. */
export function serverSession(url: string): pg.Pool {
  return new pg.Pool({
    connectionString: url,
    max: 1,
    application_name: 'gatehouse migrations',
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 0,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    onConnect: async (client) => {
      await client.query("SET TIME ZONE 'UTC'; SET statement_timeout = 0; SET lock_timeout = 0")
    },
  })
}

/**
 * The embedded database's one connection; whoever comes later waits for it, 10 s at most.
 * While `embedded` gives nothing, a connection is refused as a server's that is still starting.
 */
export function embeddedPool(embedded: () => EmbeddedPostgres | undefined): pg.Pool {
  return new pg.Pool({
    max: 1,
    stream: () => embedded()?.stream() ?? new ThreadStream(0, () => {}).destroy(notReady()),
    host: 'embedded',
    user: 'postgres',
    database: 'postgres',
    password: '',
    ssl: false,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 0,
  })
}
