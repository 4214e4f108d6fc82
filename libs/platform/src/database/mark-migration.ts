import { join } from 'node:path'
import type { DatabaseOptions } from './database.js'
import { openFolder } from './embedded-folder.js'
import { readMigrations } from './migration-files.js'
import { packageRoot } from './package-root.js'
import { embeddedPool, serverSession } from './pool.js'
import { migrationList, startEngine } from './schema-engine.js'

/**
 * Says how a failed migration was mended, as `prisma migrate resolve` does, so that the next start goes on.
 *
 * @param outcome `rolled-back`: nothing of it is in the database, it is to run again; `applied`: it was done by hand
 * @throws Error with the engine's words when the migration is not in a state to be marked
 */
export async function markMigration(
  {
    url,
    dataDir,
    migrations = join(packageRoot(), 'prisma', 'migrations'),
    onProgress: say = () => {},
  }: DatabaseOptions,
  migrationName: string,
  outcome: 'rolled-back' | 'applied',
): Promise<void> {
  const opened = url === undefined ? await openFolder(dataDir, migrations, say, () => {}) : undefined
  const session = opened ? embeddedPool(() => opened.postgres) : serverSession(url ?? '')
  try {
    const { engine } = await startEngine(session)
    if (outcome === 'rolled-back') await engine.markMigrationRolledBack({ migrationName })
    else {
      const migrationsList = migrationList(migrations, readMigrations(migrations))
      await engine.markMigrationApplied({ migrationName, migrationsList })
    }
  } finally {
    await session.end()
    await opened?.close()
  }
}
