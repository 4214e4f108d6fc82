import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { thisProcess } from '@gatehouse/platform'
import { v7 as uuidv7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CallEnd, type SpoolRecord, unknownEnd } from './record.js'
import { openSpool, readSpool } from './spool.js'

const call = (prompt = ''): SpoolRecord['call'] => ({
  id: uuidv7(),
  createdAt: new Date().toISOString(),
  principalId: uuidv7(),
  principalKind: 'user',
  keyId: null,
  sessionId: null,
  requestId: `req_${prompt}`,
  endpoint: '/api/v1/llm/call',
  provider: 'demo',
  connection: 'default',
  askedModel: 'echo',
  model: 'echo',
  streamed: false,
})
const success: CallEnd = { ...unknownEnd, status: 'success', errorCode: null, errorMessage: null }

describe('the spool', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'spool-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  /** Makes the files look as if the process that wrote them had died. */
  const orphan = () => {
    for (const name of readdirSync(directory).filter((file) => file.startsWith('calls.'))) {
      const lines = readFileSync(join(directory, name), 'utf8').split('\n')
      const owner = JSON.stringify({ owner: { ...thisProcess(), pid: 2 ** 22 - 1, started: '1' } })
      lines[0] = `${crc32(owner).toString(16).padStart(8, '0')} ${owner}`
      writeFileSync(join(directory, name), lines.join('\n'))
    }
  }

  it('keeps what was appended until it is written, in order, and leaves no file behind', () => {
    const spool = openSpool({ directory })
    const records = [...Array(5)].map(() => ({ call: call(), end: null }))
    for (const record of records) spool.append(record)
    expect(spool.peek(3).map(({ record }) => record.call.id)).toEqual(
      records.slice(0, 3).map((record) => record.call.id),
    )
    spool.written(3)
    expect(spool.waiting()).toBe(2)
    spool.written(2)
    spool.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it('begins a new file when one is full, and deletes each when all in it is written', () => {
    const spool = openSpool({ directory, segmentBytes: 1000 })
    for (let index = 0; index < 10; index++) spool.append({ call: call(), end: null })
    expect(readdirSync(directory).length).toBeGreaterThan(3)
    spool.written(10)
    spool.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it('refuses a new call when too much waits, and still takes the end of one', () => {
    const spool = openSpool({ directory, maxBytes: 300 })
    const begun = call()
    spool.append({ call: begun, end: null })
    expect(() => spool.append({ call: call(), end: null })).toThrowError(
      expect.objectContaining({ code: 'overloaded' }),
    )
    spool.append({ call: begun, end: success })
    spool.close()
  })

  it("takes over a dead process' records and closes the calls that it left open", () => {
    const first = openSpool({ directory })
    const [done, open] = [call(), call()]
    first.append({ call: done, end: null })
    first.append({ call: open, end: null })
    first.append({ call: done, end: success })
    orphan()
    const second = openSpool({ directory })
    const ends = second.peek(10).map(({ record }) => [record.call.id, record.end?.status])
    expect(ends).toEqual([
      [done.id, undefined],
      [open.id, undefined],
      [done.id, 'success'],
      [open.id, 'unknown'],
    ])
    second.written(4)
    second.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it("leaves a living process' file alone", () => {
    const first = openSpool({ directory })
    first.append({ call: call(), end: null })
    const second = openSpool({ directory })
    expect(second.waiting()).toBe(0)
    first.written(1)
    first.close()
    second.close()
  })

  it('F32: leaves out lines that a crash tore or somebody altered, wherever the cut is, and says how many', () => {
    const spool = openSpool({ directory })
    const kept = call()
    spool.append({ call: kept, end: null })
    const [name = ''] = readdirSync(directory)
    const path = join(directory, name)
    const whole = readFileSync(path, 'utf8')
    const line = whole.split('\n')[1] ?? ''
    for (const cut of [1, 8, 9, 20, line.length - 1]) {
      writeFileSync(path, `${whole}${line.slice(0, cut)}`)
      expect(readSpool(path)).toMatchObject({ damaged: 1 })
      expect(readSpool(path).records.map(({ call: { id } }) => id)).toEqual([kept.id, kept.id])
    }
    writeFileSync(path, whole.replace('"provider":"demo"', '"provider":"nope"'))
    expect(readSpool(path)).toEqual({ records: [], damaged: 1 })
    spool.close()
  })

  it('tells of damage once, and goes on', () => {
    const first = openSpool({ directory })
    first.append({ call: call(), end: success })
    orphan()
    const [name = ''] = readdirSync(directory)
    appendFileSync(join(directory, name), 'torn')
    const told: number[] = []
    const second = openSpool({ directory, onDamage: (_file, lines) => told.push(lines) })
    expect(told).toEqual([1])
    expect(second.waiting()).toBe(1)
    second.close()
  })
})
