// npm test: builds what is stale (some tests start real processes), then runs every test.
import { spawnSync } from 'node:child_process'
import { build } from './build.mjs'

await build({ quiet: true })
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)],
  { stdio: 'inherit' },
)
process.exit(status ?? 1)
