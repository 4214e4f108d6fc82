import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTypeScript } from '@gatehouse/testing'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectDatabase, openDatabase } from './database.js'
import { startEmbedded } from './embedded.js'
import { databaseFailure } from './failure.js'

const databaseModule = JSON.stringify(new URL('./database.ts', import.meta.url).href)

describe('the embedded database', () => {
  let dataDir: string
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

  it('is refused to a second process, which is told the holder and the ways out', async () => {
    const holder = startTypeScript(`
      const { openDatabase } = await import(${databaseModule})
      await openDatabase({ dataDir: ${JSON.stringify(dataDir)} })
      console.log('open')
      setInterval(() => {}, 1000)`)
    await holder.line('open')
    const refused = await openDatabase({ dataDir }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Error)
    expect((refused as Error).message).toContain(`in use by process ${holder.child.pid} `)
    expect((refused as Error).message).toMatch(/DATA_DIR.*DATABASE_URL/)
    expect((refused as Error).message).not.toContain('\n')
    holder.child.kill('SIGKILL')
    await holder.end()
  })

  it('is refused to a second opener in the same process', async () => {
    const database = await openDatabase({ dataDir })
    await expect(openDatabase({ dataDir })).rejects.toThrow(`process ${process.pid} `)
    await database.close()
    await (await openDatabase({ dataDir })).close()
    expect(existsSync(join(dataDir, 'postgres.lock'))).toBe(false)
  })

  it('has every committed row after kill -9 in the middle of writing, and opens at once', async () => {
    const writer = startTypeScript(`
      const { openDatabase } = await import(${databaseModule})
      const database = await openDatabase({ dataDir: ${JSON.stringify(dataDir)} })
      for (let number = 1; ; number += 1) {
        await database.client.principal.create({ data: { id: crypto.randomUUID(), kind: 'user', name: String(number) } })
        console.log('row', number)
      }`)
    await writer.line('row 50')
    writer.child.kill('SIGKILL')
    const { output } = await writer.end()
    const promised = [...output.matchAll(/^row (\d+)$/gm)].map(([, number]) => number)
    expect(promised.length).toBeGreaterThanOrEqual(50)
    const database = await openDatabase({ dataDir })
    const names = (await database.client.principal.findMany()).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(promised))
    // The one that was written but not yet told may be there.
    expect(names.length - promised.length).toBeLessThanOrEqual(1)
    await database.close()
  })

  it('survives a kill -9 during its very first start', async () => {
    const first = startTypeScript(`
      const { openDatabase } = await import(${databaseModule})
      await openDatabase({ dataDir: ${JSON.stringify(dataDir)}, onProgress: console.log })`)
    await first.line('Making')
    first.child.kill('SIGKILL')
    await first.end()
    const database = await openDatabase({ dataDir })
    expect(await database.client.principal.count()).toBe(0)
    await database.close()
    expect(readdirSync(dataDir)).toEqual(['postgres'])
  })

  it('is readable by its owner alone and listens on no port', async () => {
    const nested = join(dataDir, 'data')
    const database = await openDatabase({ dataDir: nested })
    for (const path of [nested, join(nested, 'postgres'), join(nested, 'postgres.lock')])
      expect(statSync(path).mode & 0o077).toBe(0)
    if (process.platform === 'linux') {
      const listening = ['tcp', 'tcp6']
        .flatMap((table) => readFileSync(`/proc/self/net/${table}`, 'utf8').split('\n'))
        .filter((line) => / 0A /.test(line))
      const own = new Set(
        readdirSync('/proc/self/fd').flatMap((fd) => {
          try {
            return [statSync(`/proc/self/fd/${fd}`).ino]
          } catch {
            return []
          }
        }),
      )
      expect(listening.filter((line) => own.has(Number(line.trim().split(/\s+/)[9])))).toEqual([])
    }
    await database.close()
  })

  it('refuses queries as unavailable until it is ready', async () => {
    const database = connectDatabase({ dataDir })
    expect(database.state()).toEqual({ phase: 'starting' })
    expect(await database.client.principal.count().then(undefined, databaseFailure)).toEqual({
      kind: 'unavailable',
    })
    await expect(database.ping()).rejects.toMatchObject({ code: 'unavailable' })
    await database.ready
    expect(await database.client.principal.count()).toBe(0)
    await database.close()
  })

  it('ends and says so when another process took its folder away', async () => {
    const said: string[] = []
    const database = await openDatabase({
      dataDir,
      onProgress: (line, level) => said.push(`${level}: ${line}`),
    })
    writeFileSync(join(dataDir, 'postgres.lock'), '{}')
    await vi.waitUntil(() => database.state().phase === 'failed', { timeout: 10_000 })
    expect(said.at(-1)).toMatch(/^error: Another process took over/)
    expect(await database.client.principal.count().then(undefined, databaseFailure)).toEqual({
      kind: 'unavailable',
    })
    await database.close()
  })

  it('says in a line why it does not start', async () => {
    await (await openDatabase({ dataDir })).close()
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '9\n')
    const failed = await openDatabase({ dataDir }).catch((error: unknown) => error)
    expect((failed as Error).message).toMatch(/^The embedded database ended: .*incompatible/)
    expect(existsSync(join(dataDir, 'postgres.lock'))).toBe(false)
  })
})

describe('the thread of the embedded database', () => {
  it('that ends by itself breaks its queries and tells why', async () => {
    const crashes: string[] = []
    const database = await startEmbedded(null, (error) => crashes.push(error.message))
    const pool = new pg.Pool({ max: 1, stream: () => database.stream(), user: 'postgres', ssl: false })
    pool.on('error', () => {})
    await pool.query('SELECT 1')
    const running = pool.query('SELECT pg_sleep(5)').then(undefined, databaseFailure)
    await database.kill()
    expect(await running).toEqual({ kind: 'unavailable' })
    expect(await pool.query('SELECT 1').then(undefined, databaseFailure)).toEqual({ kind: 'unavailable' })
    expect(crashes).toEqual([expect.stringContaining('The embedded database ended')])
    await pool.end()
    await database.stop()
  })

  it('leaves nothing of one session to the next: no transaction, lock or setting', async () => {
    const database = await startEmbedded(null, () => {})
    const connect = async (): Promise<pg.Client> => {
      const client = new pg.Client({ stream: () => database.stream(), user: 'postgres', ssl: false })
      await client.connect()
      return client
    }
    const first = await connect()
    await first.query('CREATE TABLE t (a int)')
    await first.query("SET TIME ZONE 'Asia/Kolkata'; SELECT pg_advisory_lock(1)")
    await first.query('BEGIN')
    await first.query('INSERT INTO t VALUES (1)')
    // The second waits for the end of the first.
    const second = connect()
    await first.end()
    const { rows } = await (await second).query(
      `SELECT (SELECT count(*)::int FROM t) AS rows, current_setting('TimeZone') AS zone,
        (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks`,
    )
    expect(rows).toEqual([{ rows: 0, zone: 'UTC', locks: 0 }])
    await (await second).end()
    await database.stop()
  })
})
