import type { Database } from '@gatehouse/platform'
import { openEmbeddedDatabase } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDirectory } from './directory.js'

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
    const directory = createDirectory(database, Date.now, Date.now, 3)
    for (let index = 0; index < 6; index++) {
      const { sessions } = await person(1)
      for (const id of sessions) expect(await directory.session(id)).not.toBeNull()
    }
    expect(directory.size()).toEqual({ sessions: 3, principals: 3 })
  })

  it('drops every session of a principal, also those that were loaded anew, and of nobody else', async () => {
    let now = Date.now()
    const directory = createDirectory(database, Date.now, () => now)
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
})
