import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { lifeOf, type ProcessIdentity, thisProcess } from '@gatehouse/platform'
import { CallEnd, OpenCall, SpoolRecord } from './record.js'
import { checked, unchecked } from './record-line.js'

const namePattern = /^calls\.[0-9a-f-]{36}\.log$/
/** A file whose owner cannot be asked (another container on a shared volume) was left when nobody touched it for so many milliseconds. */
const foreignMs = 120_000

/** A name that no other file has. */
export const newPath = (directory: string) => join(directory, `calls.${randomUUID()}.log`)

/** The first line: whose file it is, so that the next process can find out whether its owner lives. */
export const ownerLine = (): Buffer => checked(JSON.stringify({ owner: thisProcess() }))

/** The records of a file. Lines whose checksum does not fit are left out and counted. */
export function readSpool(path: string): { records: SpoolRecord[]; damaged: number } {
  const records: SpoolRecord[] = []
  let damaged = 0
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue
    const text = unchecked(line)
    if (text !== undefined && ownerOf(text)) continue
    const record = text === undefined ? undefined : recordOf(text)
    if (record) records.push(record)
    else damaged++
  }
  return { records, damaged }
}

/** The record that a line of a file says; undefined for none. @param text of the line, without its checksum */
export function recordOf(text: string): SpoolRecord | undefined {
  const [row = '', contentRow] = text.split('\t')
  const columns: unknown = JSON.parse(row)
  if (typeof columns !== 'object' || columns === null) return undefined
  // As versions before this one wrote it.
  if ('call' in columns) return SpoolRecord.safeParse(columns).data
  const { data: call } = OpenCall.safeParse(columns)
  if (!call || !('status' in columns)) return call && { call, end: null }
  const content: unknown = contentRow === undefined ? null : JSON.parse(contentRow)
  const { data: end } = CallEnd.safeParse({ ...columns, content })
  return end && { call, end }
}

function ownerOf(text: string): ProcessIdentity | undefined {
  return text.startsWith('{"owner":') ? (JSON.parse(text) as { owner: ProcessIdentity }).owner : undefined
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
  const text = unchecked(first)
  const owner = text === undefined ? undefined : ownerOf(text)
  const life = owner ? lifeOf(owner) : 'unknown'
  return life === 'dead' || (life === 'unknown' && untouched)
}

/** The file is not there, or not any more. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === 'ENOENT'
}
