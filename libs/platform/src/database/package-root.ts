import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds `prisma/`: the repository, or the image's folder beside `dist/`. */
export function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url))
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'prisma', 'migrations'))) return folder
    if (folder === dirname(folder)) throw new Error(`No folder prisma/migrations above ${start}`)
  }
}
