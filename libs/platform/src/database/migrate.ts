import pg from 'pg'
import { type MigrationFile, readMigrations } from './migration-files.js'
import type { Say } from './say.js'
import { everything, migrationList, startEngine } from './schema-engine.js'

/** Prisma's own lock, so that `prisma migrate deploy` in another process waits for us, and we for it. */
const lockKey = 72707369

/** A row of `_prisma_migrations`. */
interface MigrationRecord {
  id: string
  migration_name: string
  checksum: string
  logs: string | null
  finished: boolean
  rolled_back: boolean
}

/** A migration that failed, now or at an earlier start. The message names it, the SQL error and the way out. */
export class MigrationError extends Error {
  readonly migration: string
  /** The message without the way out, which is for a database that is to be kept. */
  readonly reason: string

  constructor(migration: string, reason: string, cause?: unknown) {
    super(`${reason} ${wayOut(migration)}`, { cause })
    this.name = 'MigrationError'
    this.migration = migration
    this.reason = reason
  }
}

/**
 * Brings a database up to date with a folder of migrations, as `prisma migrate deploy` does.
 *
 * @param session pool of one connection; the lock lives on it
 * @returns the names applied now
 * @throws MigrationError when one fails, or failed before and was not marked as mended
 */
export async function migrate(session: pg.Pool, folder: string, say: Say): Promise<string[]> {
  const files = readMigrations(folder)
  if (isCurrent(files, await records(session), say)) return []
  await lock(session, say)
  try {
    // Read again: another process may have done the work while this one waited.
    const before = await records(session)
    refuseFailed(before)
    if (isCurrent(files, before, say)) return []
    return await apply(session, folder, files)
  } finally {
    await session.query(`SELECT pg_advisory_unlock(${lockKey})`).catch(() => {})
  }
}

/**
 * Applies every migration to a new database that nobody will miss.
 *
 * @throws Error naming the migration and the SQL error: the migration itself is wrong
 */
export async function migrateNew(session: pg.Pool, folder: string): Promise<void> {
  try {
    await migrate(session, folder, () => {})
  } catch (error) {
    throw error instanceof MigrationError ? new Error(error.reason, { cause: error }) : error
  }
}

async function records(session: pg.Pool): Promise<MigrationRecord[]> {
  try {
    const { rows } = await session.query<MigrationRecord>(
      `SELECT id, migration_name, checksum, logs, finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS rolled_back
       FROM _prisma_migrations ORDER BY started_at`,
    )
    return rows
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '42P01') return []
    throw error
  }
}

/** True when nothing is to be applied and nothing failed. Says what is odd but no reason to stop. */
function isCurrent(files: MigrationFile[], rows: MigrationRecord[], say: Say): boolean {
  const counted = rows.filter((row) => !row.rolled_back)
  const applied = new Map(
    counted.filter((row) => row.finished).map((row) => [row.migration_name, row.checksum]),
  )
  if (applied.size < counted.length || files.some(({ name }) => !applied.has(name))) return false
  for (const { name, checksum } of files) {
    if (applied.get(name) !== checksum)
      say(
        `Migration ${name} was changed after this database applied it; write a new migration instead.`,
        'warn',
      )
  }
  const known = new Set(files.map(({ name }) => name))
  const newer = [...applied.keys()].filter((name) => !known.has(name))
  // A rollback of the program: migrations expand first and contract a release later, so the older code can run.
  if (newer.length > 0) say(`The database is newer than this program: it has ${newer.join(', ')}.`, 'warn')
  return true
}

function refuseFailed(rows: MigrationRecord[]): void {
  const failed = rows.find((row) => !row.finished && !row.rolled_back)
  if (failed)
    throw new MigrationError(
      failed.migration_name,
      `Migration ${failed.migration_name} did not finish at an earlier start: ${failed.logs?.trim().split('\n')[0] || 'it was interrupted'}.`,
    )
}

async function lock(session: pg.Pool, say: Say): Promise<void> {
  const { rows } = await session.query<{ free: boolean }>(`SELECT pg_try_advisory_lock(${lockKey}) AS free`)
  if (rows[0]?.free) return
  say('Another process is migrating the database; waiting for it.', 'info')
  await session.query("SET lock_timeout = '5min'")
  await session.query(`SELECT pg_advisory_lock(${lockKey})`)
  await session.query('SET lock_timeout = 0')
}

async function apply(session: pg.Pool, folder: string, files: MigrationFile[]): Promise<string[]> {
  const { engine, scriptError } = await startEngine(session)
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: migrationList(folder, files),
      filters: everything,
    })
    return appliedMigrationNames
  } catch (error) {
    const reason = scriptError()
    const failed = (await records(session)).find((row) => !row.finished && !row.rolled_back)
    if (!failed || !reason) throw reason ?? inOneLine(error)
    const sql = files.find(({ name }) => name === failed.migration_name)?.sql ?? ''
    const line = reason.position ? ` in line ${sql.slice(0, Number(reason.position)).split('\n').length}` : ''
    const words = `${reason.message}${reason.detail ? ` (${reason.detail})` : ''} [${reason.code}]`
    // The engine knows only that its driver failed; whoever looks later finds the reason here.
    await session.query('UPDATE _prisma_migrations SET logs = $1 WHERE id = $2', [words, failed.id])
    throw new MigrationError(
      failed.migration_name,
      `Migration ${failed.migration_name} failed${line}: ${words}.`,
      reason,
    )
  } finally {
    engine.free()
  }
}

/** The engine's words hold a trace of many lines. */
function inOneLine(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const [line = ''] = error.message.split('\n')
  return new Error(line.replace(/^ERROR: /, ''), { cause: error })
}

function wayOut(name: string): string {
  return `It ran as one transaction, so nothing of it was kept. Mend the cause, then run "npm run db:migration -- --rolled-back ${name}" and start again; if you applied it by hand, run it with --applied instead.`
}
