import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { SystemStatus } from '@gatehouse/contracts'
import { type Database, packageRoot } from '@gatehouse/platform'

/** What the database says of itself. @throws what a database that is away throws */
export async function databaseStatus({ client, kind }: Database): Promise<SystemStatus['database']> {
  const [row] = await client.$queryRaw<{ version: string; size: number | null }[]>`
    SELECT current_setting('server_version') AS "version", pg_database_size(current_database())::float8 AS "size"`
  // Of Prisma's own table: https://www.prisma.io/docs/orm/prisma-migrate/understanding-prisma-migrate/migration-histories
  const done = await client.$queryRaw<{ name: string }[]>`
    SELECT DISTINCT "migration_name" AS "name" FROM "_prisma_migrations"
    WHERE "finished_at" IS NOT NULL AND "rolled_back_at" IS NULL`
  const applied = new Set(done.map(({ name }) => name))
  return {
    kind: kind === 'embedded' ? 'embedded' : 'server',
    version: row?.version ?? null,
    size_bytes: row?.size ?? null,
    migrations: {
      applied: applied.size,
      pending: migrationsOfThisVersion().filter((name) => !applied.has(name)).length,
    },
  }
}

function migrationsOfThisVersion(): string[] {
  return readdirSync(join(packageRoot(), 'prisma', 'migrations'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
}
