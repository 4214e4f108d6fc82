// Runs a script on Node 24, whatever Node npm itself runs on: the binary comes from npm as an optional
// dependency (no install script, locked by integrity). Where there is none for this platform, npm's own Node
// must be 24 or newer.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
// Apple Silicon's package has another name, and there Node 26: of its 24 nothing but 24.0.0 was published.
const packaged = [`node-${platform}`, `node-bin-${platform}`]
  .map((name) => join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'))
  .find((path) => existsSync(path))
const isNew = Number(process.versions.node.split('.')[0]) >= 24
if (!isNew && !packaged) {
  console.error(
    `Node ${process.versions.node} is too old, and none newer was installed for ${platform}. Install Node 24 or newer; where npm has one for this platform, npm ci without --omit=optional does that.`,
  )
  process.exit(1)
}
const node = isNew ? process.execPath : packaged
const child = spawn(node, process.argv.slice(2), {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
  },
})
let stopping = false
// A terminal signals every process of the group by itself: forwarded once more, it would be the second Ctrl-C.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stopping = true
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  })
}
// npm passes SIGTERM to its shell, and a shell that does not replace itself by its command dies of it without a word
// to us: that our parent is gone is all there is to notice.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid
  setInterval(() => {
    if (stopping || isAlive(parent)) return
    stopping = true
    child.kill('SIGTERM')
  }, 200).unref()
}
child.on('exit', (code, signal) =>
  process.exit(code ?? (signal === 'SIGTERM' || signal === 'SIGINT' ? 0 : 1)),
)

/** Elsewhere than on Windows, an orphan gets another parent. */
function isAlive(parent) {
  if (process.ppid !== parent) return false
  try {
    process.kill(parent, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
