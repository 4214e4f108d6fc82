import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTouch } from './touch.js'

for (const { kind, title, skip, open } of databases()) {
  describe.skipIf(skip)(`last seen on ${title}`, () => {
    let database: Database
    beforeAll(async () => {
      database = await open()
    })
    afterAll(() => database.close())

    const rarely = { sessionsMs: 3_600_000, keysMs: 3_600_000 }
    const longAgo = new Date('2020-01-01T00:00:00Z')
    const person = async () => {
      const [id, session] = [uuidv7(), uuidv7()]
      const sessions = {
        create: {
          id: session,
          provider: 'google',
          kind: 'token',
          expiresAt: new Date(Date.now() + 3_600_000),
          lastSeenAt: longAgo,
        },
      }
      await database.client.principal.create({ data: { id, kind: 'user', lastSeenAt: longAgo, sessions } })
      return { id, session }
    }
    const seenAt = async ({ id, session }: { id: string; session: string }) => [
      (await database.client.session.findUniqueOrThrow({ where: { id: session } })).lastSeenAt.getTime(),
      (await database.client.principal.findUniqueOrThrow({ where: { id } })).lastSeenAt?.getTime() ?? 0,
    ]

    it('is written for all that were seen, and for nobody else', async () => {
      const [ada, bob, eve] = [await person(), await person(), await person()]
      const errors: unknown[] = []
      const touch = createTouch(database, rarely, (error) => errors.push(error))
      const before = Date.now()
      for (const { id, session } of [bob, ada]) touch.session(session, id)
      await touch.stop()
      expect(errors).toEqual([])
      for (const somebody of [ada, bob])
        for (const at of await seenAt(somebody)) expect(Math.abs(at - before)).toBeLessThan(60_000)
      expect(await seenAt(eve)).toEqual([longAgo.getTime(), longAgo.getTime()])
    })

    // Of the embedded database there is one replica alone.
    if (kind === 'postgres')
      it('is in no deadlock with somebody who writes the same rows in another order', async () => {
        const [first, second] = [await person(), await person()]
        const errors: unknown[] = []
        const touch = createTouch(database, rarely, (error) => errors.push(error))
        for (const { id, session } of [first, second]) touch.session(session, id)
        let runs = 0
        let flushed: Promise<void> | undefined
        await database.transaction(async (transaction) => {
          runs++
          const write = (id: string) =>
            transaction.session.update({ where: { id }, data: { userAgent: 'another replica' } })
          await write(second.session)
          flushed ??= touch.stop()
          await delay(300)
          await write(first.session)
        })
        await flushed
        expect({ errors, runs }).toEqual({ errors: [], runs: 1 })
      })
  })
}
