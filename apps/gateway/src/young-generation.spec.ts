import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

/** Bytes of the young generation of a process that makes and forgets objects for a while. */
async function grown(begin: string): Promise<number> {
  const module = JSON.stringify(new URL('./young-generation.ts', import.meta.url).href)
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { limitYoungGeneration } from ${module}
    ${begin}
    const held = []
    for (let turn = 0; turn < 100; turn++) {
      for (let index = 0; index < 20_000; index++) held.push({ index, list: [index] })
      if (held.length > 200_000) held.splice(0, 100_000)
      await new Promise(setImmediate)
    }
    console.log(getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  return Number(stdout)
}

it('V8’s young generation stays as it begins, then grows to its limit and no further', async () => {
  // What V8 tells is the half in use, and at times the other one too.
  const limit = 8 << 20
  expect([limit, 2 * limit]).toContain(await grown(`limitYoungGeneration(${limit})()`))
  expect(await grown(`limitYoungGeneration(${limit})`)).toBeLessThan(limit)
  expect(await grown('')).toBeGreaterThan(2 * limit)
})
