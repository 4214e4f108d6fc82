import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHousekeeping } from './housekeeping.js'

const days = (number: number) => new Date(Date.now() - number * 86_400_000)
const nothingElse = async () => true
const unexpected = (error: unknown) => {
  throw error
}

for (const { title, skip, open } of databases()) {
  describe.skipIf(skip)(`housekeeping of accounts on ${title}`, () => {
    let database: Database
    const principalId = uuidv7()
    beforeAll(async () => {
      database = await open()
      await database.client.principal.create({ data: { id: principalId, kind: 'user', roles: [] } })
    })
    afterAll(() => database.close())

    const session = async (expiresAt: Date, revokedAt: Date | null = null) => {
      const data = { id: uuidv7(), principalId, provider: 'google', kind: 'token', expiresAt, revokedAt }
      return (await database.client.session.create({ data })).id
    }

    it('deletes sessions 30 days after they expired or were revoked, and no others', async () => {
      await session(days(31))
      await session(days(-10), days(31))
      await session(days(-10), days(31))
      const kept = [
        await session(days(-1)),
        await session(days(29)),
        await session(days(-10), days(29)),
        await session(days(20), days(29)),
      ]
      const housekeeping = startHousekeeping(database, nothingElse, unexpected, { firstMs: 0 })
      const left = async () => {
        const rows = await database.client.session.findMany({ orderBy: { id: 'asc' } })
        return rows.map(({ id }) => id)
      }
      await expect.poll(left, { timeout: 5000 }).toEqual(kept)
      await housekeeping.stop()
      expect(await left()).toEqual(kept)
    })

    it('deletes keys 90 days after they expired or were revoked, and no others', async () => {
      const key = async (expiresAt: Date, revokedAt: Date | null = null) => {
        const id = uuidv7()
        const data = { id, principalId, name: 'k', hash: id, prefix: 'gh_', expiresAt, revokedAt }
        return (await database.client.apiKey.create({ data })).id
      }
      await key(days(91))
      await key(days(-10), days(91))
      const kept = [
        await key(days(-1)),
        await key(days(89)),
        await key(days(-10), days(89)),
        await key(days(-1), days(-1)),
      ]
      const housekeeping = startHousekeeping(database, nothingElse, unexpected, { firstMs: 0 })
      const left = async () => (await database.client.apiKey.findMany()).map(({ id }) => id).sort()
      await expect.poll(left, { timeout: 5000 }).toEqual(kept.sort())
      await housekeeping.stop()
      expect(await left()).toEqual(kept.sort())
    })

    it('deletes changes that no replica looks for any more, however many there are', async () => {
      await database.client.$executeRaw`
        INSERT INTO "Change" ("at", "kind", "subject")
        SELECT now() - make_interval(mins => 61), 'session', gen_random_uuid() FROM generate_series(1, 12000)`
      const subject = uuidv7()
      await database.client.change.create({ data: { kind: 'session', subject } })
      const housekeeping = startHousekeeping(database, nothingElse, unexpected, { firstMs: 0 })
      await expect.poll(() => database.client.change.count(), { timeout: 10_000 }).toBe(1)
      await housekeeping.stop()
      expect(await database.client.change.findMany()).toMatchObject([{ subject }])
    })

    it('comes again, and after a failure too', async () => {
      const errors: unknown[] = []
      let down = true
      const housekeeping = startHousekeeping(
        {
          ...database,
          get client() {
            if (down) throw new Error('down')
            return database.client
          },
        },
        nothingElse,
        (error) => errors.push(error),
        { firstMs: 0, everyMs: 20 },
      )
      await expect.poll(() => errors.length).toBeGreaterThan(1)
      down = false
      const id = await session(days(31))
      await expect
        .poll(() => database.client.session.findUnique({ where: { id } }), { timeout: 5000 })
        .toBeNull()
      await housekeeping.stop()
    })
  })
}
