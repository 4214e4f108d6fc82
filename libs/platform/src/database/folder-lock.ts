import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { lifeOf, type ProcessIdentity, thisProcess } from '../process-identity.js'
import type { Say } from './say.js'

/** Milliseconds: between two signs of life, and without one until a holder that cannot be asked counts as dead. */
const pace = { beat: 2_000, patience: 7_000 }

/** Holds a folder for this process until released. */
export interface FolderLock {
  release(): Promise<void>
}

/**
 * Takes the lock file of a folder. The embedded database has no lock of its own: two openers would lose each other's
 * rows without an error. The lock of a dead process is taken over; one that was taken on another host or in another
 * container is watched for signs of life first.
 *
 * @param onLost called when another process took the lock away, as after a suspension of this one
 * @throws Error naming the holder and the way out
 */
export async function lockFolder(
  file: string,
  say: Say,
  onLost: () => void,
  { beat, patience } = pace,
): Promise<FolderLock> {
  const own = JSON.stringify({ ...thisProcess(), token: randomUUID() })
  while (!(await create(file, own))) {
    const content = await read(file)
    if (content === undefined) continue
    const holder = parse(content)
    const life = holder ? lifeOf(holder) : 'unknown'
    if (life === 'alive') throw inUse(file, holder)
    if (life === 'unknown') {
      say(`${file} was left by a process that cannot be asked; watching it for a while.`, 'info')
      const seen = await watch(file, content, patience)
      if (seen === 'alive') throw inUse(file, holder)
      if (seen === 'changed') continue
    }
    if (await replace(file, content, own, patience)) break
  }

  const timer = setInterval(() => {
    // Out of file handles or of disk for a moment: the next sign is soon.
    sign().catch(() => {})
  }, beat).unref()
  let released = false
  const sign = async (): Promise<void> => {
    // A file that someone removed by hand is put back; whoever was faster than that has the folder now.
    const content = (await read(file)) ?? ((await create(file, own)) ? own : await read(file))
    if (released) return
    if (content === own) return utimes(file, new Date(), new Date())
    clearInterval(timer)
    onLost()
  }
  return {
    async release() {
      released = true
      clearInterval(timer)
      if ((await read(file)) === own) await rm(file, { force: true })
    },
  }
}

/** The content of a file, or undefined when it is not there. */
async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? Reflect.get(error, 'code') : undefined
}

async function create(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Watches a lock for signs of life, by our own clock alone: clocks of two hosts may differ. */
async function watch(
  file: string,
  content: string,
  patience: number,
): Promise<'alive' | 'still' | 'changed'> {
  const before = await stat(file).catch(() => undefined)
  await delay(patience)
  const after = await stat(file).catch(() => undefined)
  if (!before || !after || (await read(file)) !== content) return 'changed'
  return after.mtimeMs === before.mtimeMs ? 'still' : 'alive'
}

/**
 * Puts our lock in the place of a dead process'. A second file admits one at a time: without it, two could judge the
 * same lock, and the slower one would remove what the faster one had just put there.
 */
async function replace(file: string, dead: string, own: string, patience: number): Promise<boolean> {
  const guard = `${file}.takeover`
  if (!(await create(guard, own))) {
    const other = await read(guard)
    // A guard stays for milliseconds; this one's maker died meanwhile.
    if (other !== undefined && (await watch(guard, other, patience)) === 'still')
      await rm(guard, { force: true })
    return false
  }
  try {
    if ((await read(file)) !== dead) return false
    const draft = `${file}.${randomUUID()}`
    await create(draft, own)
    await rename(draft, file)
    return true
  } finally {
    await rm(guard, { force: true })
  }
}

function parse(content: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(content)
    return typeof value === 'object' && value !== null && 'pid' in value
      ? (value as ProcessIdentity)
      : undefined
  } catch {
    return undefined
  }
}

function inUse(file: string, holder: ProcessIdentity | undefined): Error {
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process'
  return new Error(
    `The embedded database is in use by ${who} (${file}). Stop that process, or set DATA_DIR to another folder, or DATABASE_URL to a Postgres server, which several processes can share.`,
  )
}
