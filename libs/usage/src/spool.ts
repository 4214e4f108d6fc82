import { closeSync, openSync, unlinkSync, utimesSync, writeSync } from 'node:fs'
import { AppError } from '@gatehouse/contracts'
import { makeFolder } from '@gatehouse/platform'
import { createContentBudget } from './content-budget.js'
import { type SpoolRecord, unknownEnd } from './record.js'
import { LinePages, type RecordLine } from './record-line.js'
import { type RecordText, textOf } from './record-text.js'
import { setAside } from './refused.js'
import { isMissing, leftBehind, newPath, ownerLine, readSpool } from './spool-file.js'

/** A record that was appended: it waits for the database, with the file that keeps it meanwhile. */
export interface Entry {
  line: RecordLine
  /** Never rejects: `null` once it is in the file, else why it could not be written. */
  readonly committed: Promise<Error | null>
  /** Absent where no file could take it: it waits in memory alone. */
  segment: Segment | undefined
  /** Of the end of a call: its beginning, where that was appended here. */
  readonly opening: Entry | undefined
}

interface Segment {
  path: string
  /** Of the calls whose end is not in the database yet: some file holds each at any moment. */
  openings: Set<Entry>
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
   * call is always taken, without what was said where too much of that waits, of all or of one principal. Where the file
   * takes nothing, an opening is not taken, and an end waits in memory.
   * @param opening of a call that ends: what its beginning was appended as
   * @throws AppError `overloaded` where the record opens a call and too much waits
   */
  append(text: RecordText, opening?: Entry): Entry
  /** The oldest records that wait, in order, at least one; they go on waiting until `written`. */
  peek(limit: number, maxBytes?: number): Entry[]
  /** The first `count` records are in the database. */
  written(count: number): void
  /** Whether something of a call still waits. */
  has(callId: string): boolean
  waiting(): number
  /** Bytes that they have, with what was said. */
  waitingBytes(): number
  /** Puts a record that the database refuses into a file of its own, for a person to look at. */
  setAside(line: RecordLine, reason: string): void
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
  const queue: Entry[] = []
  const pages = new LinePages()
  let head = 0
  /** Of the records without what was said; the others are in the budget. */
  let bytes = 0
  const contents = createContentBudget(maxContentBytes)
  /** Calls that nobody was told of yet. */
  let withoutContent = 0
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
  const put = (bytes: Buffer): Segment => {
    const into = segment ?? begin()
    try {
      // One write as a rule: the kernel appends it whole or, when the machine dies in it, torn; the checksum tells.
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
    } catch (error) {
      // A full disk may have taken half of it: nothing may stand behind that in one line.
      finish()
      release(into)
      throw error
    }
    into.size += bytes.length
    return into
  }
  /** What came in this turn of the event loop, and is written at its end. */
  let group: Entry[] = []
  let groupBytes = 0
  let committing: PromiseWithResolvers<Error | null> | undefined
  const commit = () => {
    if (!committing) return
    const [batch, { resolve }] = [group, committing]
    group = []
    groupBytes = 0
    committing = undefined
    let into: Segment | undefined
    let problem: Error | null = null
    try {
      into = putAll(batch)
    } catch (error) {
      problem = error instanceof Error ? error : new Error(String(error))
      onError(problem)
    }
    for (const entry of batch) {
      const opens = entry.line.kind === 'open'
      if (problem && opens) {
        entry.line.release(pages)
        continue
      }
      entry.segment = into
      enqueue(entry)
      if (opens) into?.openings.add(entry)
    }
    if (segment && segment.size >= segmentBytes) finish()
    resolve(problem)
  }
  /** Writes lines; those that stand behind each other already, as nearly all do, go as one. */
  const putAll = (entries: readonly Entry[]): Segment | undefined => {
    let first: RecordLine | undefined
    let last: RecordLine | undefined
    for (const { line } of entries) {
      if (first && last && !line.follows(last)) {
        put(first.through(last))
        first = undefined
      }
      first ??= line
      last = line
    }
    return first && last && put(first.through(last))
  }
  const enqueue = (entry: Entry) => {
    queue.push(entry)
    if (!entry.line.hasContent) bytes += entry.line.length
    if (entry.segment) entry.segment.waiting++
  }

  /** The line of a record, without what was said where there is no room for that. */
  const lineOf = (text: RecordText): RecordLine => {
    const line = pages.write(text)
    if (!line.hasContent || contents.take(text.principalId, line.length)) return line
    pages.takeBack(line)
    withoutContent++
    return pages.write({ ...text, contentRow: null })
  }

  /** Writes anew what only `from` keeps: records that wait, and the openings of calls that have not ended. */
  const move = (from: Segment) => {
    const moveTo = (into: Segment, entry: Entry) => {
      if (from.openings.delete(entry)) into.openings.add(entry)
      entry.segment = into
    }
    const waiting = from.waiting === 0 ? [] : queue.slice(head).filter((entry) => entry.segment === from)
    for (const entry of waiting) {
      const into = put(entry.line.through(entry.line))
      moveTo(into, entry)
      into.waiting++
      from.waiting--
    }
    if (from.openings.size === 0) return
    const rest = [...from.openings]
    const into = put(Buffer.concat(rest.map(({ line }) => line.through(line))))
    for (const opening of rest) moveTo(into, opening)
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
      if (from.openings.size === 0) remove(from)
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
  /** Has a record wait for the database that stands in a file already. */
  const take = (record: SpoolRecord, from: Segment): Entry => {
    const entry: Entry = { line: pages.write(textOf(record)), committed, segment: from, opening: undefined }
    enqueue(entry)
    return entry
  }
  /** Takes over the records of other processes' files, and closes the calls that those left open. */
  const adopt = (paths: string[]) => {
    const opened = new Map<string, { call: SpoolRecord['call']; segment: Segment }>()
    const ended = new Set<string>()
    const taken: Segment[] = []
    // All files are read before any call is taken for interrupted: its end may stand in another one.
    for (const path of paths) {
      const { records, damaged } = readSpool(path)
      if (damaged > 0) onDamage(path, damaged)
      const adopted = newSegment(path, true)
      segments.add(adopted)
      taken.push(adopted)
      for (const record of records) {
        const { line } = take(record, adopted)
        if (line.hasContent) contents.hold(line.principalId, line.length)
        if (line.kind === 'open') opened.set(line.id, { call: record.call, segment: adopted })
        else ended.add(line.id)
      }
    }
    for (const [id, { call, segment: from }] of opened)
      if (!ended.has(id)) take({ call, end: unknownEnd }, from)
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
    append(text, opening) {
      if (text.kind === 'open' && bytes + groupBytes >= maxBytes)
        throw new AppError('overloaded', { retryAfterSeconds: 5 })
      const line = lineOf(text)
      if (!committing) {
        committing = Promise.withResolvers()
        setImmediate(commit)
      }
      const entry: Entry = { line, committed: committing.promise, segment: undefined, opening }
      group.push(entry)
      groupBytes += line.length
      return entry
    },
    peek(limit, most = Number.POSITIVE_INFINITY) {
      commit()
      const end = Math.min(head + limit, queue.length)
      let next = head
      for (let size = 0; next < end; next++) {
        size += queue[next]?.line.length ?? 0
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
      for (const { opening } of done) opening?.segment?.openings.delete(opening)
      const touched = new Set<Segment>()
      for (const entry of done) {
        const { line, segment: from } = entry
        if (line.hasContent) contents.give(line.principalId, line.length)
        else bytes -= line.length
        // A call may run for long: the page of its beginning is not kept for it alone.
        if (from?.openings.has(entry)) entry.line = line.apart()
        line.release(pages)
        if (!from) continue
        from.waiting--
        from.written = true
        touched.add(from)
      }
      for (const from of touched) release(from)
    },
    has(callId) {
      commit()
      return queue.some(({ line }, index) => index >= head && line.id === callId)
    },
    waiting() {
      commit()
      return queue.length - head
    },
    waitingBytes() {
      commit()
      return queue.slice(head).reduce((sum, { line }) => sum + line.length, 0)
    },
    setAside: (line, reason) => setAside(directory, line, reason),
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

/** Of what stood in a file when it was found. */
const committed = Promise.resolve(null)

const newSegment = (path: string, closed: boolean): Segment => ({
  path,
  openings: new Set(),
  began: performance.now(),
  waiting: 0,
  written: false,
  size: 0,
  closed,
})
