import { closeSync, mkdirSync, openSync, unlinkSync, utimesSync, writeSync } from 'node:fs'
import { AppError } from '@gatehouse/contracts'
import { type SpoolRecord, unknownEnd } from './record.js'
import { setAside } from './refused.js'
import { checked, encode, isMissing, leftBehind, newPath, ownerLine, readSpool } from './spool-file.js'

/** A record that waits for the database, with the file that keeps it meanwhile. */
export interface Pending {
  record: SpoolRecord
  /** Absent where no file could take it: it waits in memory alone. */
  segment: Segment | undefined
  bytes: number
}

interface Segment {
  path: string
  waiting: number
  size: number
  closed: boolean
}

/** Settings of `openSpool`. */
export interface SpoolOptions {
  directory: string
  /** Bytes that may wait for the database; beyond it new calls are refused. */
  maxBytes?: number
  /** Bytes after which a new file begins. */
  segmentBytes?: number
  /** Milliseconds between two signs of life. */
  touchMs?: number
  /** Told of lines that could not be read: torn by a crash, or altered. */
  onDamage?: (file: string, lines: number) => void
  /** Told of files that could not be written or have disappeared; the spool goes on. */
  onError?: (error: unknown) => void
}

/**
 * A local log of calls, appended to before anything else happens with them, and emptied into the database. What was
 * appended outlives the process (a `kill -9` included), since the operating system has it.
 */
export interface Spool {
  /**
   * Appends. The end of a call is always taken.
   * @throws AppError where the record opens a call: `overloaded` when full, `unavailable` when it cannot be written
   */
  append(record: SpoolRecord): void
  /** The oldest records that wait, in order, at least one; they go on waiting until `written`. */
  peek(limit: number, maxBytes?: number): Pending[]
  /** The first `count` records are in the database. */
  written(count: number): void
  /** The last record of a call that still waits. */
  find(callId: string): SpoolRecord | undefined
  waiting(): number
  /** Puts a record that the database refuses into a file of its own, for a person to look at. */
  setAside(pending: Pending, reason: string): void
  close(): void
}

/** Opens the spool of this process and takes over those of processes that are gone. */
export function openSpool(options: SpoolOptions): Spool {
  const { directory, maxBytes = 64 << 20, segmentBytes = 8 << 20, touchMs = 10_000 } = options
  const { onDamage = () => {}, onError = () => {} } = options
  const queue: Pending[] = []
  let head = 0
  let bytes = 0
  /** The opening of every call whose end is not in the database yet: some file holds it at any moment. */
  const openings = new Map<string, Pending>()
  const segments = new Set<Segment>()
  let segment: Segment | undefined
  let descriptor = -1
  let over = false

  const begin = (): Segment => {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const path = newPath(directory)
    descriptor = openSync(path, 'a', 0o600)
    segment = { path, waiting: 0, size: 0, closed: false }
    segments.add(segment)
    put(ownerLine())
    return segment
  }
  /** Ends the present file; the next line begins another. */
  const finish = () => {
    if (!segment) return
    closeSync(descriptor)
    segment.closed = true
    segment = undefined
  }
  const put = (text: string): Segment => {
    const into = segment ?? begin()
    const line = Buffer.from(text)
    try {
      // One write as a rule: the kernel appends it whole or, when the machine dies in it, torn; the checksum tells.
      for (let at = 0; at < line.length; ) at += writeSync(descriptor, line, at)
    } catch (error) {
      // A full disk may have taken half of it: nothing may stand behind that in one line.
      finish()
      release(into)
      throw error
    }
    return into
  }
  const enqueue = (pending: Pending) => {
    queue.push(pending)
    bytes += pending.bytes
    if (pending.segment) pending.segment.waiting++
  }

  const openingsIn = (from: Segment) => [...openings.values()].filter((opening) => opening.segment === from)
  /** Writes anew what only `from` keeps: records that wait, and the openings of calls that have not ended. */
  const move = (from: Segment) => {
    const waiting = from.waiting === 0 ? [] : queue.slice(head).filter((pending) => pending.segment === from)
    for (const pending of waiting) {
      pending.segment = put(checked(pending.record))
      pending.segment.waiting++
      from.waiting--
    }
    const rest = openingsIn(from)
    if (rest.length === 0) return
    const into = put(rest.map(({ record }) => checked(record)).join(''))
    for (const opening of rest) opening.segment = into
  }
  const remove = (from: Segment) => {
    segments.delete(from)
    try {
      unlinkSync(from.path)
    } catch (error) {
      if (!isMissing(error)) onError(error)
    }
  }
  /** Removes a file that no longer keeps anything for the database. */
  const release = (from: Segment) => {
    if (!from.closed || from.waiting > 0) return
    try {
      if (!over) move(from)
      if (openingsIn(from).length === 0) remove(from)
    } catch (error) {
      onError(error)
    }
  }
  /** Goes on in another file: somebody has deleted this one, or taken it over while this process was suspended. */
  const rescue = (from: Segment) => {
    if (from === segment) finish()
    try {
      move(from)
      segments.delete(from)
      onError(new Error(`The spool file ${from.path} has disappeared; what it kept is written again.`))
    } catch (error) {
      onError(error)
    }
  }
  const touch = () => {
    const now = new Date()
    for (const each of [...segments]) {
      try {
        utimesSync(each.path, now, now)
        release(each)
      } catch (error) {
        if (isMissing(error)) rescue(each)
        else onError(error)
      }
    }
  }

  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const opened = new Map<string, Pending>()
  const ended = new Set<string>()
  // All files are read before any call is taken for interrupted: its end may stand in another one.
  for (const path of leftBehind(directory)) {
    const { records, damaged } = readSpool(path)
    if (damaged > 0) onDamage(path, damaged)
    const adopted: Segment = { path, waiting: 0, size: 0, closed: true }
    segments.add(adopted)
    for (const { record, bytes: size } of records) {
      const pending = { record, segment: adopted, bytes: size }
      enqueue(pending)
      if (record.end) ended.add(record.call.id)
      else opened.set(record.call.id, pending)
    }
  }
  for (const [id, { record, segment: adopted, bytes: size }] of opened)
    if (!ended.has(id))
      enqueue({ record: { call: record.call, end: unknownEnd }, segment: adopted, bytes: size })
  for (const adopted of [...segments]) release(adopted)
  const heartbeat = setInterval(touch, touchMs).unref()

  return {
    append(record) {
      const opens = record.end === null
      if (opens && bytes >= maxBytes) throw new AppError('overloaded', { retryAfterSeconds: 5 })
      const { line, kept } = encode(record)
      const pending: Pending = { record: kept, segment: undefined, bytes: line.length }
      try {
        pending.segment = put(line)
        pending.segment.size += line.length
      } catch (error) {
        if (opens) throw new AppError('unavailable', { cause: error })
        onError(error)
      }
      enqueue(pending)
      if (opens) openings.set(record.call.id, pending)
      if (segment && segment.size >= segmentBytes) finish()
    },
    peek(limit, most = Number.POSITIVE_INFINITY) {
      const end = Math.min(head + limit, queue.length)
      let next = head
      for (let size = 0; next < end; next++) {
        size += queue[next]?.bytes ?? 0
        if (size > most && next > head) break
      }
      return queue.slice(head, next)
    },
    written(count) {
      const done = queue.slice(head, head + count)
      head += done.length
      if (head > 10_000 || head === queue.length) {
        queue.splice(0, head)
        head = 0
      }
      const touched = new Set<Segment>()
      for (const { record, segment: from, bytes: size } of done) {
        bytes -= size
        if (record.end) openings.delete(record.call.id)
        if (!from) continue
        from.waiting--
        touched.add(from)
      }
      for (const from of touched) release(from)
    },
    find: (callId) =>
      queue.findLast(({ record }, index) => index >= head && record.call.id === callId)?.record,
    waiting: () => queue.length - head,
    setAside: ({ record }, reason) => setAside(directory, record, reason),
    close() {
      clearInterval(heartbeat)
      over = true
      const last = segment
      finish()
      if (last) release(last)
    },
  }
}
