import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '@gatehouse/platform'
import { inject } from 'vitest'
import { existingPostgres } from './postgres.js'

/** The Postgres server of this test run, told by the global set-up. */
export type PostgresOfRun = { url: string; template: string } | { missing: string }

declare module 'vitest' {
  interface ProvidedContext {
    postgres: PostgresOfRun
  }
}

/** One kind of database to run tests on. */
export interface TestDatabase {
  kind: 'embedded' | 'postgres'
  /** For the name of a test: the kind, and the reason when it is skipped. */
  title: string
  /** True: there is no such database here; for `describe.skipIf`. */
  skip: boolean
  /** A fresh, migrated database of its own; `close` removes it. */
  open(): Promise<Database>
}

/**
 * The kinds of database that the product runs on, for tests that must pass on each:
 * `describe.each(databases())` does not skip, so write
 * `for (const { title, skip, open } of databases()) describe.skipIf(skip)(\`accounts on ${title}\`, …)`.
 */
export function databases(): TestDatabase[] {
  const server = inject('postgres')
  const missing = 'missing' in server ? server.missing : undefined
  return [
    { kind: 'embedded', title: 'embedded', skip: false, open: openEmbeddedDatabase },
    {
      kind: 'postgres',
      title: missing === undefined ? 'postgres' : `postgres (skipped: ${missing})`,
      skip: missing !== undefined,
      open: openPostgresDatabase,
    },
  ]
}

/** A fresh, migrated embedded database in a folder of its own; `close` removes it. */
export async function openEmbeddedDatabase(): Promise<Database> {
  const { openDatabase } = await import('@gatehouse/platform')
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-test-'))
  const database = await openDatabase({ dataDir })
  return closing(database, () => rm(dataDir, { recursive: true, force: true }))
}

/** A fresh, migrated database on the run's Postgres server; `close` drops it. Throws when there is no server. */
export async function openPostgresDatabase(): Promise<Database> {
  const { openDatabase } = await import('@gatehouse/platform')
  const { url, drop } = await createPostgresDatabase()
  return closing(await openDatabase({ url, dataDir: tmpdir(), poolSize: 5 }), drop)
}

/**
 * A fresh database on the run's Postgres server, for a program that opens it itself.
 *
 * @param options empty: without the migrations
 * @throws Error when there is no server
 */
export async function createPostgresDatabase({
  empty = false,
} = {}): Promise<{ url: string; drop(): Promise<void> }> {
  const server = inject('postgres')
  if ('missing' in server) throw new Error(server.missing)
  const postgres = existingPostgres(server.url)
  const name = await postgres.createDatabase(empty ? {} : { template: server.template })
  return { url: postgres.url(name), drop: () => postgres.dropDatabase(name) }
}

function closing(database: Database, clean: () => Promise<void>): Database {
  return {
    ...database,
    async close() {
      await database.close()
      await clean()
    },
  }
}
