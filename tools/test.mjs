// npm test: builds what is stale (some tests start real processes), then runs every test. With TEST_NO_SKIP set, as CI
// sets it, a skipped test fails the run: there everything must be present.
import { build } from './build.mjs'
import { runTests } from './run-tests.mjs'

await build({ quiet: true })
const { passed, skipped } = runTests({ args: process.argv.slice(2) })
for (const name of skipped) console.log(`skipped: ${name}`)
const refused = skipped.length > 0 && Boolean(process.env.TEST_NO_SKIP)
if (refused) console.log('TEST_NO_SKIP is set: a skipped test is a failure.')
process.exit(passed && !refused ? 0 : 1)
