import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../folder.js'
import { type EmbeddedPostgres, startEmbedded } from './embedded.js'
import { lockFolder } from './folder-lock.js'
import type { Say } from './say.js'
import { fillFolder } from './template.js'

/** The embedded database of a data folder, held by this process alone. */
export interface OpenFolder {
  postgres: EmbeddedPostgres
  /** Ends the database, then gives the folder free. */
  close(): Promise<void>
}

/**
 * Opens the embedded database in `<dataDir>/postgres`, making it first where it is not there.
 *
 * @param onCrash called once when the database ends by itself, or another process took the folder away
 * @throws Error in one line when another process holds the folder or the database does not start
 */
export async function openFolder(
  dataDir: string,
  migrations: string,
  say: Say,
  onCrash: (error: Error) => void,
): Promise<OpenFolder> {
  const folder = join(dataDir, 'postgres')
  makeFolder(dataDir, 0o700)
  let postgres: EmbeddedPostgres | undefined
  const lock = await lockFolder(`${folder}.lock`, say, () => {
    onCrash(new Error(`Another process took over ${folder}; this one ended its database to keep it whole.`))
    void postgres?.kill()
  })
  try {
    if (!existsSync(join(folder, 'PG_VERSION'))) {
      say(`Making the embedded database in ${folder}.`, 'info')
      await fillFolder(folder, migrations)
    }
    postgres = await startEmbedded(folder, onCrash)
  } catch (error) {
    await lock.release()
    throw error
  }
  const running = postgres
  return {
    postgres: running,
    async close() {
      try {
        await running.stop()
      } finally {
        await lock.release()
      }
    },
  }
}
