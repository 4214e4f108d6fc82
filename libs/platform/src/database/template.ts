import { createHash, randomUUID } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { startEmbedded } from './embedded.js'
import { migrateNew } from './migrate.js'
import { readMigrations } from './migration-files.js'
import { packageRoot } from './package-root.js'
import { embeddedPool } from './pool.js'

/**
 * Makes the template of the embedded database, an initialised and migrated folder under `dist/`, unless it is there.
 * Copying it takes a tenth of the seconds that initdb and the first migrations take.
 *
 * @returns the folder
 */
export async function makeTemplate(migrations: string): Promise<string> {
  const template = await templateFolder(migrations)
  if (existsSync(template)) return template
  const parent = dirname(template)
  await mkdir(parent, { recursive: true })
  const draft = `${template}.${randomUUID()}`
  const database = await startEmbedded(draft, () => {})
  const pool = embeddedPool(() => database)
  try {
    await migrateNew(pool, migrations)
    await pool.end()
    await database.stop()
  } catch (error) {
    await database.kill()
    await rm(draft, { recursive: true, force: true })
    throw error
  }
  await moveUnlessThere(draft, template)
  await removeOld(parent, template)
  return template
}

/**
 * Fills the folder of an embedded database that does not exist yet, from the template or, where there is none, by
 * initdb. The folder appears whole or not at all, whenever the process is killed.
 */
export async function fillFolder(folder: string, migrations: string): Promise<void> {
  const draft = `${folder}.new`
  await rm(draft, { recursive: true, force: true })
  const template = await templateFolder(migrations)
  if (existsSync(template)) await cp(template, draft, { recursive: true, mode: constants.COPYFILE_FICLONE })
  else await (await startEmbedded(draft, () => {})).stop()
  // Emscripten makes files that everyone may read.
  await chmod(draft, 0o700)
  await rename(draft, folder)
}

/** Named after all that went into it: another version of Postgres or of the migrations makes another template. */
async function templateFolder(migrations: string): Promise<string> {
  const pglite = dirname(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')))
  const hash = createHash('sha256').update(await readFile(join(pglite, 'package.json')))
  for (const { name, checksum } of readMigrations(migrations)) hash.update(name).update(checksum)
  return join(packageRoot(), 'dist', 'postgres-template', hash.digest('hex').slice(0, 16))
}

/** Removes templates of other versions, and drafts whose maker was killed. */
async function removeOld(parent: string, template: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const folder = join(parent, name)
    const draftAge = name.includes('.') ? Date.now() - (await stat(folder)).mtimeMs : Number.POSITIVE_INFINITY
    if (folder !== template && draftAge > 600_000) await rm(folder, { recursive: true, force: true })
  }
}

async function moveUnlessThere(draft: string, target: string): Promise<void> {
  await rename(draft, target).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  })
}
