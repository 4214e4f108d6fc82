import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '@gatehouse/platform'

const manifest = readFileSync(join(packageRoot(), 'package.json'), 'utf8')

/** Of this program, as its package.json has it. */
export const { version } = JSON.parse(manifest) as { version: string }
