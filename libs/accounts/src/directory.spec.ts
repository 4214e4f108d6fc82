import { setTimeout as delay } from 'node:timers/promises'
import type { Database, Transaction } from '@gatehouse/platform'
import { openEmbeddedDatabase } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDirectory } from './directory.js'
import { createPatience } from './patience.js'

describe('the directory', () => {
  let database: Database
  beforeAll(async () => {
    database = await openEmbeddedDatabase()
  })
  afterAll(() => database.close())

  /** Somebody with sessions. */
  const person = async (sessions: number) => {
    const id = uuidv7()
    await database.client.principal.create({ data: { id, kind: 'user', roles: ['member'] } })
    const ids = [...Array(sessions)].map(() => uuidv7())
    const expiresAt = new Date(Date.now() + 3_600_000)
    await database.client.session.createMany({
      data: ids.map((session) => ({
        id: session,
        principalId: id,
        provider: 'google',
        kind: 'token',
        expiresAt,
      })),
    })
    return { id, sessions: ids }
  }

  it('holds no more principals than it holds sessions of', async () => {
    const directory = createDirectory(database, createPatience(), Date.now, Date.now, 3)
    for (let index = 0; index < 6; index++) {
      const { sessions } = await person(1)
      for (const id of sessions) expect(await directory.session(id)).not.toBeNull()
    }
    expect(directory.size()).toEqual({ sessions: 3, principals: 3 })
  })

  it('whoever tries made-up keys pushes out none that holds, and is remembered only so far', async () => {
    const directory = createDirectory(database, createPatience(), Date.now, Date.now, 20)
    const [id, hash] = [uuidv7(), 'a hash that holds']
    const expiresAt = new Date(Date.now() + 3_600_000)
    const keys = { create: { id: uuidv7(), name: 'k', hash, prefix: 'gh_', expiresAt } }
    await database.client.principal.create({ data: { id, kind: 'user', roles: ['member'], keys } })
    expect(await directory.key(hash)).toMatchObject({ principal: { id } })
    for (let index = 0; index < 100; index++) expect(await directory.key(`made up ${index}`)).toBeNull()
    expect(directory.knownKey(hash)).toMatchObject({ principal: { id } })
    expect([directory.knownKey('made up 99'), directory.knownKey('made up 0')]).toEqual([null, undefined])
  })

  it('keeps what it reads while others are changed, and nothing that is changed meanwhile', async () => {
    const directory = createDirectory(database, createPatience(), Date.now, Date.now)
    const [ada, bob] = [await person(1), await person(1)]
    const [id = ''] = ada.sessions
    for (const [subject, known] of [
      [bob.id, true],
      [ada.id, false],
      [id, false],
    ] as const) {
      directory.forget({ kind: 'session', subject: id })
      const reading = directory.session(id)
      directory.forget({ kind: subject === id ? 'session' : 'principal', subject })
      expect(await reading).not.toBeNull()
      expect(directory.knownSession(id) !== undefined, subject).toBe(known)
    }
  })

  it('drops every session of a principal, also those that were loaded anew, and of nobody else', async () => {
    let now = Date.now()
    const directory = createDirectory(database, createPatience(), Date.now, () => now)
    const [ada, bob] = [await person(3), await person(2)]
    for (const round of [1, 2]) {
      for (const id of [...ada.sessions, ...bob.sessions]) expect(await directory.session(id)).not.toBeNull()
      expect(directory.size(), `round ${round}`).toEqual({ sessions: 5, principals: 2 })
      now += 6000
    }
    directory.forget({ kind: 'principal', subject: ada.id })
    expect(directory.size()).toEqual({ sessions: 2, principals: 1 })
    for (const subject of bob.sessions) directory.forget({ kind: 'session', subject })
    expect(directory.size()).toEqual({ sessions: 0, principals: 0 })
  })

  /** Keeps the one connection of the embedded database: every other query hangs. @returns what ends it */
  const hang = async (meanwhile: (transaction: Transaction) => Promise<unknown> = async () => {}) => {
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const running = database.transaction(
      async (transaction) => {
        await meanwhile(transaction)
        begin()
        await over
      },
      { timeout: 60_000 },
    )
    await begun
    return async () => {
      end()
      await running
    }
  }

  it('F19: while the database hangs, who is known is served; who was disabled too long ago to know is not', async () => {
    let now = Date.now()
    const completeAt = now
    const directory = createDirectory(
      database,
      createPatience(),
      () => completeAt,
      () => now,
    )
    const { sessions } = await person(2)
    for (const id of sessions) expect(await directory.session(id)).not.toBeNull()
    now += 6000
    const end = await hang()
    const began = performance.now()
    for (let call = 0; call < 20; call++)
      for (const id of sessions) expect(await directory.session(id)).not.toBeNull()
    // A query gives up after some 8 s.
    expect(performance.now() - began).toBeLessThan(4000)
    now += 60_000
    const late = directory.session(sessions[0] ?? '')
    expect(await Promise.race([late.then(() => 'served'), delay(500, 'waits')])).toBe('waits')
    await end()
    expect(await late).not.toBeNull()
  })

  it('T23: a session that ends while a call waits for a slow database is not served from memory', async () => {
    let now = Date.now()
    const directory = createDirectory(database, createPatience(), Date.now, () => now)
    const [id = ''] = (await person(1)).sessions
    expect(await directory.session(id)).not.toBeNull()
    now += 6000
    const end = await hang((transaction) =>
      transaction.session.update({ where: { id }, data: { revokedAt: new Date() } }),
    )
    const asked = directory.session(id)
    directory.forget({ kind: 'session', subject: id })
    await delay(1200)
    await end()
    expect(await asked).toBeNull()
  })
})
