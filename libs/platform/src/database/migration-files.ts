import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One migration as it lies on disk: `<folder>/<name>/migration.sql`. */
export interface MigrationFile {
  name: string
  sql: string
  /** SHA-256 of the file in hexadecimal, as Prisma records it in `_prisma_migrations`. */
  checksum: string
}

/** The migrations of a folder in the order in which they apply, which is that of their names. */
export function readMigrations(folder: string): MigrationFile[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}
