import { type ChildProcess, spawn } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** Prints that it starts, and with what; ends when asked to. */
const gateway = `import { readFileSync } from 'node:fs'
console.log('started ' + readFileSync('libs/part.ts', 'utf8').trim())
process.on('SIGTERM', () => process.exit(0))
setInterval(() => {}, 1000)`

const build = `import { readFileSync } from 'node:fs'
export async function build() {
  if (readFileSync('libs/part.ts', 'utf8').includes('= =')) throw new Error('It does not compile.')
}`

describe('npm run dev', () => {
  let root: string
  let dev: ChildProcess
  let output: string
  const file = (path: string) => join(root, path)
  const starts = () => output.split('\n').filter((line) => line.startsWith('started')).length
  const until = async (condition: () => boolean) => {
    for (let left = 300; !condition(); left--) {
      if (left === 0) throw new Error(`it did not come true: ${condition}\n${output}`)
      await new Promise((done) => setTimeout(done, 50))
    }
  }

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'gatehouse-dev-'))
    for (const folder of ['apps', 'libs', 'prisma', 'tools', 'dist/apps/gateway/src'])
      mkdirSync(file(folder), { recursive: true })
    copyFileSync('tools/dev.mjs', file('tools/dev.mjs'))
    writeFileSync(file('tools/build.mjs'), build)
    writeFileSync(file('libs/part.ts'), 'one')
    writeFileSync(file('package.json'), '{"type":"module"}')
    writeFileSync(file('dist/apps/gateway/src/main.js'), gateway)
    symlinkSync(resolve('node_modules'), file('node_modules'))
    output = ''
    dev = spawn(process.execPath, ['tools/dev.mjs'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [dev.stdout, dev.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    await until(() => starts() === 1)
    // The watcher looks around first.
    await new Promise((done) => setTimeout(done, 1000))
  })
  afterEach(async () => {
    const ended = new Promise((done) => dev.once('exit', done))
    dev.kill('SIGTERM')
    await ended
    rmSync(root, { recursive: true, force: true })
  })

  it('sees a file that was replaced by another, again and again, and one that was touched', async () => {
    for (const [index, text] of ['two', 'three', 'four'].entries()) {
      writeFileSync(file('draft'), text)
      renameSync(file('draft'), file('libs/part.ts'))
      await until(() => starts() === index + 2)
      expect(output).toContain(`started ${text}`)
    }
    const now = new Date()
    utimesSync(file('libs/part.ts'), now, now)
    await until(() => starts() === 5)
  })

  it('sees .env come and change', async () => {
    writeFileSync(file('.env'), 'PORT=1')
    await until(() => starts() === 2)
    writeFileSync(file('.env'), 'PORT=2')
    await until(() => starts() === 3)
  })

  it('says what does not compile, and goes on with what was built before', async () => {
    writeFileSync(file('libs/part.ts'), 'const x = = 1')
    await until(() => output.includes('What was built before runs on.'))
    expect(output).toContain('It does not compile.')
    writeFileSync(file('libs/part.ts'), 'two')
    await until(() => output.includes('started two'))
    expect(starts()).toBe(2)
  })
})
