// npm run dev: builds on every change and restarts the gateway.
import { spawn } from 'node:child_process'
import { watch } from 'chokidar'
import { build } from './build.mjs'

/** What the gateway is made of, and `.env`. A file may be absent. */
const watched = [
  'apps',
  'libs',
  'prisma',
  '.env',
  'gatehouse.yaml',
  '.swcrc',
  'nest-cli.json',
  'tsconfig.json',
]
/** What the build makes itself, tests, and drafts of editors. */
const ignored = /[\\/](generated|node_modules)([\\/]|$)|\.(spec|e2e-spec)\.ts$|~$|\.sw[a-z]$/

let gateway
let timer
let busy = Promise.resolve()
let stopping = false

async function restart() {
  if (stopping) return
  try {
    await build({ quiet: true })
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error(
      `Waiting for a change.${gateway?.exitCode === null ? ' What was built before runs on.' : ''}`,
    )
    return
  }
  if (gateway && gateway.exitCode === null) {
    const ended = new Promise((resolve) => gateway.once('exit', resolve))
    gateway.kill('SIGTERM')
    await ended
  }
  if (stopping) return
  gateway = spawn(process.execPath, ['--enable-source-maps', 'dist/apps/gateway/src/main.js'], {
    stdio: 'inherit',
  })
}

// Not fs.watch: it follows a file's inode, and an editor's save, sed -i and git put another one in its place.
watch(watched, { ignored: (path) => ignored.test(path), ignoreInitial: true }).on('all', () => {
  clearTimeout(timer)
  timer = setTimeout(() => {
    busy = busy.then(restart)
  }, 150)
})
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopping = true
    if (!gateway || gateway.exitCode !== null) process.exit(0)
    gateway.once('exit', () => process.exit(0))
    // A terminal has signalled the gateway too.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) gateway.kill('SIGTERM')
  })
}
busy = busy.then(restart)
