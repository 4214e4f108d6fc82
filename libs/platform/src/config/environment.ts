import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

/** What a process was given. */
export interface Environment {
  /** By name; blank values are left out. */
  values: Record<string, string>
  /** Names that `.env` sets, used or not. */
  inFile: readonly string[]
  /** Of these, the ones whose value here is that of `.env`: nothing else set them. */
  fromFile: readonly string[]
  /** Numbers of the lines of `.env` that set nothing and are no comment, from 1. */
  unreadableLines: readonly number[]
  /** Where it was looked for, and where other files of the operator's are. */
  folder: string
}

/**
 * The environment of this process, with `.env` of the working folder below it: real variables win. Blank values
 * count as unset, so that a line `GOOGLE_CLIENT_ID=` turns nothing on.
 *
 * The only reader of `process.env` in the gateway and its libraries (the AWS, Google and Azure SDKs read their own
 * names by themselves, so what `.env` holds is put into the process environment too).
 */
export function readEnvironment(folder = process.cwd()): Environment {
  const file = join(folder, '.env')
  // A byte order mark would become part of the first name.
  const text = existsSync(file) ? readFileSync(file, 'utf8').replace(/^\uFEFF/, '') : ''
  const fromFile = parseEnv(text)
  const taken = Object.keys(fromFile).filter((name) => process.env[name] === undefined)
  for (const [name, value] of Object.entries(fromFile)) process.env[name] ??= value
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...fromFile, ...process.env })) {
    if (value !== undefined && value.trim() !== '') values[name] = value
  }
  const inFile = Object.keys(fromFile).filter((name) => variableName.test(name))
  return { values, inFile, fromFile: taken, unreadableLines: unreadableLines(text), folder }
}

const variableName = /^[A-Za-z_][\w.-]*$/
const assignment = /^\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*(["'`])?/

/** `parseEnv` passes over what it cannot read. A quoted value may go over several lines. */
function unreadableLines(text: string): number[] {
  const lines = text.split('\n')
  const unreadable: number[] = []
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]?.trim() ?? ''
    if (/^\s*(#.*)?$/.test(line)) continue
    const found = assignment.exec(line)
    const quote = found?.[1]
    if (!found) unreadable.push(index + 1)
    if (!quote || line.indexOf(quote, found[0].length) >= 0) continue
    const end = lines.findIndex((later, at) => at > index && later.includes(quote))
    if (end < 0) unreadable.push(index + 1)
    else index = end
  }
  return unreadable
}
