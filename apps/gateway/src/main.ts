import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { answerTo } from './command-line.js'

// Nothing else is loaded before it is known that a gateway is wanted.
const manifest = new URL('../../../../package.json', import.meta.url)
const answer = answerTo(
  process.argv.slice(2),
  () => (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version,
)
if (answer === null) {
  // Bodies lie outside V8's heap. By itself it looks at the whole heap for every 64 MB of them, six times a second under
  // large ones; so they count beside the heap, and are looked at when both together have grown.
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  await import('./start.js')
} else {
  process[answer.code === 0 ? 'stdout' : 'stderr'].write(`${answer.text}\n`)
  process.exitCode = answer.code
}
