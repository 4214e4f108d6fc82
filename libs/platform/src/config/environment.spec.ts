import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEnvironment } from './environment.js'
import { nearestName } from './nearest.js'

describe('.env', () => {
  let folder: string
  let before: NodeJS.ProcessEnv
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
    before = { ...process.env }
  })
  afterEach(() => {
    process.env = before
    rmSync(folder, { recursive: true, force: true })
  })
  const read = (text: string) => {
    writeFileSync(join(folder, '.env'), text)
    return readEnvironment(folder)
  }

  it('is read below the real environment, and blank values are none', () => {
    process.env.GATEHOUSE_TEST_A = 'real'
    const { values, inFile } = read(
      '\uFEFFGATEHOUSE_TEST_A=file\nGATEHOUSE_TEST_B=" b "\nGATEHOUSE_TEST_C=\n',
    )
    expect(values).toMatchObject({ GATEHOUSE_TEST_A: 'real', GATEHOUSE_TEST_B: ' b ' })
    expect(values).not.toHaveProperty('GATEHOUSE_TEST_C')
    expect(inFile).toEqual(['GATEHOUSE_TEST_A', 'GATEHOUSE_TEST_B', 'GATEHOUSE_TEST_C'])
  })

  it('says which of its lines set nothing', () => {
    const lines = [
      '# a comment',
      'GATEHOUSE_TEST_A=1 # another',
      'GATEHOUSE_TEST_B 2',
      '  export GATEHOUSE_TEST_C = "1',
      'a line of the same value',
      '2"',
      '',
      'GATEHOUSE_TEST_D: 4',
      "GATEHOUSE_TEST_E=it's",
      'GATEHOUSE TEST F=6',
      "GATEHOUSE_TEST_G='7",
    ]
    for (const end of ['\n', '\r\n']) expect(read(lines.join(end)).unreadableLines).toEqual([3, 8, 10, 11])
    expect(read('').unreadableLines).toEqual([])
  })
})

describe('a name that is unknown', () => {
  const known = ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'HOST', 'LOG_DIR', 'JWT_SECRET']

  it.each([
    ['OPENAI_API_KEYS', 'OPENAI_API_KEY'],
    ['OPENAI_AIP_KEY', 'OPENAI_API_KEY'],
    ['JWT_SECRT', 'JWT_SECRET'],
    ['OPENAI_ORGANIZATION', undefined],
    ['HOME', undefined],
    ['LOG_DIRS', undefined],
  ])('%s may be meant as %s', (name, meant) => {
    expect(nearestName(name, known)).toBe(meant)
  })
})
