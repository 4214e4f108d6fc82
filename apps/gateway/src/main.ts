import { readFileSync } from 'node:fs'
import { answerTo } from './command-line.js'

// Nothing else is loaded before it is known that a gateway is wanted.
const manifest = new URL('../../../../package.json', import.meta.url)
const answer = answerTo(
  process.argv.slice(2),
  () => (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version,
)
if (answer === null) await import('./start.js')
else {
  process[answer.code === 0 ? 'stdout' : 'stderr'].write(`${answer.text}\n`)
  process.exitCode = answer.code
}
