import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lifeOf, thisProcess } from '../process-identity.js'
import { lockFolder } from './folder-lock.js'

const quick = { beat: 50, patience: 400 }

describe('the lock of a folder', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
    file = join(folder, 'postgres.lock')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const take = (onLost = () => {}) => lockFolder(file, () => {}, onLost, quick)
  const leave = (change: object) => writeFileSync(file, JSON.stringify({ ...thisProcess(), ...change }))
  const deadPid = () => Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }))

  it('is free again after its release', async () => {
    await (await take()).release()
    expect(readdirSync(folder)).toEqual([])
    await (await take()).release()
  })

  it('is taken over at once from a process that has ended', async () => {
    leave({ pid: deadPid() })
    const lock = await take()
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid })
    expect(readdirSync(folder)).toEqual(['postgres.lock'])
    await lock.release()
  })

  it('is taken over at once when its number now belongs to another process, or to this one', async () => {
    leave({ started: '1' })
    await (await take()).release()
    leave({ pid: process.ppid, started: '1' })
    await (await take()).release()
  })

  it('of another host or container is taken over only when nobody gives a sign of life', async () => {
    for (const change of [{ host: 'another-host' }, { space: 'another container' }]) {
      leave(change)
      const alive = setInterval(() => utimesSync(file, new Date(), new Date()), 50)
      await expect(take()).rejects.toThrow(/in use by process/)
      clearInterval(alive)
      await (await take()).release()
    }
  })

  it('that was cut off while it was written is watched as well', async () => {
    writeFileSync(file, '{"pid": 1')
    const alive = setInterval(() => utimesSync(file, new Date(), new Date()), 50)
    await expect(take()).rejects.toThrow(/in use by another process/)
    clearInterval(alive)
    await (await take()).release()
  })

  it('gives one of many that come at once the folder, also when a dead one is to be taken over', async () => {
    leave({ pid: deadPid() })
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => take()))
    const taken = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(taken).toHaveLength(1)
    await taken[0]?.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('tells its holder when another process took it away', async () => {
    let lost = 0
    const lock = await take(() => {
      lost += 1
    })
    writeFileSync(file, 'somebody else')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(lost).toBe(1)
    await lock.release()
    expect(existsSync(file)).toBe(true)
  })

  it('shows the life of a process', () => {
    expect(lifeOf(thisProcess())).toBe('alive')
    expect(lifeOf({ ...thisProcess(), pid: deadPid() })).toBe('dead')
    expect(lifeOf({ ...thisProcess(), host: `not-${hostname()}` })).toBe('unknown')
  })
})
