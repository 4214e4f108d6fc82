// npm test: builds what is stale (some tests start real processes), then runs every test. With TEST_NO_SKIP set, as CI
// sets it, a skipped test fails the run: there everything must be present.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'

await build({ quiet: true })
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
const report = join(folder, 'report.json')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)],
  { stdio: 'inherit' },
)
const skipped = JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(({ assertionResults }) =>
  assertionResults
    .filter((test) => test.status !== 'passed' && test.status !== 'failed')
    .map((test) => test.fullName),
)
rmSync(folder, { recursive: true, force: true })
for (const name of skipped) console.log(`skipped: ${name}`)
if (skipped.length > 0 && process.env.TEST_NO_SKIP)
  console.log('TEST_NO_SKIP is set: a skipped test is a failure.')
process.exit(skipped.length > 0 && process.env.TEST_NO_SKIP ? 1 : (status ?? 1))
