import { randomUUID } from 'node:crypto'
import { appendFileSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checked, type RecordLine } from './record-line.js'
import { isMissing } from './spool-file.js'

const name = 'refused.log'
const timeOfLine = /^\{"at":"([^"]+)"/

/** Puts a record that the database refuses into a file for a person to look at, without what was said. */
export function setAside(directory: string, { row }: RecordLine, reason: string): void {
  const head = JSON.stringify({ at: new Date().toISOString(), reason })
  appendFileSync(join(directory, name), `${head} ${checked(row).toString()}`, { mode: 0o600 })
}

/** Deletes what was set aside before a time: who called what, which nobody has looked at since. */
export function dropRefused(directory: string, before: Date): void {
  const path = join(directory, name)
  const lines = read(path).match(/.+\n?/g) ?? []
  const kept = lines.filter((line) => (timeOfLine.exec(line)?.[1] ?? '') >= before.toISOString())
  if (kept.length === lines.length) return
  if (kept.length === 0) {
    unlinkSync(path)
    return
  }
  // By rename: a crash must not leave half of what is still to be looked at.
  const next = join(directory, `refused.${randomUUID()}.tmp`)
  writeFileSync(next, kept.join(''), { mode: 0o600 })
  renameSync(next, path)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return ''
    throw error
  }
}
