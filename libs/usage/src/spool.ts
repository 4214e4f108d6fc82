import { closeSync, openSync, unlinkSync, utimesSync, writeSync } from 'node:fs'
import { AppError } from '@gatehouse/contracts'
import { makeFolder } from '@gatehouse/platform'
import { createContentBudget } from './content-budget.js'
import { type SpoolRecord, unknownEnd } from './record.js'
import { type RecordText, textOf } from './record-text.js'
import { setAside } from './refused.js'
import { checked, isMissing, leftBehind, newPath, ownerLine, readSpool } from './spool-file.js'

/** A record that waits for the database, with the file that keeps it meanwhile. */
export interface Pending {
  text: RecordText
  /** Absent where no file could take it: it waits in memory alone. */
  segment: Segment | undefined
  bytes: number
}

interface Segment {
  path: string
  /** `performance.now()` */
  began: number
  waiting: number
  /** True once the database has something that was written here. */
  written: boolean
  size: number
  closed: boolean
}

/** Settings of `openSpool`. */
export interface SpoolOptions {
  directory: string
  /** Bytes that may wait for the database without what was said; beyond it new calls are refused. 64 MiB unless told. */
  maxBytes?: number
  /** Bytes that may wait with what was said; beyond it that is left out. 64 MiB unless told. */
  maxContentBytes?: number
  /** Bytes after which a new file begins; 8 MiB unless told. */
  segmentBytes?: number
  /** Milliseconds after which a new file begins where the database has something of the present one; 60,000 unless told. */
  segmentMs?: number
  /** Milliseconds between two signs of life; 10,000 unless told. */
  touchMs?: number
  /** Milliseconds between two looks for files that others have left; 60,000 unless told. */
  adoptMs?: number
  /** Told when such a look, not that of the start, has found records: they wait for the database now. */
  onAdopted?: () => void
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
   * Appends, together with all that comes in the same turn of the event loop: one write for many calls. The end of a
   * call is always taken, without what was said where too much of that waits, of all or of one principal.
   * @param callText see `textOf`
   * @returns a promise that never rejects: `null` once the record is in the file, else why it could not be written; an
   *   opening is not taken then, an end waits in memory
   * @throws AppError `overloaded` where the record opens a call and too much waits
   */
  append(record: SpoolRecord, callText?: string): Promise<Error | null>
  /** The oldest records that wait, in order, at least one; they go on waiting until `written`. */
  peek(limit: number, maxBytes?: number): Pending[]
  /** The first `count` records are in the database. */
  written(count: number): void
  /** The last record of a call that still waits. */
  find(callId: string): RecordText | undefined
  waiting(): number
  /** Bytes that they have, with what was said. */
  waitingBytes(): number
  /** Puts a record that the database refuses into a file of its own, for a person to look at. */
  setAside(pending: Pending, reason: string): void
  close(): void
}

/**
 * Opens the spool of this process and takes over those of processes that are gone: at once where the owner can be asked
 * (it was on this host, in this container), else once nobody has touched the file for two minutes, for which it looks
 * again every minute. A container that starts anew on its volume writes what the last one left some three minutes later.
 */
export function openSpool(options: SpoolOptions): Spool {
  const { directory, maxBytes = 64 << 20, maxContentBytes = 64 << 20, segmentBytes = 8 << 20 } = options
  const { segmentMs = 60_000, touchMs = 10_000, adoptMs = 60_000 } = options
  const { onDamage = () => {}, onError = () => {}, onAdopted = () => {} } = options
  const queue: Pending[] = []
  let head = 0
  /** Of the records without what was said; the others are in the budget. */
  let bytes = 0
  const contents = createContentBudget(maxContentBytes)
  /** Calls that nobody was told of yet. */
  let withoutContent = 0
  /** The opening of every call whose end is not in the database yet: some file holds it at any moment. */
  const openings = new Map<string, Pending>()
  const segments = new Set<Segment>()
  let segment: Segment | undefined
  let descriptor = -1
  let over = false

  const begin = (): Segment => {
    makeFolder(directory, 0o700)
    const path = newPath(directory)
    descriptor = openSync(path, 'a', 0o600)
    segment = newSegment(path, false)
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
  /** What came in this turn of the event loop, and is written at its end. */
  let group: { pending: Pending; line: string }[] = []
  let groupBytes = 0
  let committed: PromiseWithResolvers<Error | null> | undefined
  const commit = () => {
    if (!committed) return
    const [batch, { resolve }] = [group, committed]
    group = []
    groupBytes = 0
    committed = undefined
    let into: Segment | undefined
    let problem: Error | null = null
    try {
      const lines = batch.length === 1 ? (batch[0]?.line ?? '') : batch.map(({ line }) => line).join('')
      into = put(lines)
      into.size += lines.length
    } catch (error) {
      problem = error instanceof Error ? error : new Error(String(error))
      onError(problem)
    }
    for (const { pending } of batch) {
      const opens = pending.text.kind === 'open'
      if (problem && opens) continue
      pending.segment = into
      enqueue(pending)
      if (opens) openings.set(pending.text.id, pending)
    }
    if (segment && segment.size >= segmentBytes) finish()
    resolve(problem)
  }
  const enqueue = (pending: Pending) => {
    queue.push(pending)
    if (!pending.text.hasContent) bytes += pending.bytes
    if (pending.segment) pending.segment.waiting++
  }

  /** A record and its line, without what was said where there is no room for that. */
  const lineOf = (text: RecordText): { text: RecordText; line: string } => {
    const line = checked(text.json)
    if (!text.hasContent || contents.take(text.principalId, line.length)) return { text, line }
    withoutContent++
    return lineOf(text.withoutContent())
  }

  const openingsIn = (from: Segment) => [...openings.values()].filter((opening) => opening.segment === from)
  /** Writes anew what only `from` keeps: records that wait, and the openings of calls that have not ended. */
  const move = (from: Segment) => {
    const waiting = from.waiting === 0 ? [] : queue.slice(head).filter((pending) => pending.segment === from)
    for (const pending of waiting) {
      pending.segment = put(checked(pending.text.json))
      pending.segment.waiting++
      from.waiting--
    }
    const rest = openingsIn(from)
    if (rest.length === 0) return
    const into = put(rest.map(({ text }) => checked(text.json)).join(''))
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
  /** Takes over the records of other processes' files, and closes the calls that those left open. */
  const adopt = (paths: string[]) => {
    const opened = new Map<string, { call: SpoolRecord['call']; from: Pending }>()
    const ended = new Set<string>()
    const taken: Segment[] = []
    // All files are read before any call is taken for interrupted: its end may stand in another one.
    for (const path of paths) {
      const { records, damaged } = readSpool(path)
      if (damaged > 0) onDamage(path, damaged)
      const adopted = newSegment(path, true)
      segments.add(adopted)
      taken.push(adopted)
      for (const { record, bytes: size } of records) {
        const text = textOf(record)
        const pending = { text, segment: adopted, bytes: size }
        enqueue(pending)
        if (text.hasContent) contents.hold(text.principalId, size)
        if (text.kind === 'open') opened.set(text.id, { call: record.call, from: pending })
        else ended.add(text.id)
      }
    }
    for (const [id, { call, from }] of opened)
      if (!ended.has(id)) enqueue({ ...from, text: textOf({ call, end: unknownEnd }) })
    for (const adopted of taken) release(adopted)
  }
  const tellOfContent = () => {
    if (withoutContent === 0) return
    const text = `What was said in ${withoutContent} calls is not kept: too much of it waits for the database.`
    withoutContent = 0
    onError(new Error(text))
  }
  const touch = () => {
    tellOfContent()
    // What is deleted in the database must not stay in a file until the next 8 MiB have come.
    if (segment?.written && performance.now() - segment.began >= segmentMs) finish()
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

  makeFolder(directory, 0o700)
  const lookForLeft = () => {
    // First a sign of life of our own: after a suspension our files look left too.
    touch()
    try {
      const paths = leftBehind(directory, true)
      if (paths.length === 0) return
      adopt(paths)
      onAdopted()
    } catch (error) {
      if (!isMissing(error)) onError(error)
    }
  }
  adopt(leftBehind(directory))
  const heartbeat = setInterval(touch, touchMs).unref()
  const looks = setInterval(lookForLeft, adoptMs).unref()

  return {
    append(record, callText) {
      const opens = record.end === null
      if (opens && bytes + groupBytes >= maxBytes) throw new AppError('overloaded', { retryAfterSeconds: 5 })
      const { text, line } = lineOf(textOf(record, callText))
      if (!committed) {
        committed = Promise.withResolvers()
        setImmediate(commit)
      }
      group.push({ pending: { text, segment: undefined, bytes: line.length }, line })
      groupBytes += line.length
      return committed.promise
    },
    peek(limit, most = Number.POSITIVE_INFINITY) {
      commit()
      const end = Math.min(head + limit, queue.length)
      let next = head
      for (let size = 0; next < end; next++) {
        size += queue[next]?.bytes ?? 0
        if (size > most && next > head) break
      }
      return queue.slice(head, next)
    },
    written(count) {
      commit()
      const done = queue.slice(head, head + count)
      head += done.length
      if (head > 10_000 || head === queue.length) {
        queue.splice(0, head)
        head = 0
      }
      const touched = new Set<Segment>()
      for (const { text, segment: from, bytes: size } of done) {
        if (text.hasContent) contents.give(text.principalId, size)
        else bytes -= size
        if (text.kind !== 'open') openings.delete(text.id)
        if (!from) continue
        from.waiting--
        from.written = true
        touched.add(from)
      }
      for (const from of touched) release(from)
    },
    find(callId) {
      commit()
      return queue.findLast(({ text }, index) => index >= head && text.id === callId)?.text
    },
    waiting() {
      commit()
      return queue.length - head
    },
    waitingBytes() {
      commit()
      return queue.slice(head).reduce((sum, pending) => sum + pending.bytes, 0)
    },
    setAside: ({ text }, reason) => setAside(directory, text, reason),
    close() {
      clearInterval(heartbeat)
      clearInterval(looks)
      commit()
      over = true
      tellOfContent()
      const last = segment
      finish()
      if (last) release(last)
    },
  }
}

const newSegment = (path: string, closed: boolean): Segment => ({
  path,
  began: performance.now(),
  waiting: 0,
  written: false,
  size: 0,
  closed,
})
