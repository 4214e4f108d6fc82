import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { databases } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from './database.js'
import { databaseFailure } from './failure.js'
import { readMigrations } from './migration-files.js'
import { packageRoot } from './package-root.js'

const migrations = join(packageRoot(), 'prisma', 'migrations')

for (const { kind, title, skip, open } of databases())
  describe.skipIf(skip)(`the database, ${title}`, () => {
    let database: Database
    beforeAll(async () => {
      database = await open()
    })
    afterAll(() => database.close())

    const person = (email: string) =>
      database.client.principal.create({ data: { id: randomUUID(), kind: 'user', email } })
    const named = (email: string) => database.client.principal.count({ where: { email } })

    it('is ready and answers', async () => {
      expect(database.kind).toBe(kind)
      expect(database.state()).toEqual({ phase: 'ready' })
      await database.ping()
    })

    it('has every migration, recorded as sha256sum and Prisma record it', async () => {
      const rows = await database.client.$queryRaw<
        { migration_name: string; checksum: string; steps: number }[]
      >`
        SELECT migration_name, checksum, applied_steps_count AS steps FROM _prisma_migrations
        WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name`
      expect(rows.map((row) => row.migration_name)).toEqual(
        readMigrations(migrations).map(({ name }) => name),
      )
      for (const { migration_name, checksum, steps } of rows) {
        const bytes = readFileSync(join(migrations, migration_name, 'migration.sql'))
        expect(checksum).toBe(createHash('sha256').update(bytes).digest('hex'))
        expect(steps).toBe(1)
      }
    })

    it('reads a moment as it was written, whatever the time zone of the server', async () => {
      const at = new Date('2026-03-29T01:30:00.123Z')
      const { id } = await database.client.principal.create({
        data: { id: randomUUID(), kind: 'user', lastSeenAt: at },
      })
      expect((await database.client.principal.findUniqueOrThrow({ where: { id } })).lastSeenAt).toEqual(at)
      const [row] = await database.client.$queryRaw<{ same: boolean }[]>`
        SELECT "lastSeenAt" = '2026-03-29T01:30:00.123Z'::timestamptz AS same FROM "Principal" WHERE id = ${id}::uuid`
      expect(row?.same).toBe(true)
    })

    it('keeps nothing of a transaction that throws', async () => {
      const failing = database.transaction(async (transaction) => {
        await transaction.principal.create({
          data: { id: randomUUID(), kind: 'user', email: 'gone@example.com' },
        })
        throw new Error('on purpose')
      })
      await expect(failing).rejects.toThrow('on purpose')
      expect(await named('gone@example.com')).toBe(0)
    })

    it('keeps all of a transaction that ends well, and gives its result', async () => {
      const result = await database.transaction(async (transaction) => {
        await transaction.principal.create({
          data: { id: randomUUID(), kind: 'user', email: 'kept@example.com' },
        })
        return transaction.principal.count({ where: { email: 'kept@example.com' } })
      })
      expect(result).toBe(1)
      expect(await named('kept@example.com')).toBe(1)
    })

    it('lets many transactions that read and write the same row end right', async () => {
      const { id } = await person('counter@example.com')
      const increase = () =>
        database.transaction(
          async (transaction) => {
            const { roles } = await transaction.principal.findUniqueOrThrow({ where: { id } })
            await transaction.principal.update({ where: { id }, data: { roles: [...roles, 'x'] } })
          },
          { isolation: 'Serializable' },
        )
      await Promise.all([increase(), increase(), increase()])
      expect((await database.client.principal.findUniqueOrThrow({ where: { id } })).roles).toEqual([
        'x',
        'x',
        'x',
      ])
    })

    it('says which constraint a second row of the same identity breaks', async () => {
      const { id: principalId } = await person('twice@example.com')
      const add = () =>
        database.client.identity.create({
          data: {
            id: randomUUID(),
            principalId,
            provider: 'p',
            issuer: 'i',
            subject: 's',
            emailVerified: false,
          },
        })
      await add()
      const failure = await add().then(undefined, databaseFailure)
      expect(failure).toEqual({
        kind: 'unique',
        constraint: 'Identity_issuer_subject_key',
        fields: ['issuer', 'subject'],
      })
    })

    it('says the same of a raw insert', async () => {
      const id = randomUUID()
      const add = () =>
        database.client.$executeRaw`INSERT INTO "Principal" (id, kind) VALUES (${id}::uuid, 'user')`
      await add()
      expect(await add().then(undefined, databaseFailure)).toEqual({
        kind: 'unique',
        constraint: 'Principal_pkey',
        fields: [],
      })
    })

    it('calls a mistake in a query neither a conflict nor an outage', async () => {
      const failure = await database.client.$queryRaw`SELECT nothing FROM nowhere`.then(
        undefined,
        databaseFailure,
      )
      expect(failure).toEqual({ kind: 'other' })
    })

    it('gives every query its own answer when many run at once and some of them fail', async () => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, async (_, number) => {
          if (number % 7 === 0) {
            const failed = database.client.$queryRaw`SELECT ${number}::int / 0`
            return failed.then(
              () => 'answered',
              () => number,
            )
          }
          const rows = await database.client.$queryRaw<{ number: number }[]>`SELECT ${number}::int AS number`
          return rows[0]?.number
        }),
      )
      expect(answers).toEqual(Array.from({ length: 200 }, (_, number) => number))
    })

    it('takes and gives a text of two million characters', async () => {
      const name = 'añ€😀'.repeat(400_000)
      const { id } = await database.client.principal.create({
        data: { id: randomUUID(), kind: 'user', name },
      })
      const found = await database.client.principal.findUniqueOrThrow({ where: { id } })
      expect(found.name === name).toBe(true)
    })
  })
