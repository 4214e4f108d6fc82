import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { type PostgresServer, postgresMissing, startPostgres } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../config/parse.js'
import { connectDatabase, type Database, openDatabase } from './database.js'
import { databaseFailure } from './failure.js'

const missing = postgresMissing()
const dataDir = tmpdir()

async function eventually(check: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await check()
    } catch (error) {
      if (attempt === 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

describe.skipIf(missing !== undefined)(`a Postgres server${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.remove())

  const open = new Set<Database>()
  const kept = (database: Database): Database => {
    open.add(database)
    return database
  }
  afterAll(() => Promise.all([...open].map((database) => database.close())))

  it('F17: is waited for when it is down at start, and then the migrations run by themselves', async () => {
    const name = await server.createDatabase()
    await server.stop()
    const said: string[] = []
    const database = kept(
      connectDatabase({ url: server.url(name), dataDir, onProgress: (line) => said.push(line) }),
    )
    // Several tries, of which the first alone is told.
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(said).toEqual([
      expect.stringMatching(
        /^The database at 127\.0\.0\.1:\d+ \(DATABASE_URL\) cannot be reached: .*ECONNREFUSED.*Waiting for it\.$/,
      ),
    ])
    expect(database.state()).toEqual({ phase: 'starting' })
    await expect(database.ping()).rejects.toMatchObject({ code: 'unavailable' })
    await server.start()
    await database.ready
    expect(await database.client.principal.count()).toBe(0)
    expect(said.at(-1)).toMatch(/^The database at 127\.0\.0\.1:\d+ answers\.$/)
    expect(said.join()).not.toContain(new URL(server.url()).password)
  })

  it('F17: refuses queries as unavailable until the migrations are applied', async () => {
    const name = await server.createDatabase()
    const database = kept(connectDatabase({ url: server.url(name), dataDir }))
    const early = await database.client.principal.count().then(undefined, databaseFailure)
    expect(early).toEqual({ kind: 'unavailable' })
    await database.ready
    expect(await database.client.principal.count()).toBe(0)
  })

  it('F18: breaks the queries of a moment when it crashes, and serves again when it is back', async () => {
    const name = await server.createDatabase()
    const database = kept(await openDatabase({ url: server.url(name), dataDir }))
    const id = randomUUID()
    await database.client.principal.create({ data: { id, kind: 'user' } })
    // Several idle connections, all of which are to break.
    await Promise.all(Array.from({ length: 5 }, () => database.client.$queryRaw`SELECT pg_sleep(0.1)::text`))
    const running = database.client.$queryRaw`SELECT pg_sleep(3)::text`.then(undefined, databaseFailure)
    const inside = database
      .transaction(async (transaction) => {
        await transaction.principal.create({ data: { id: randomUUID(), kind: 'user' } })
        await transaction.$queryRaw`SELECT pg_sleep(3)::text`
      })
      .then(undefined, databaseFailure)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await server.stop('immediate')
    expect(await running).toEqual({ kind: 'unavailable' })
    expect(await inside).toEqual({ kind: 'unavailable' })
    expect(await database.client.principal.count().then(undefined, databaseFailure)).toEqual({
      kind: 'unavailable',
    })
    await server.start()
    await eventually(() => database.ping())
    expect(await database.client.principal.findMany({ select: { id: true } })).toEqual([{ id }])
  })

  it('F19: has a command cancelled that takes longer than 5 s', async () => {
    const name = await server.createDatabase()
    const database = kept(await openDatabase({ url: server.url(name), dataDir }))
    const slow = await database.client.$queryRaw`SELECT pg_sleep(30)::text`.then(undefined, databaseFailure)
    expect(slow).toEqual({ kind: 'unavailable' })
  })

  it('F19: refuses within 4 s when every connection is busy', async () => {
    const name = await server.createDatabase()
    const database = kept(await openDatabase({ url: server.url(name), dataDir, poolSize: 2 }))
    // A query of Prisma's begins when it is waited for.
    const busy = Promise.all([1, 2].map(() => database.client.$queryRaw`SELECT pg_sleep(4.5)::text`))
    await new Promise((resolve) => setTimeout(resolve, 200))
    const begin = performance.now()
    expect(await database.client.principal.count().then(undefined, databaseFailure)).toEqual({
      kind: 'unavailable',
    })
    expect(performance.now() - begin).toBeLessThan(4_000)
    await busy
  })

  it('F20: keeps a standby out of the pool, and takes the server again when it is the primary', async () => {
    const name = await server.createDatabase()
    const database = kept(await openDatabase({ url: server.url(name), dataDir }))
    await server.stop()
    await server.start({ standby: true })
    const write = () => database.client.principal.create({ data: { id: randomUUID(), kind: 'user' } })
    await eventually(async () =>
      expect(await write().then(undefined, databaseFailure)).toEqual({ kind: 'unavailable' }),
    )
    await expect(database.ping()).rejects.toMatchObject({
      code: 'unavailable',
      cause: { message: /standby/ },
    })
    await server.stop('immediate')
    await server.start()
    await eventually(async () => void (await write()))
  })

  it.each([
    [
      'a wrong password',
      (url: URL) => (url.password = 'not-the-password'),
      /says: password authentication failed for user "tester"\. Correct the user or the password/,
    ],
    ['no password', (url: URL) => (url.password = ''), /It asks for a password: write one/],
    [
      'an unknown user',
      (url: URL) => (url.username = 'nobody'),
      /for user "nobody"\. Correct the user or the password/,
    ],
    [
      'an unknown database',
      (url: URL) => (url.pathname = '/nowhere'),
      /says: database "nowhere" does not exist\. Create that database there, or name another one/,
    ],
    [
      'TLS where there is none',
      (url: URL) => url.searchParams.set('sslmode', 'verify-full'),
      /does not support SSL connections\. Take sslmode out of the address/,
    ],
  ])(
    'ends the start naming DATABASE_URL, reason and mend, without the password, for %s',
    async (_, change, says) => {
      const url = new URL(server.url())
      const { password } = url
      change(url)
      const said: string[] = []
      const failed = await openDatabase({
        url: url.href,
        dataDir,
        onProgress: (line) => said.push(line),
      }).catch((error: unknown) => error)
      expect(failed).toBeInstanceOf(ConfigError)
      expect((failed as Error).message).toMatch(/^DATABASE_URL: the server at 127\.0\.0\.1:\d+ says: /)
      expect((failed as Error).message).toMatch(says)
      // Whoever started it tells it, once.
      expect(said).toEqual([])
      expect(JSON.stringify([String(failed), { ...(failed as Error) }])).not.toContain(password)
      expect(JSON.stringify([String(failed), { ...(failed as Error) }])).not.toContain('not-the-password')
    },
  )

  it('ends the start naming DATABASE_URL where the user may make no tables', async () => {
    const name = await server.createDatabase()
    const admin = kept(await openDatabase({ url: server.url(), dataDir }))
    const user = `reader_${name}`
    await admin.client.$executeRawUnsafe(`CREATE ROLE "${user}" LOGIN PASSWORD 'a-password'`)
    const url = Object.assign(new URL(server.url(name)), { username: user, password: 'a-password' })
    await expect(openDatabase({ url: url.href, dataDir })).rejects.toThrow(
      /^DATABASE_URL: .*permission denied for schema public.* Make the user the owner of the database/,
    )
  })

  it('can be given up while it is waited for', async () => {
    const database = connectDatabase({ url: 'postgres://nobody@127.0.0.1:9/none', dataDir })
    await database.close()
    await expect(database.ready).rejects.toThrow()
    expect(database.state()).toEqual({ phase: 'closed' })
  })

  it('F20: runs a transaction again that met another one, and gives up on one that always meets another', async () => {
    const name = await server.createDatabase()
    const database = kept(await openDatabase({ url: server.url(name), dataDir }))
    let runs = 0
    await database.transaction(async (transaction) => {
      runs += 1
      if (runs < 3)
        await transaction.$executeRawUnsafe(`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$`)
    })
    expect(runs).toBe(3)
    runs = 0
    const always = database.transaction(async (transaction) => {
      runs += 1
      await transaction.$executeRawUnsafe(`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$`)
    })
    expect(await always.then(undefined, databaseFailure)).toEqual({ kind: 'conflict' })
    expect(runs).toBe(5)
  })
})
