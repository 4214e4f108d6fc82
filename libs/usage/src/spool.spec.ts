import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { thisProcess } from '@gatehouse/platform'
import { v7 as uuidv7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CallEnd, type SpoolRecord, unknownEnd } from './record.js'
import { dropRefused, setAside } from './refused.js'
import { openSpool } from './spool.js'
import { readSpool } from './spool-file.js'

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
  /** What the files hold. */
  const onDisk = () =>
    readdirSync(directory).flatMap((name) =>
      readSpool(join(directory, name)).records.map(({ record }) => record.call.id),
    )

  it('keeps what was appended until it is written, in order, and leaves no file behind', () => {
    const spool = openSpool({ directory })
    const records = [...Array(5)].map(() => ({ call: call(), end: success }))
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
    for (let index = 0; index < 10; index++) spool.append({ call: call(), end: success })
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
      expect(readSpool(path).records.map(({ record }) => record.call.id)).toEqual([kept.id])
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

  it('F32: keeps the opening of a call that still runs, however many files begin and end meanwhile', () => {
    const first = openSpool({ directory, segmentBytes: 1000 })
    const running = call()
    first.append({ call: running, end: null })
    for (let index = 0; index < 20; index++) {
      const other = call()
      first.append({ call: other, end: null })
      first.append({ call: other, end: success })
      first.written(first.waiting())
    }
    expect(readdirSync(directory)).toHaveLength(1)
    orphan()
    const second = openSpool({ directory })
    const left = second.peek(10).filter(({ record }) => record.call.id === running.id)
    expect(left.map(({ record }) => record.end?.status)).toEqual([undefined, 'unknown'])
    second.written(second.waiting())
    second.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it('F32: finds the end of a call in another file than its beginning, whichever is read first', () => {
    for (const [opening, ending] of ['0f', 'f0']) {
      const first = openSpool({ directory, segmentBytes: 1 })
      const done = call()
      first.append({ call: done, end: null })
      const [name = ''] = readdirSync(directory)
      first.append({ call: done, end: success })
      const other = readdirSync(directory).find((file) => file !== name) ?? ''
      // Taken over in the order of their names.
      renameSync(join(directory, name), join(directory, `calls.${opening}${name.slice(7)}`))
      renameSync(join(directory, other), join(directory, `calls.${ending}${other.slice(7)}`))
      orphan()
      const second = openSpool({ directory })
      expect(
        second
          .peek(10)
          .map(({ record }) => record.end?.status ?? 'open')
          .sort(),
      ).toEqual(['open', 'success'])
      second.written(2)
      second.close()
      first.close()
    }
  })

  it('goes on when its file is deleted, and writes anew what was in it', async () => {
    const troubles: unknown[] = []
    const spool = openSpool({ directory, touchMs: 10, onError: (error) => troubles.push(error) })
    const [running, waiting] = [call(), call()]
    spool.append({ call: running, end: null })
    spool.written(1)
    spool.append({ call: waiting, end: success })
    for (const name of readdirSync(directory)) unlinkSync(join(directory, name))
    await vi.waitFor(() => expect(onDisk()).toEqual([waiting.id, running.id]))
    expect(String(troubles[0])).toContain('disappeared')
    rmSync(directory, { recursive: true })
    await vi.waitFor(() => expect(onDisk()).toHaveLength(2))
    spool.append({ call: running, end: success })
    spool.written(2)
    spool.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it('counts what was written although its file is gone', () => {
    const spool = openSpool({ directory, segmentBytes: 1 })
    for (let index = 0; index < 3; index++) spool.append({ call: call(), end: success })
    rmSync(directory, { recursive: true })
    spool.written(2)
    expect(spool.waiting()).toBe(1)
    spool.written(1)
    expect(spool.waiting()).toBe(0)
    spool.close()
  })

  it('refuses a new call when the disk takes nothing, and keeps the end of one in memory', () => {
    const troubles: unknown[] = []
    const spool = openSpool({ directory, segmentBytes: 1, onError: (error) => troubles.push(error) })
    const begun = call()
    spool.append({ call: begun, end: null })
    rmSync(directory, { recursive: true })
    writeFileSync(directory, '')
    expect(() => spool.append({ call: call(), end: null })).toThrowError(
      expect.objectContaining({ code: 'unavailable' }),
    )
    spool.append({ call: begun, end: success })
    expect(troubles).toHaveLength(1)
    expect(spool.peek(10).map(({ record }) => record.end?.status)).toEqual([undefined, 'success'])
    spool.written(2)
    spool.close()
  })

  it('hands out no more bytes than were asked for, and at least one record', () => {
    const spool = openSpool({ directory })
    for (let index = 0; index < 4; index++) spool.append({ call: call('x'.repeat(1000)), end: success })
    expect(spool.peek(10, 4000)).toHaveLength(2)
    expect(spool.peek(10, 10)).toHaveLength(1)
    expect(spool.peek(3, 100_000)).toHaveLength(3)
    spool.close()
  })

  it('keeps what was set aside no longer than its time', () => {
    const record = { call: call(), end: success }
    dropRefused(directory, new Date())
    setAside(directory, record, 'new')
    const path = join(directory, 'refused.log')
    const old = readFileSync(path, 'utf8')
      .replace(/"at":"\d{4}/, '"at":"2020')
      .replace('"new"', '"old"')
    writeFileSync(path, old + readFileSync(path, 'utf8'))
    const before = new Date(Date.now() - 86_400_000)
    dropRefused(directory, before)
    expect(readFileSync(path, 'utf8')).toMatch(/^\{"at":"[^"]+","reason":"new"\} [^\n]+\n$/)
    writeFileSync(path, old)
    dropRefused(directory, before)
    expect(readdirSync(directory)).toEqual([])
  })
})
