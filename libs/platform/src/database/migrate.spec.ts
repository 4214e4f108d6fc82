import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPostgresDatabase, databases, startTypeScript } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from './database.js'
import { draftMigration } from './draft-migration.js'
import { markMigration } from './mark-migration.js'
import { MigrationError } from './migrate.js'
import { packageRoot } from './package-root.js'

const prisma = join(packageRoot(), 'prisma')

for (const { kind, title, skip } of databases())
  describe.skipIf(skip)(`migrations, ${title}`, () => {
    let folder: string
    let migrations: string
    let where: { url?: string; dataDir: string; migrations: string }
    let clean: () => Promise<void>
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
      migrations = join(folder, 'migrations')
      cpSync(join(prisma, 'migrations'), migrations, { recursive: true })
      const server = kind === 'postgres' ? await createPostgresDatabase({ empty: true }) : undefined
      where = { dataDir: join(folder, 'data'), migrations, ...(server && { url: server.url }) }
      clean = async () => server?.drop()
      // From the template: initdb would take most of the time of every test.
      if (kind === 'embedded') await inDatabase((database) => database.ping())
    })
    afterEach(async () => {
      await clean()
      rmSync(folder, { recursive: true, force: true })
    })

    const add = (name: string, sql: string): void => {
      mkdirSync(join(migrations, name), { recursive: true })
      writeFileSync(join(migrations, name, 'migration.sql'), sql)
    }
    const inDatabase = async <T>(work: (database: Database) => Promise<T>): Promise<T> => {
      const database = await openDatabase(where)
      return work(database).finally(() => database.close())
    }
    const tables = (database: Database) =>
      database.client.$queryRaw<{ name: string }[]>`
        SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'extra%'`

    it('apply to an existing database what is new, functions and comments with semicolons too', async () => {
      await inDatabase((database) => database.ping())
      add(
        '20990101000000_more',
        `CREATE TABLE extra (a int); -- a comment; with a semicolon
         CREATE FUNCTION twice(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN a := a * 2; RETURN a; END $$;
         INSERT INTO extra VALUES (twice(21));`,
      )
      const rows = await inDatabase((database) => database.client.$queryRaw`SELECT a FROM extra`)
      expect(rows).toEqual([{ a: 42 }])
    })

    it('that fail stop the start, named with the SQL error and the way out, and leave nothing behind', async () => {
      add('20990101000000_good', 'CREATE TABLE extra_good (a int);')
      add(
        '20990102000000_bad',
        'CREATE TABLE extra_bad (a int);\nINSERT INTO extra_bad VALUES (1);\nSELECT 1 / 0;',
      )
      const failed = await openDatabase(where).catch((error: unknown) => error)
      expect(failed).toBeInstanceOf(MigrationError)
      expect((failed as MigrationError).migration).toBe('20990102000000_bad')
      expect((failed as MigrationError).message).toMatch(
        /^Migration 20990102000000_bad failed.*division by zero.*\[22012\].*npm run db:migration -- --rolled-back 20990102000000_bad/,
      )

      const again = await openDatabase(where).catch((error: unknown) => error)
      expect(again).toBeInstanceOf(MigrationError)
      expect((again as MigrationError).message).toMatch(/20990102000000_bad did not finish.*division by zero/)

      add('20990102000000_bad', 'CREATE TABLE extra_bad (a int);')
      await markMigration(where, '20990102000000_bad', 'rolled-back')
      const found = await inDatabase(tables)
      expect(found.map(({ name }) => name).sort()).toEqual(['extra_bad', 'extra_good'])
    })

    it('that fail with a transaction of their own in the script do not hang and are named', async () => {
      add(
        '20990101000000_own',
        'BEGIN;\nCREATE TABLE extra_own (a int);\nSELECT missing_function();\nCOMMIT;',
      )
      await expect(openDatabase(where)).rejects.toThrow(/20990101000000_own failed.*missing_function/)
    })

    it('that were done by hand can be marked as applied', async () => {
      add('20990101000000_by_hand', 'SELECT 1 / 0;')
      await expect(openDatabase(where)).rejects.toThrow(MigrationError)
      await markMigration(where, '20990101000000_by_hand', 'applied')
      await inDatabase((database) => database.ping())
    })

    it('that were changed after they ran are reported, and the start goes on', async () => {
      add('20990101000000_old', 'CREATE TABLE extra (a int);')
      await inDatabase((database) => database.ping())
      add('20990101000000_old', 'CREATE TABLE extra (a int, b int);')
      const said: string[] = []
      await (
        await openDatabase({ ...where, onProgress: (line, level) => said.push(`${level}: ${line}`) })
      ).close()
      expect(said).toEqual([expect.stringMatching(/^warn: Migration 20990101000000_old was changed/)])
    })

    it('of a newer version are reported, and the older program runs on', async () => {
      add('20990101000000_newer', 'CREATE TABLE extra (a int);')
      await inDatabase((database) => database.ping())
      rmSync(join(migrations, '20990101000000_newer'), { recursive: true })
      const said: string[] = []
      const database = await openDatabase({
        ...where,
        onProgress: (line, level) => said.push(`${level}: ${line}`),
      })
      expect(await database.client.principal.count()).toBe(0)
      await database.close()
      expect(said).toEqual([expect.stringMatching(/^warn: The database is newer.*20990101000000_newer/)])
    })

    // The embedded database admits one process.
    if (kind === 'embedded') return
    it('are applied once when two processes start at the same moment', async () => {
      add(
        '20990101000000_slow',
        'CREATE TABLE extra (a int); INSERT INTO extra VALUES (1); SELECT pg_sleep(1);',
      )
      const start = () =>
        startTypeScript(`
          const { openDatabase } = await import(${JSON.stringify(new URL('./database.ts', import.meta.url).href)})
          const database = await openDatabase(${JSON.stringify(where)})
          console.log('ready', await database.client.principal.count())
          await database.close()`)
      const ends = await Promise.all([start().end(), start().end(), start().end()])
      expect(ends).toEqual([1, 2, 3].map(() => ({ code: 0, output: expect.stringContaining('ready 0') })))
      const rows = await inDatabase((database) => database.client.$queryRaw`SELECT a FROM extra`)
      expect(rows).toEqual([{ a: 1 }])
    })
  })

describe('the migrations of the repository', () => {
  it('make the schema that the Prisma files describe', async () => {
    expect(await draftMigration(join(prisma, 'schema'), join(prisma, 'migrations'))).toBeNull()
  })

  it('are continued by what the next one would change', async () => {
    const folder = mkdtempSync(join(tmpdir(), `gatehouse-${randomUUID()}`))
    cpSync(join(prisma, 'schema'), folder, { recursive: true })
    writeFileSync(join(folder, 'more.prisma'), 'model More {\n  id String @id @db.Uuid\n}\n')
    expect(await draftMigration(folder, join(prisma, 'migrations'))).toBe(
      '-- CreateTable\nCREATE TABLE "More" (\n    "id" UUID NOT NULL,\n\n    CONSTRAINT "More_pkey" PRIMARY KEY ("id")\n);\n',
    )
    rmSync(folder, { recursive: true })
  })
})
