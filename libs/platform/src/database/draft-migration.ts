import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbedded } from './embedded.js'
import { migrateNew } from './migrate.js'
import { embeddedPool } from './pool.js'
import { everything, startEngine } from './schema-engine.js'

/**
 * Compares the Prisma schema with the migrations, offline: applies them to an empty database in memory and asks
 * Prisma's schema engine for the difference. What `prisma migrate dev --create-only` would write.
 *
 * @param schema folder of the `.prisma` files
 * @param migrations folder of the migrations
 * @returns the SQL of the next migration; null when schema and migrations agree
 * @throws Error with the engine's words when a migration or the schema is not valid
 */
export async function draftMigration(schema: string, migrations: string): Promise<string | null> {
  const files = readdirSync(schema)
    .filter((name) => name.endsWith('.prisma'))
    .sort()
    .map((name) => ({ path: join(schema, name), content: readFileSync(join(schema, name), 'utf8') }))
  const database = await startEmbedded(null, () => {})
  const session = embeddedPool(() => database)
  const pool = embeddedPool(() => database)
  try {
    await migrateNew(session, migrations).finally(() => session.end())
    const { engine } = await startEngine(pool)
    const difference = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: schema },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: everything,
    })
    return difference.exitCode === 0 ? null : difference.stdout
  } finally {
    await pool.end()
    await database.stop()
  }
}
