import { randomUUID } from 'node:crypto'
import { databases } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from './database.js'
import { databaseFailure } from './failure.js'
import type { PlainQuery } from './plain-transaction.js'

for (const { kind, title, skip, open } of databases())
  describe.skipIf(skip)(`a transaction of plain SQL, ${title}`, () => {
    let database: Database
    beforeAll(async () => {
      database = await open()
    })
    afterAll(() => database.close())

    const insert = (query: PlainQuery, id: string) =>
      query(`INSERT INTO "Principal" (id, kind) VALUES ($1, 'user')`, [id])
    const isThere = async (id: string) => (await database.client.principal.count({ where: { id } })) === 1

    it('keeps all that it wrote, and gives the rows and the result', async () => {
      const id = randomUUID()
      const result = await database.plainTransaction(async (query) => {
        await insert(query, id)
        return query('SELECT kind FROM "Principal" WHERE id = $1', [id])
      })
      expect(result).toEqual([{ kind: 'user' }])
      expect(await isThere(id)).toBe(true)
    })

    it('keeps nothing where its function throws, and serves the next', async () => {
      const id = randomUUID()
      const failing = database.plainTransaction(async (query) => {
        await insert(query, id)
        throw new Error('on purpose')
      })
      await expect(failing).rejects.toThrow('on purpose')
      expect(await isThere(id)).toBe(false)
    })

    it('keeps nothing where a statement failed and its function did not say so', async () => {
      const id = randomUUID()
      const hiding = database.plainTransaction(async (query) => {
        await insert(query, id)
        await query('SELECT 1 / 0').catch(() => {})
      })
      await expect(hiding).rejects.toThrow('nothing of it was kept')
      expect(await isThere(id)).toBe(false)
      await database.plainTransaction((query) => insert(query, id))
    })

    it('names the constraint that a row breaks, and calls a mistake neither a conflict nor an outage', async () => {
      const id = randomUUID()
      await database.plainTransaction((query) => insert(query, id))
      const twice = database.plainTransaction((query) => insert(query, id))
      expect(await twice.then(undefined, databaseFailure)).toEqual({
        kind: 'unique',
        constraint: 'Principal_pkey',
        fields: [],
      })
      const mistaken = database.plainTransaction((query) => query('SELECT nothing FROM nowhere'))
      expect(await mistaken.then(undefined, databaseFailure)).toEqual({ kind: 'other' })
    })

    it('runs again where another was faster, and gives up after five times', async () => {
      const conflict = Object.assign(new Error('too late'), { code: '40001' })
      const id = randomUUID()
      let runs = 0
      await database.plainTransaction(async (query) => {
        await insert(query, id)
        if (++runs < 3) throw conflict
      })
      expect(runs).toBe(3)
      runs = 0
      const never = database.plainTransaction(async () => {
        runs++
        throw conflict
      })
      await expect(never).rejects.toBe(conflict)
      expect(runs).toBe(5)
    })

    it('keeps nothing of what took too long', async () => {
      const id = randomUUID()
      const slow = database.plainTransaction(
        async (query) => {
          await insert(query, id)
          await query('SELECT pg_sleep(0.3)')
        },
        { timeout: 100 },
      )
      expect(await slow.then(undefined, databaseFailure)).toEqual({ kind: 'unavailable' })
      expect(await isThere(id)).toBe(false)
    })

    it('waits for its turn among many, without mixing them up', async () => {
      const numbers = [...Array(50).keys()]
      const answers = await Promise.all(
        numbers.map((number) =>
          database.plainTransaction(async (query) => {
            await query('SELECT pg_sleep(0.001)')
            return query<{ number: number }>('SELECT $1::int AS number', [number])
          }),
        ),
      )
      expect(answers.flat().map(({ number }) => number)).toEqual(numbers)
    })

    // There is nobody else who could end the embedded database's connection.
    if (kind === 'postgres')
      it('outlives a connection that breaks in its midst', async () => {
        const id = randomUUID()
        const broken = database.plainTransaction(async (query) => {
          await insert(query, id)
          await query('SELECT pg_terminate_backend(pg_backend_pid())')
        })
        expect(await broken.then(undefined, databaseFailure)).toEqual({ kind: 'unavailable' })
        const pids = await database
          .plainTransaction(async (query) => {
            const [mine] = await query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
            // Between two statements, when nobody waits for an answer that could carry the error.
            await database.client.$queryRaw`SELECT pg_terminate_backend(${mine?.pid}::int)`
            await new Promise((resolve) => setTimeout(resolve, 200))
            return query('SELECT 1')
          })
          .then(undefined, databaseFailure)
        expect(pids).toEqual({ kind: 'unavailable' })
        await database.plainTransaction((query) => insert(query, id))
        expect(await isThere(id)).toBe(true)
      })
  })
