import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 1200; !(await condition()); left--) {
    if (left === 0) throw new Error(`it did not come true: ${condition}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

describe.skipIf(process.platform === 'win32')('npm start', () => {
  let dataDir: string
  let url: string
  let npm: ChildProcess
  let output: string
  const answers = () =>
    fetch(`${url}/ready`).then(
      ({ status }) => status === 200,
      () => false,
    )
  // Held from start to clean stop.
  const lockIsThere = () => existsSync(join(dataDir, 'postgres.lock'))

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-'))
    const port = await freePort()
    url = `http://localhost:${port}`
    output = ''
    npm = spawn('npm', ['start'], {
      // A process group of its own, and no terminal.
      detached: true,
      env: {
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST)/.test(name))),
        NODE_ENV: 'development',
        PORT: String(port),
        PUBLIC_URL: url,
        DATA_DIR: dataDir,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [npm.stdout, npm.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    await until(answers)
  }, 90_000)
  afterEach(() => {
    try {
      process.kill(-(npm.pid ?? 0), 'SIGKILL')
    } catch {
      // All of the group is gone, as it should be.
    }
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('F30: SIGTERM to npm alone stops the gateway, which ends cleanly', { timeout: 60_000 }, async () => {
    expect(lockIsThere()).toBe(true)
    npm.kill('SIGTERM')
    await until(() => !lockIsThere())
    await until(async () => !(await answers()))
    expect(output).toContain('SIGTERM: stopping')
    expect(output).not.toContain('stopping at once')
  })

  it('F31: SIGINT to the whole group is one signal, however often it is passed on', {
    timeout: 60_000,
  }, async () => {
    process.kill(-(npm.pid ?? 0), 'SIGINT')
    await until(() => !lockIsThere())
    await until(async () => !(await answers()))
    expect(output).toContain('SIGINT: stopping')
    expect(output).not.toContain('stopping at once')
  })
})
