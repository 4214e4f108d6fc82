import { describe, expect, it } from 'vitest'
import { withoutTraces } from './build.mjs'

describe('what a failed build prints', () => {
  it("is the mistake, without the stack of the compiler's machine code", () => {
    const trace =
      'Caused by:\n    Syntax Error\n\nStack backtrace:\n   0: <unknown>\n   1: worker\n             at /x.c:123:5\n'
    const shown = `  x Expression expected\n    ,-[a.ts:1:1]\n    \`----\n`
    expect(withoutTraces(`${shown}\n\n${trace}${shown}\n\n${trace}Failed to compile 2 files with swc.`)).toBe(
      `${shown}${shown}Failed to compile 2 files with swc.`,
    )
  })
})
