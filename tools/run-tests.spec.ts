import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { runTests } from './run-tests.mjs'

describe('a run of the tests', { timeout: 60_000 }, () => {
  let cwd: string
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
    mkdirSync(join(cwd, 'node_modules'))
    writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }')
    write('well.spec.mjs', "it('goes well', () => {})")
  })
  afterEach(() => rmSync(cwd, { recursive: true, force: true }))

  const write = (name: string, test: string) => writeFileSync(join(cwd, name), test)
  /** The signal comes before anything else can: the test never ends. */
  const dies = (signal: string) => `process.kill(process.pid, '${signal}'); await new Promise(() => {})`
  const once = (signal: string) => `it('dies once', async () => {
    const { existsSync, writeFileSync } = await import('node:fs')
    if (existsSync('died')) return
    writeFileSync('died', '')
    ${dies(signal)}
  })`
  /** In a process of its own, which keeps what the inner runs print. */
  const run = (): ReturnType<typeof runTests> => {
    const options = { cwd, args: [`--root=${cwd}`, '--globals'] }
    const code = `import { runTests } from ${JSON.stringify(new URL('./run-tests.mjs', import.meta.url).href)}
      const result = runTests(${JSON.stringify(options)})
      console.log('\\n' + JSON.stringify(result))`
    const args = ['--input-type=module', '--eval', code]
    const printed = execFileSync(process.execPath, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '')
  }

  it('goes once more over a file in the middle of which Node died', () => {
    write('died.spec.mjs', once('SIGTRAP'))
    expect(run()).toEqual({ passed: true, skipped: [], again: [join(cwd, 'died.spec.mjs')] })
  })

  it('fails where Node dies again', () => {
    write('died.spec.mjs', `it('dies', async () => { ${dies('SIGSEGV')} })`)
    expect(run()).toMatchObject({ passed: false, again: [join(cwd, 'died.spec.mjs')] })
  })

  it('fails at once where a test fails, or somebody ended a process', () => {
    write('fails.spec.mjs', "it('fails', () => { throw new Error('no') })")
    expect(run()).toEqual({ passed: false, skipped: [], again: [] })
    write('fails.spec.mjs', once('SIGTERM'))
    expect(run()).toMatchObject({ passed: false, again: [] })
  })

  it.each([
    ['cannot be loaded', "import './missing.mjs'"],
    ['fails after its tests', "it('goes well', () => {}); afterAll(() => { throw new Error('no') })"],
  ])('fails where Node died in one file, and another one %s', (_what, test) => {
    write('died.spec.mjs', once('SIGTRAP'))
    write('other.spec.mjs', test)
    expect(run()).toMatchObject({ passed: false, again: [] })
  })

  it('names what was skipped, also beside a file that ran twice', () => {
    write('died.spec.mjs', once('SIGTRAP'))
    write('skips.spec.mjs', "it.skip('is not run', () => {})")
    expect(run()).toMatchObject({ passed: true, skipped: ['is not run'] })
  })
})
