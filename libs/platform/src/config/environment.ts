import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

/**
 * The environment of this process, with `.env` of the working folder below it: real variables win. Blank values
 * count as unset, so that a line `GOOGLE_CLIENT_ID=` turns nothing on.
 *
 * The only reader of `process.env` in the gateway and its libraries (the AWS, Google and Azure SDKs read their own
 * names by themselves, so what `.env` holds is put into the process environment too).
 */
export function readEnvironment(folder = process.cwd()): Record<string, string> {
  const file = join(folder, '.env')
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  for (const [name, value] of Object.entries(fromFile)) process.env[name] ??= value
  const merged: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...fromFile, ...process.env })) {
    if (value !== undefined && value.trim() !== '') merged[name] = value
  }
  return merged
}
