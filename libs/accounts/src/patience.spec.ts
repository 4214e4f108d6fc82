import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@gatehouse/contracts'
import { describe, expect, it } from 'vitest'
import { createPatience } from './patience.js'

describe('the patience with a database', () => {
  const copy = { from: 'copy' }
  const fresh = { from: 'database' }
  const refusing = () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))
  const held = () => copy
  const nothing = () => undefined

  it('asks the database while it answers', async () => {
    const patience = createPatience()
    expect(await patience(async () => fresh, held)).toBe(fresh)
    expect(await patience(async () => fresh, nothing)).toBe(fresh)
  })

  it('F18: serves copies without asking for a while after a failure, and refuses at once who has none', async () => {
    let now = 1_000_000
    const patience = createPatience(() => now)
    let asked = 0
    const load = () => {
      asked++
      return refusing()
    }
    for (let call = 0; call < 5; call++) expect(await patience(load, held)).toBe(copy)
    await expect(patience(load, nothing)).rejects.toMatchObject({ code: 'unavailable' })
    expect(asked).toBe(1)
    now += 2000
    await expect(patience(load, nothing)).rejects.toMatchObject({ code: 'unavailable' })
    expect(asked).toBe(2)
  })

  it('F19: learns nothing from who is refused before the database is asked', async () => {
    let now = 1_000_000
    const patience = createPatience(() => now)
    const hanging = () => new Promise<typeof fresh>(() => {})
    expect(await patience(hanging, held)).toBe(copy)
    const refused = () => Promise.reject(new AppError('rate_limited'))
    now += 2000
    await expect(patience(refused, nothing)).rejects.toMatchObject({ code: 'rate_limited' })
    // Had it been taken for an answer, this would wait for the database again.
    const began = performance.now()
    expect(await patience(hanging, held)).toBe(copy)
    expect(performance.now() - began).toBeLessThan(500)
  })

  it('F19: waits for a database that hangs once for all, and tries it by one ask at a time', async () => {
    let now = 1_000_000
    const patience = createPatience(() => now)
    let asked = 0
    let answer = (_: typeof fresh) => {}
    const load = () => {
      asked++
      return new Promise<typeof fresh>((resolve) => {
        answer = resolve
      })
    }
    expect(await patience(load, held)).toBe(copy)
    for (let call = 0; call < 5; call++) expect(await patience(load, held)).toBe(copy)
    expect(asked).toBe(1)
    for (let pause = 0; pause < 3; pause++) {
      now += 2000
      for (let call = 0; call < 5; call++) expect(await patience(load, held)).toBe(copy)
    }
    expect(asked).toBe(2)
    answer(fresh)
    await delay(0)
    expect(await patience(async () => fresh, held)).toBe(fresh)
  })

  it('lets who has no copy wait for a database that is only slow', async () => {
    const patience = createPatience()
    const slow = () => delay(1500, fresh)
    expect(await patience(slow, held)).toBe(copy)
    expect(await patience(slow, nothing)).toBe(fresh)
  })

  it('T23: does not serve a copy that was dropped while it waited', async () => {
    const patience = createPatience()
    let left: typeof copy | undefined = copy
    const asked = patience(
      () => delay(1500, fresh),
      () => left,
    )
    left = undefined
    expect(await asked).toBe(fresh)
    left = copy
    const failing = patience(
      () => delay(50).then(refusing),
      () => left,
    )
    left = undefined
    await expect(failing).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('hides no mistake of ours behind a copy', async () => {
    const patience = createPatience()
    await expect(patience(() => Promise.reject(new Error('a mistake')), held)).rejects.toThrow('a mistake')
  })

  it('does not take the failure of an old ask for news, once the database has answered', async () => {
    let now = 1_000_000
    const patience = createPatience(() => now)
    let fail = (_: Error) => {}
    const hanging = () =>
      new Promise<typeof fresh>((_, reject) => {
        fail = reject
      })
    expect(await patience(hanging, held)).toBe(copy)
    now += 2000
    expect(await patience(async () => fresh, held)).toBe(copy)
    await delay(0)
    fail(Object.assign(new Error('Query read timeout'), { code: 'ETIMEDOUT' }))
    await delay(0)
    expect(await patience(async () => fresh, nothing)).toBe(fresh)
    expect(await patience(async () => fresh, held)).toBe(fresh)
  })
})
