import { randomUUID } from 'node:crypto'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { type ProcessIdentity, thisProcess } from '@gatehouse/platform'
import { v7 as uuidv7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CallEnd, type SpoolRecord, unknownEnd } from './record.js'
import { checked, LinePages, type RecordLine } from './record-line.js'
import { textOf } from './record-text.js'
import { dropRefused, setAside } from './refused.js'
import { type Entry, openSpool, type Spool } from './spool.js'
import { readSpool, recordOf } from './spool-file.js'

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

/** What waits as a line, read as from a file. */
const recordIn = ({ line: { row, contentRow } }: Entry): SpoolRecord => {
  const record = recordOf(contentRow === null ? row : `${row}\t${contentRow}`)
  if (!record) throw new Error('no record')
  return record
}
/** Ends calls by what they were opened as, as the call log does. */
const openings = new WeakMap<SpoolRecord['call'], Entry>()
const append = (spool: Spool, record: SpoolRecord): Promise<Error | null> => {
  const entry = spool.append(textOf(record), record.end ? openings.get(record.call) : undefined)
  if (!record.end) openings.set(record.call, entry)
  return entry.committed
}
const success: CallEnd = { ...unknownEnd, status: 'success', errorCode: null, errorMessage: null }

describe('the spool', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'spool-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  /** Makes the files look as if the process that wrote them had died, or were another that cannot be asked. */
  const orphan = (traits: Partial<ProcessIdentity> = { pid: 2 ** 22 - 1, started: '1' }) => {
    for (const name of readdirSync(directory).filter((file) => file.startsWith('calls.'))) {
      const lines = readFileSync(join(directory, name), 'utf8').split('\n')
      const owner = JSON.stringify({ owner: { ...thisProcess(), ...traits } })
      lines[0] = `${crc32(owner).toString(16).padStart(8, '0')} ${owner}`
      writeFileSync(join(directory, name), lines.join('\n'))
    }
  }
  /** What the files hold. */
  const onDisk = () =>
    readdirSync(directory).flatMap((name) =>
      readSpool(join(directory, name)).records.map(({ call: { id } }) => id),
    )

  it('keeps what was appended until it is written, in order, and leaves no file behind', async () => {
    const spool = openSpool({ directory })
    const records = [...Array(5)].map(() => ({ call: call(), end: success }))
    for (const record of records) await append(spool, record)
    expect(
      spool
        .peek(3)
        .map(recordIn)
        .map((record) => record.call.id),
    ).toEqual(records.slice(0, 3).map((record) => record.call.id))
    spool.written(3)
    expect(spool.waiting()).toBe(2)
    spool.written(2)
    spool.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it('begins a new file when one is full, and deletes each when all in it is written', async () => {
    const spool = openSpool({ directory, segmentBytes: 1000 })
    for (let index = 0; index < 10; index++) await append(spool, { call: call(), end: success })
    expect(readdirSync(directory).length).toBeGreaterThan(3)
    spool.written(10)
    spool.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it('refuses a new call when too much waits, and still takes the end of one', async () => {
    const spool = openSpool({ directory, maxBytes: 300 })
    const begun = call()
    await append(spool, { call: begun, end: null })
    expect(() => append(spool, { call: call(), end: null })).toThrowError(
      expect.objectContaining({ code: 'overloaded' }),
    )
    await append(spool, { call: begun, end: success })
    spool.close()
  })

  describe('with what was said', () => {
    /** The end of a call with so many bytes of words. */
    const said = (length: number): CallEnd => ({
      ...success,
      content: { prompt: 'x'.repeat(length), response: null, parameters: {} },
    })
    const kept = (spool: ReturnType<typeof openSpool>) =>
      spool
        .peek(100)
        .map(recordIn)
        .flatMap((record) => (record.end ? [record.end.content !== null] : []))

    it("leaves out one member's words when too many wait, and refuses nobody a call", async () => {
      const troubles: unknown[] = []
      const spool = openSpool({
        directory,
        maxBytes: 100_000,
        maxContentBytes: 400_000,
        onError: (error) => troubles.push(error),
      })
      const member = uuidv7()
      for (let index = 0; index < 10; index++) {
        const large = { ...call(), principalId: member }
        await append(spool, { call: large, end: null })
        await append(spool, { call: large, end: said(40_000) })
      }
      expect(kept(spool)).toEqual([true, true, ...Array(8).fill(false)])
      await append(spool, { call: call(), end: said(40_000) })
      expect(kept(spool).at(-1)).toBe(true)
      spool.written(spool.waiting())
      const later = { ...call(), principalId: member }
      await append(spool, { call: later, end: said(40_000) })
      expect(kept(spool)).toEqual([true])
      spool.close()
      expect(troubles.map(String)).toEqual([expect.stringContaining('said in 8 calls is not kept')])
    })

    it('leaves words out when those of all are too many, and takes a first that is larger than a share', async () => {
      const spool = openSpool({ directory, maxContentBytes: 400_000 })
      for (const length of [200_000, 90_000, 90_000, 90_000])
        await append(spool, { call: call(), end: said(length) })
      expect(kept(spool)).toEqual([true, true, true, false])
      spool.close()
    })

    it('counts the words of a process that is gone', async () => {
      const first = openSpool({ directory })
      const member = uuidv7()
      const large = () => ({ call: { ...call(), principalId: member }, end: said(90_000) })
      await append(first, large())
      orphan()
      const second = openSpool({ directory, maxContentBytes: 400_000 })
      await append(second, large())
      expect(kept(second)).toEqual([true, false])
      second.written(1)
      await append(second, large())
      expect(kept(second)).toEqual([false, true])
      second.close()
      first.close()
    })

    it('T57: keeps none of it in a file once the database has it, though nothing more comes', async () => {
      const spool = openSpool({ directory, touchMs: 10, segmentMs: 30 })
      const [running, ended] = [call(), call()]
      await append(spool, { call: running, end: null })
      await append(spool, { call: ended, end: said(10) })
      await delay(60)
      expect(onDisk()).toEqual([running.id, ended.id])
      spool.written(2)
      await vi.waitFor(() => expect(onDisk()).toEqual([running.id]))
      await append(spool, { call: running, end: success })
      spool.written(1)
      spool.close()
      expect(readdirSync(directory)).toEqual([])
    })
  })

  it("takes over a dead process' records and closes the calls that it left open", async () => {
    const first = openSpool({ directory })
    const [done, open] = [call(), call()]
    await append(first, { call: done, end: null })
    await append(first, { call: open, end: null })
    await append(first, { call: done, end: success })
    orphan()
    const second = openSpool({ directory })
    const ends = second
      .peek(10)
      .map(recordIn)
      .map((record) => [record.call.id, record.end?.status])
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

  it('F32: takes over the file of a container that is gone once nobody touches it, without a new start', async () => {
    const first = openSpool({ directory })
    const open = call()
    await append(first, { call: open, end: null })
    first.close()
    orphan({ host: 'the-last-container' })
    const adopted = vi.fn()
    const second = openSpool({ directory, adoptMs: 10, onAdopted: adopted })
    await delay(50)
    expect(second.waiting()).toBe(0)
    const [name = ''] = readdirSync(directory)
    const then = new Date(Date.now() - 130_000)
    utimesSync(join(directory, name), then, then)
    await vi.waitFor(() => expect(adopted).toHaveBeenCalledTimes(1))
    expect(
      second
        .peek(10)
        .map(recordIn)
        .map((record) => record.end?.status),
    ).toEqual([undefined, 'unknown'])
    second.written(2)
    expect(readdirSync(directory)).toEqual([])
    second.close()
  })

  it('takes over what another process has taken over only once that one is gone too', async () => {
    const first = openSpool({ directory })
    await append(first, { call: call(), end: success })
    orphan()
    const second = openSpool({ directory, touchMs: 10, adoptMs: 10 })
    const third = openSpool({ directory, touchMs: 10, adoptMs: 10 })
    const before = [second.waiting(), third.waiting()]
    await delay(100)
    expect([second.waiting(), third.waiting()]).toEqual(before)
    for (const spool of [first, second, third]) spool.close()
  })

  it("leaves a living process' file alone", async () => {
    const first = openSpool({ directory })
    await append(first, { call: call(), end: null })
    const second = openSpool({ directory })
    expect(second.waiting()).toBe(0)
    first.written(1)
    first.close()
    second.close()
  })

  it('F32: leaves out lines that a crash tore or somebody altered, wherever the cut is, and says how many', async () => {
    const spool = openSpool({ directory })
    const kept = call()
    await append(spool, { call: kept, end: null })
    const [name = ''] = readdirSync(directory)
    const path = join(directory, name)
    const whole = readFileSync(path, 'utf8')
    const line = whole.split('\n')[1] ?? ''
    for (const cut of [1, 8, 9, 20, line.length - 1]) {
      writeFileSync(path, `${whole}${line.slice(0, cut)}`)
      expect(readSpool(path)).toMatchObject({ damaged: 1 })
      expect(readSpool(path).records.map(({ call: { id } }) => id)).toEqual([kept.id])
    }
    writeFileSync(path, whole.replace('"provider":"demo"', '"provider":"nope"'))
    expect(readSpool(path)).toEqual({ records: [], damaged: 1 })
    spool.close()
  })

  it('reads what an earlier version has left', async () => {
    const first = openSpool({ directory })
    first.close()
    const [done, open] = [call(), call()]
    const said = { prompt: [{ role: 'user', content: 'hi\tho' }], response: 'ho', parameters: {} }
    const records = [
      { call: done, end: { ...success, content: said } },
      { call: open, end: null },
    ]
    const owner = { owner: { ...thisProcess(), pid: 2 ** 22 - 1, started: '1' } }
    const lines = [owner, ...records].map((each) => String(checked(JSON.stringify(each))))
    writeFileSync(join(directory, `calls.${randomUUID()}.log`), lines.join(''))
    const second = openSpool({ directory })
    expect(second.peek(10).map(recordIn)).toEqual([...records, { call: open, end: unknownEnd }])
    second.close()
  })

  it('keeps each record as it was, though the memory and the files of others are used again', async () => {
    const first = openSpool({ directory, segmentBytes: 200_000 })
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 48_271) % 0x7fffffff
      return seed % below
    }
    const running: SpoolRecord['call'][] = []
    const waiting: SpoolRecord[] = []
    const checkAndWrite = (count: number) => {
      expect(first.peek(count).map(recordIn)).toEqual(waiting.slice(0, count))
      first.written(count)
      waiting.splice(0, count)
    }
    const add = async (record: SpoolRecord) => {
      waiting.push(record)
      const committed = append(first, record)
      if (random(10) === 0) await committed
    }
    for (let index = 0; index < 3000; index++) {
      const begun = { ...call(), model: ['echo', 'größer', '模型', '😀'][random(4)] ?? '' }
      running.push(begun)
      await add({ call: begun, end: null })
      // Some run for long: their beginnings outlive many pages and files.
      const [ended] = random(20) === 0 ? [] : running.splice(random(running.length), 1)
      const prompt = 'ä'.repeat(random(50) === 0 ? 100_000 : random(500))
      const content = random(3) === 0 ? { prompt, response: '\t\n', parameters: {} } : null
      if (ended) await add({ call: ended, end: { ...success, content } })
      if (random(5) === 0) checkAndWrite(Math.min(waiting.length, random(40)))
    }
    checkAndWrite(waiting.length)
    expect(first.waiting()).toBe(0)
    orphan()
    const second = openSpool({ directory })
    const left = new Map(second.peek(100_000).map((entry) => [entry.line.id, recordIn(entry)]))
    for (const each of running) expect(left.get(each.id)).toEqual({ call: each, end: unknownEnd })
    expect(running.length).toBeGreaterThan(100)
    second.close()
    first.close()
  })

  it('holds the memory of a large record no longer than the record', async () => {
    const pages = new LinePages()
    const large = { prompt: 'x'.repeat(1_000_000), response: null, parameters: {} }
    const memory = (line: RecordLine) => line.through(line).buffer.byteLength
    for (const leave of [
      (line: RecordLine) => line.release(pages),
      (line: RecordLine) => pages.takeBack(line),
    ]) {
      const line = pages.write(textOf({ call: call(), end: { ...success, content: large } }))
      expect(memory(line)).toBeGreaterThan(1_000_000)
      leave(line)
      const next = pages.write(textOf({ call: call(), end: success }))
      expect(memory(next)).toBeLessThan(100_000)
      next.release(pages)
    }
  })

  it('tells of damage once, and goes on', async () => {
    const first = openSpool({ directory })
    await append(first, { call: call(), end: success })
    orphan()
    const [name = ''] = readdirSync(directory)
    appendFileSync(join(directory, name), 'torn')
    const told: number[] = []
    const second = openSpool({ directory, onDamage: (_file, lines) => told.push(lines) })
    expect(told).toEqual([1])
    expect(second.waiting()).toBe(1)
    second.close()
  })

  it('F32: keeps the opening of a call that still runs, however many files begin and end meanwhile', async () => {
    const first = openSpool({ directory, segmentBytes: 1000 })
    const running = call()
    await append(first, { call: running, end: null })
    for (let index = 0; index < 20; index++) {
      const other = call()
      await append(first, { call: other, end: null })
      await append(first, { call: other, end: success })
      first.written(first.waiting())
    }
    expect(readdirSync(directory)).toHaveLength(1)
    orphan()
    const second = openSpool({ directory })
    const left = second
      .peek(10)
      .map(recordIn)
      .filter((record) => record.call.id === running.id)
    expect(left.map((record) => record.end?.status)).toEqual([undefined, 'unknown'])
    second.written(second.waiting())
    second.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it('F32: finds the end of a call in another file than its beginning, whichever is read first', async () => {
    for (const [opening, ending] of ['0f', 'f0']) {
      const first = openSpool({ directory, segmentBytes: 1 })
      const done = call()
      await append(first, { call: done, end: null })
      const [name = ''] = readdirSync(directory)
      await append(first, { call: done, end: success })
      const other = readdirSync(directory).find((file) => file !== name) ?? ''
      // Taken over in the order of their names.
      renameSync(join(directory, name), join(directory, `calls.${opening}${name.slice(7)}`))
      renameSync(join(directory, other), join(directory, `calls.${ending}${other.slice(7)}`))
      orphan()
      const second = openSpool({ directory })
      expect(
        second
          .peek(10)
          .map((pending) => recordIn(pending).end?.status ?? 'open')
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
    await append(spool, { call: running, end: null })
    spool.written(1)
    await append(spool, { call: waiting, end: success })
    for (const name of readdirSync(directory)) unlinkSync(join(directory, name))
    await vi.waitFor(() => expect(onDisk()).toEqual([waiting.id, running.id]))
    expect(String(troubles[0])).toContain('disappeared')
    rmSync(directory, { recursive: true })
    await vi.waitFor(() => expect(onDisk()).toHaveLength(2))
    await append(spool, { call: running, end: success })
    spool.written(2)
    spool.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it('counts what was written although its file is gone', async () => {
    const spool = openSpool({ directory, segmentBytes: 1 })
    for (let index = 0; index < 3; index++) void append(spool, { call: call(), end: success })
    rmSync(directory, { recursive: true })
    spool.written(2)
    expect(spool.waiting()).toBe(1)
    spool.written(1)
    expect(spool.waiting()).toBe(0)
    spool.close()
  })

  it('writes what comes in one turn at once, in its order, and tells each', async () => {
    const spool = openSpool({ directory })
    const calls = Array.from({ length: 50 }, () => call())
    const told = calls.map((each) => append(spool, { call: each, end: null }))
    expect(new Set(told).size).toBe(1)
    expect(await Promise.all(told)).toEqual(calls.map(() => null))
    expect(onDisk()).toEqual(calls.map(({ id }) => id))
    // What asks for the state of things is told of what is not written yet, too.
    void append(spool, { call: calls[0] ?? call(), end: success })
    expect(spool.waiting()).toBe(51)
    spool.close()
  })

  it('refuses a new call when the disk takes nothing, and keeps the end of one in memory', async () => {
    const troubles: unknown[] = []
    const spool = openSpool({ directory, segmentBytes: 1, onError: (error) => troubles.push(error) })
    const begun = call()
    await append(spool, { call: begun, end: null })
    rmSync(directory, { recursive: true })
    writeFileSync(directory, '')
    expect(await append(spool, { call: call(), end: null })).toBeInstanceOf(Error)
    await append(spool, { call: begun, end: success })
    expect(troubles).toHaveLength(2)
    expect(
      spool
        .peek(10)
        .map(recordIn)
        .map((record) => record.end?.status),
    ).toEqual([undefined, 'success'])
    spool.written(2)
    spool.close()
  })

  it('hands out no more bytes than were asked for, and at least one record', async () => {
    const spool = openSpool({ directory })
    for (let index = 0; index < 4; index++) void append(spool, { call: call('x'.repeat(1000)), end: success })
    expect(spool.peek(10, 4000)).toHaveLength(2)
    expect(spool.peek(10, 10)).toHaveLength(1)
    expect(spool.peek(3, 100_000)).toHaveLength(3)
    spool.close()
  })

  it('keeps what was set aside no longer than its time', async () => {
    const record = { call: call(), end: success }
    dropRefused(directory, new Date())
    setAside(directory, new LinePages().write(textOf(record)), 'new')
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
