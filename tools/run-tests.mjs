import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Now and then Node dies of a fault of its own while it compiles the embedded Postgres
 * (https://github.com/nodejs/node/issues/64500): a trap of V8's, not ours. A test that fails is never run again.
 */
export function runTests({ args = [], cwd = root } = {}) {
  const first = run(args, cwd)
  const again = first.failed ? [] : first.died
  if (again.length === 0) return { passed: first.status === 0, skipped: first.skipped, again }
  for (const file of again) console.log(`Node died in the middle of ${file}, which is run once more.`)
  const second = run([...args, ...again], cwd)
  const ran = new Set(again)
  const skipped = [...first.tests.filter(({ file }) => !ran.has(file)), ...second.tests]
  return { passed: second.status === 0, skipped: names(skipped), again }
}

/** One run, and what became of each test. `failed`: something is wrong that is no death of Node's. */
function run(args, cwd) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
  const report = join(folder, 'report.json')
  const deaths = join(folder, 'deaths.json')
  const reporters = [
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    `--reporter=${join(root, 'tools/report-deaths.mjs')}`,
  ]
  try {
    const { status } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...reporters, ...args],
      { stdio: 'inherit', cwd, env: { ...process.env, TEST_DEATHS: deaths } },
    )
    // Without a report vitest itself has failed, and has said why.
    if (!existsSync(report) || !existsSync(deaths))
      return { status: status || 1, died: [], failed: true, tests: [], skipped: [] }
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
    const { died, others } = JSON.parse(readFileSync(deaths, 'utf8'))
    const tests = testResults.flatMap(({ name: file, assertionResults }) =>
      assertionResults.map(({ status: state, fullName }) => ({ file, state, name: fullName })),
    )
    // A file fails without any test of it where it cannot be loaded, and where what comes after its tests fails.
    const failed =
      others > 0 ||
      testResults.some(({ name, status: state }) => state === 'failed' && !died.includes(name)) ||
      tests.some(({ state }) => state === 'failed')
    return { status, died, failed, tests, skipped: names(tests) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const names = (tests) =>
  tests.filter(({ state }) => state !== 'passed' && state !== 'failed').map(({ name }) => name)
