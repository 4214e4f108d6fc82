// Runs a script on Node 24, whatever Node npm itself runs on: the binary comes from npm as an optional
// dependency (no install script, locked by integrity). Where there is none for this platform, npm's own Node
// must be 22 or newer.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const platform = process.platform === 'win32' ? 'win' : process.platform
const packaged = join(
  root,
  'node_modules',
  `node-${platform}-${process.arch}`,
  'bin',
  platform === 'win' ? 'node.exe' : 'node',
)
const major = Number(process.versions.node.split('.')[0])
const node = major >= 24 ? process.execPath : existsSync(packaged) ? packaged : process.execPath
if (node === process.execPath && major < 22) {
  console.error(
    `Node ${process.versions.node} is too old and no Node 24 was installed for ${platform}-${process.arch}. Install Node 24, or run npm ci without --omit=optional.`,
  )
  process.exit(1)
}
const child = spawn(node, process.argv.slice(2), {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
  },
})
// A terminal signals every process of the group by itself: forwarded once more, it would be the second Ctrl-C.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  })
}
child.on('exit', (code, signal) =>
  process.exit(code ?? (signal === 'SIGTERM' || signal === 'SIGINT' ? 0 : 1)),
)
