// npm run dev: builds on every change and restarts the gateway.
import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { build } from './build.mjs'

let gateway
let timer
let busy = Promise.resolve()

async function restart() {
  try {
    await build({ quiet: true })
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return
  }
  if (gateway && gateway.exitCode === null) {
    const ended = new Promise((resolve) => gateway.once('exit', resolve))
    gateway.kill('SIGTERM')
    await ended
  }
  gateway = spawn(process.execPath, ['--enable-source-maps', 'dist/apps/gateway/src/main.js'], {
    stdio: 'inherit',
  })
}

for (const folder of ['apps', 'libs', 'prisma']) {
  watch(folder, { recursive: true }, (_event, file) => {
    if (!file || /generated|\.spec\.ts$|\.e2e-spec\.ts$/.test(file)) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      busy = busy.then(restart)
    }, 150)
  })
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (!gateway || gateway.exitCode !== null) process.exit(0)
    gateway.once('exit', () => process.exit(0))
    // A terminal has signalled the gateway too.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) gateway.kill('SIGTERM')
  })
}
busy = busy.then(restart)
