// A reporter of vitest: writes to TEST_DEATHS in which files Node itself died, and how many other errors there were that
// are no test's.
import { writeFileSync } from 'node:fs'

/** V8 gives up by a trap, and a fault in code that it has made ends in the other two. */
const death = /Worker exited unexpectedly with signal SIG(?:TRAP|SEGV|ILL) .*while running test file (\S+)$/

export default class ReportDeaths {
  onTestRunEnd(_modules, errors) {
    const died = errors.map(({ cause }) => death.exec(cause?.message ?? '')?.[1])
    const files = [...new Set(died.filter((file) => file !== undefined))]
    const others = died.filter((file) => file === undefined).length
    writeFileSync(process.env.TEST_DEATHS, JSON.stringify({ died: files, others }))
  }
}
