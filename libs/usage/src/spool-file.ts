import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { lifeOf, type ProcessIdentity, thisProcess } from '@gatehouse/platform'
import { SpoolRecord } from './record.js'

const namePattern = /^calls\.[0-9a-f-]{36}\.log$/
/** A file whose owner cannot be asked (another container on a shared volume) was left when nobody touched it for so many milliseconds. */
const foreignMs = 120_000

/** A name that no other file has. */
export const newPath = (directory: string) => join(directory, `calls.${randomUUID()}.log`)

/** The first line: whose file it is, so that the next process can find out whether its owner lives. */
export const ownerLine = () => checked(JSON.stringify({ owner: thisProcess() }))

/** `<crc32 in hex> <json>\n` */
export const checked = (json: string): string => `${checksum(json)} ${json}\n`

/** By bytes: a number beyond 31 bits is a double to V8, and slow to write in hex. */
const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

const checksum = (text: string): string => {
  const sum = crc32(text)
  return `${hexOf[sum >>> 24]}${hexOf[(sum >>> 16) & 0xff]}${hexOf[(sum >>> 8) & 0xff]}${hexOf[sum & 0xff]}`
}

/** A line's JSON where its checksum fits; undefined for one that was torn or altered. */
function unchecked(line: string): unknown {
  const json = line.slice(9)
  return checksum(json) === line.slice(0, 8) ? JSON.parse(json) : undefined
}

/** The records of a file, with the lengths of their lines. Lines whose checksum does not fit are left out and counted. */
export function readSpool(path: string): {
  records: { record: SpoolRecord; bytes: number }[]
  damaged: number
} {
  const records: { record: SpoolRecord; bytes: number }[] = []
  let damaged = 0
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue
    const value = unchecked(line)
    if (ownerOf(value)) continue
    const { data: record } = SpoolRecord.safeParse(value)
    if (record) records.push({ record, bytes: line.length })
    else damaged++
  }
  return { records, damaged }
}

function ownerOf(value: unknown): ProcessIdentity | undefined {
  return typeof value === 'object' && value !== null && 'owner' in value
    ? (value.owner as ProcessIdentity)
    : undefined
}

/**
 * The files of dead processes, renamed, so that two processes never take over the same one. `again`: not at the start,
 * when only those are taken that nobody touches, since one that another process has just taken over is its own now,
 * although its first line still names the dead one.
 */
export function leftBehind(directory: string, again = false): string[] {
  const taken: string[] = []
  for (const name of readdirSync(directory).sort()) {
    if (!namePattern.test(name)) continue
    const path = join(directory, name)
    const ours = newPath(directory)
    try {
      const untouched = Date.now() - statSync(path).mtimeMs > foreignMs
      if ((again && !untouched) || !isLeft(path, untouched)) continue
      const now = new Date()
      utimesSync(path, now, now)
      renameSync(path, ours)
      taken.push(ours)
    } catch {
      // Another process was quicker.
    }
  }
  return taken
}

function isLeft(path: string, untouched: boolean): boolean {
  const [first = ''] = readFileSync(path, 'utf8').split('\n', 1)
  const owner = ownerOf(unchecked(first))
  const life = owner ? lifeOf(owner) : 'unknown'
  return life === 'dead' || (life === 'unknown' && untouched)
}

/** The file is not there, or not any more. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === 'ENOENT'
}
