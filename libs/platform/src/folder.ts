import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder, and those above it that are missing; nothing where it is there. Node's own recursive `mkdir` never
 * returns where the folder above is there and says ENOENT all the same, as `/proc` does.
 *
 * @param mode of each folder that is made
 * @throws the error of the system
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, mode)
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
    const above = dirname(path)
    const aboveIsMissing = Reflect.get(Object(error), 'code') === 'ENOENT' && !existsSync(above)
    if (!aboveIsMissing) throw error
    makeFolder(above, mode)
    makeFolder(path, mode)
  }
}
