import { randomUUID } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { AppError } from '@gatehouse/contracts'
import { lifeOf, type ProcessIdentity, thisProcess } from '@gatehouse/platform'
import { SpoolRecord, unknownEnd } from './record.js'

/** A record that waits for the database, with the file that keeps it meanwhile. */
export interface Pending {
  record: SpoolRecord
  segment: Segment
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
  /** Told of lines that could not be read: torn by a crash, or altered. */
  onDamage?: (file: string, lines: number) => void
}

/**
 * A local log of calls, appended to before anything else happens with them, and emptied into the database. What was
 * appended outlives the process (a `kill -9` included), since the operating system has it.
 */
export interface Spool {
  /** Appends. @throws AppError `overloaded` when full and the record opens a call; the end of a call is always taken */
  append(record: SpoolRecord): void
  /** The oldest records that wait, in order; they go on waiting until `written`. */
  peek(limit: number): Pending[]
  /** The first `count` records are in the database. */
  written(count: number): void
  /** The last record of a call that still waits. */
  find(callId: string): SpoolRecord | undefined
  waiting(): number
  /** Puts a record that the database refuses into a file of its own, for a person to look at. */
  setAside(pending: Pending, reason: string): void
  close(): void
}

const namePattern = /^calls\.[0-9a-f-]{36}\.log$/
/** A file whose owner cannot be asked (another container on a shared volume) was left when nobody touched it so long. */
const foreignMs = 120_000
const touchMs = 10_000

/** Opens the spool of this process and takes over those of processes that are gone. */
export function openSpool(options: SpoolOptions): Spool {
  const { directory, maxBytes = 64 << 20, segmentBytes = 8 << 20 } = options
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const queue: Pending[] = []
  let head = 0
  let bytes = 0
  let segment: Segment | undefined
  let descriptor = -1

  const begin = (): Segment => {
    const path = newPath(directory)
    descriptor = openSync(path, 'a', 0o600)
    // The first line says whose file it is, so that the next process can find out whether its owner lives.
    writeSync(descriptor, checked({ owner: thisProcess() }))
    return { path, waiting: 0, size: 0, closed: false }
  }
  const finish = () => {
    if (!segment) return
    closeSync(descriptor)
    segment.closed = true
    if (segment.waiting === 0) unlinkSync(segment.path)
    segment = undefined
  }
  const enqueue = (record: SpoolRecord, from: Segment, size: number) => {
    queue.push({ record, segment: from, bytes: size })
    from.waiting++
    bytes += size
  }

  for (const left of leftBehind(directory)) {
    const { records, damaged } = readSpool(left)
    if (damaged > 0) options.onDamage?.(left, damaged)
    const adopted: Segment = { path: left, waiting: 0, size: 0, closed: true }
    for (const record of records) enqueue(record, adopted, 1)
    if (records.length === 0) unlinkSync(left)
  }
  const heartbeat = setInterval(() => {
    const now = new Date()
    if (segment) utimesSync(segment.path, now, now)
  }, touchMs).unref()

  return {
    append(record) {
      if (record.end === null && bytes >= maxBytes) throw new AppError('overloaded', { retryAfterSeconds: 5 })
      const { line, kept } = encode(record)
      segment ??= begin()
      // One write of one line: the kernel appends it whole or, when the machine dies in it, torn; the checksum tells.
      writeSync(descriptor, line)
      segment.size += line.length
      enqueue(kept, segment, line.length)
      if (segment.size >= segmentBytes) finish()
    },
    peek: (limit) => queue.slice(head, head + limit),
    written(count) {
      for (const { segment: from, bytes: size } of queue.slice(head, head + count)) {
        bytes -= size
        if (--from.waiting === 0 && from.closed) unlinkSync(from.path)
      }
      head += count
      if (head > 10_000 || head === queue.length) {
        queue.splice(0, head)
        head = 0
      }
    },
    find: (callId) =>
      queue.findLast(({ record }, index) => index >= head && record.call.id === callId)?.record,
    waiting: () => queue.length - head,
    setAside({ record }, reason) {
      const aside = openSync(join(directory, 'refused.log'), 'a', 0o600)
      writeSync(aside, `${JSON.stringify({ at: new Date().toISOString(), reason })} ${checked(record)}`)
      closeSync(aside)
    },
    close() {
      clearInterval(heartbeat)
      finish()
    },
  }
}

/** NUL and lone surrogates as JSON writes them; Postgres takes neither in text. */
const refusedByPostgres = /\\u(?:0000|d[89a-f])/i

/** One record as a line, with U+FFFD in place of what Postgres refuses. */
function encode(record: SpoolRecord): { line: string; kept: SpoolRecord } {
  const line = checked(record)
  if (!refusedByPostgres.test(line)) return { line, kept: record }
  const mended = JSON.stringify(record, (_name, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed().replaceAll('\u0000', '\uFFFD') : value,
  )
  const kept = SpoolRecord.parse(JSON.parse(mended))
  return { line: checked(kept), kept }
}

/** `<crc32 in hex> <json>\n` */
function checked(value: unknown): string {
  const json = JSON.stringify(value)
  return `${checksum(json)} ${json}\n`
}

const checksum = (text: string) => crc32(text).toString(16).padStart(8, '0')

/** A line's JSON where its checksum fits; undefined for one that was torn or altered. */
function unchecked(line: string): unknown {
  const json = line.slice(9)
  return checksum(json) === line.slice(0, 8) ? JSON.parse(json) : undefined
}

const newPath = (directory: string) => join(directory, `calls.${randomUUID()}.log`)

/**
 * The records of a file whose process is gone. Lines whose checksum does not fit are left out and counted. A call
 * that was opened and never ended gets its end here: `unknown`.
 */
export function readSpool(path: string): { records: SpoolRecord[]; damaged: number } {
  const records: SpoolRecord[] = []
  const open = new Map<string, SpoolRecord>()
  let damaged = 0
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue
    const value = unchecked(line)
    if (ownerOf(value)) continue
    const { data: record } = SpoolRecord.safeParse(value)
    if (!record) {
      damaged++
      continue
    }
    records.push(record)
    if (record.end) open.delete(record.call.id)
    else open.set(record.call.id, record)
  }
  for (const { call } of open.values()) records.push({ call, end: unknownEnd })
  return { records, damaged }
}

function ownerOf(value: unknown): ProcessIdentity | undefined {
  return typeof value === 'object' && value !== null && 'owner' in value
    ? (value.owner as ProcessIdentity)
    : undefined
}

/** Renames the files of dead processes, so that two processes never take over the same one. */
function leftBehind(directory: string): string[] {
  const taken: string[] = []
  for (const name of readdirSync(directory).sort()) {
    if (!namePattern.test(name)) continue
    const path = join(directory, name)
    const ours = newPath(directory)
    try {
      if (!isLeft(path)) continue
      renameSync(path, ours)
      taken.push(ours)
    } catch {
      // Another process was quicker.
    }
  }
  return taken
}

function isLeft(path: string): boolean {
  const [first = ''] = readFileSync(path, 'utf8').split('\n', 1)
  const owner = ownerOf(unchecked(first))
  const life = owner ? lifeOf(owner) : 'unknown'
  return life === 'dead' || (life === 'unknown' && Date.now() - statSync(path).mtimeMs > foreignMs)
}
