import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { apart, withoutTraces } from './build.mjs'

describe('what a failed build prints', () => {
  it("is the mistake, without the stack of the compiler's machine code", () => {
    const trace =
      'Caused by:\n    Syntax Error\n\nStack backtrace:\n   0: <unknown>\n   1: worker\n             at /x.c:123:5\n'
    const shown = `  x Expression expected\n    ,-[a.ts:1:1]\n    \`----\n`
    expect(withoutTraces(`${shown}\n\n${trace}${shown}\n\n${trace}Failed to compile 2 files with swc.`)).toBe(
      `${shown}${shown}Failed to compile 2 files with swc.`,
    )
  })
})

describe('a step of the build, in a process of its own', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-build-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const module = (text: string) => {
    const path = join(folder, 'step.mjs')
    writeFileSync(path, text)
    return path
  }

  it('does its work, and shows what it warns of', async () => {
    const shown = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      const text = `import { writeFileSync } from 'node:fs'
        export async function step(path) { console.warn('large'); writeFileSync(path, 'done'); setInterval(() => {}, 1000) }`
      await apart(module(text), 'step', join(folder, 'made'))
      expect(readFileSync(join(folder, 'made'), 'utf8')).toBe('done')
      expect(shown).toHaveBeenCalledWith('large\n')
    } finally {
      shown.mockRestore()
    }
  })

  it.each([
    ["throw new Error('no such page')", 'no such page'],
    ["throw 'a text'", 'a text'],
    ["setInterval(() => {}, 1000); throw new Error('left open')", 'left open'],
    ['throw undefined', 'undefined'],
  ])('that fails by %s says so, and ends', async (body, words) => {
    const failed = apart(module(`export async function step() { ${body} }`), 'step')
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: words })
  })

  it.skipIf(process.platform === 'win32')('ends with the build that a signal ends', async () => {
    const path = module(`import { writeFileSync } from 'node:fs'
      export async function step(pid) { writeFileSync(pid, String(process.pid)); await new Promise((end) => setTimeout(end, 60_000)) }`)
    const pid = join(folder, 'pid')
    const build = pathToFileURL(resolve('tools/build.mjs')).href
    const call = `(await import(${JSON.stringify(build)})).apart(${JSON.stringify(path)}, 'step', ${JSON.stringify(pid)})`
    const building = spawn(process.execPath, ['--input-type=module', '--eval', call])
    const ended = new Promise((end) => building.once('exit', (_code, signal) => end(signal)))
    const step = await vi.waitFor(() => Number(readFileSync(pid, 'utf8')) || expect.fail(), 20_000)
    building.kill('SIGTERM')
    expect(await ended).toBe('SIGTERM')
    await vi.waitFor(() => expect(() => process.kill(step, 0)).toThrow('ESRCH'), 10_000)
  })
})
