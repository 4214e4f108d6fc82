/** Runs the tests, and once more those files in the middle of which Node itself died. */
export function runTests(options?: {
  /** For vitest; an option with a value in one, as `--root=…`. */
  args?: string[]
  /** Where vitest looks for its configuration; the repository unless given. */
  cwd?: string
}): {
  passed: boolean
  /** Names of tests that did not run. */
  skipped: string[]
  /** Files that were run once more. */
  again: string[]
}
