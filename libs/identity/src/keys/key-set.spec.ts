import { createSigningKey } from '@gatehouse/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { readKeys, type VerificationKey } from './jwk.js'
import { createKeySet } from './key-set.js'

const minute = 60_000
const [first, second, third] = ['first', 'second', 'third'].map((kid) => createSigningKey(kid, 'ES256').jwk)

describe('a key set', () => {
  let at = 0
  let loads = 0
  let published: unknown[] = []
  let failing = false
  const load = async (): Promise<VerificationKey[]> => {
    loads++
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (failing) throw new Error('the issuer is down')
    return readKeys({ keys: published })
  }
  const create = () => createKeySet(load, () => at)
  const find = async (keys: ReturnType<typeof create>, kid: string) =>
    (await keys.find({ alg: 'ES256', kid })).map((key) => key.kid)

  beforeEach(() => {
    at = Date.now()
    loads = 0
    published = [first]
    failing = false
  })

  it('T33: loads once for 500 waiters', async () => {
    const keys = create()
    const found = await Promise.all(Array.from({ length: 500 }, () => find(keys, 'first')))
    expect(loads).toBe(1)
    expect(found.every(([kid]) => kid === 'first')).toBe(true)
  })

  it('loads nothing before it is asked', () => {
    create()
    expect(loads).toBe(0)
  })

  it('T33: loads once for 10,000 unknown kids, and once more after 30 s', async () => {
    const keys = create()
    await find(keys, 'first')
    const flood = () =>
      Promise.all(Array.from({ length: 10_000 }, (_, number) => find(keys, `forged-${number}`)))
    expect((await flood()).flat()).toEqual([])
    expect(loads).toBe(2)
    at += 29_000
    await flood()
    expect(loads).toBe(2)
    at += 2_000
    await flood()
    expect(loads).toBe(3)
    expect(await find(keys, 'first')).toEqual(['first'])
  })

  it('T33: does not load twice for an unknown kid that comes first of all', async () => {
    const keys = create()
    expect(await find(keys, 'forged')).toEqual([])
    expect(loads).toBe(1)
  })

  it('T33: counts a failed load as an attempt', async () => {
    const keys = create()
    await find(keys, 'first')
    failing = true
    for (let round = 0; round < 50; round++) expect(await find(keys, `forged-${round}`)).toEqual([])
    expect(loads).toBe(2)
    expect(await find(keys, 'first')).toEqual(['first'])
  })

  it('T33: asks an issuer that is down every 30 s at most, whatever comes in', async () => {
    const keys = create()
    await find(keys, 'first')
    failing = true
    at += 11 * minute
    for (let second = 0; second < 300; second++) {
      await Promise.all([find(keys, 'first'), find(keys, `forged-${second}`), find(keys, 'first')])
      at += 1000
    }
    expect(loads).toBeGreaterThan(5)
    expect(loads).toBeLessThanOrEqual(1 + 300 / 30)
  })

  it('takes a rotated key at once, and forgets the one withdrawn', async () => {
    const keys = create()
    await find(keys, 'first')
    published = [second]
    expect(await Promise.all([find(keys, 'second'), find(keys, 'second')])).toEqual([['second'], ['second']])
    expect(loads).toBe(2)
    expect(await find(keys, 'first')).toEqual([])
  })

  it('refreshes behind the caller after 10 min', async () => {
    const keys = create()
    await find(keys, 'first')
    published = [first, second]
    at += 9 * minute
    await find(keys, 'first')
    expect(loads).toBe(1)
    at += 2 * minute
    expect(await find(keys, 'first')).toEqual(['first'])
    await expect.poll(() => loads).toBe(2)
    await expect.poll(() => find(keys, 'second')).toEqual(['second'])
    expect(loads).toBe(2)
  })

  it('serves the last good set for 24 h of outage, asks every 30 s at most, and then fails', async () => {
    const keys = create()
    await find(keys, 'first')
    failing = true
    at += 23 * 60 * minute
    for (let round = 0; round < 20; round++) expect(await find(keys, 'first')).toEqual(['first'])
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(loads).toBe(2)
    at += 31_000
    await find(keys, 'first')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(loads).toBe(3)
    at += 61 * minute
    await expect(find(keys, 'first')).rejects.toThrow('the issuer is down')
    failing = false
    at += 6_000
    expect(await find(keys, 'first')).toEqual(['first'])
  })

  it('asks a cold issuer that is down every 5 s at most', async () => {
    const keys = create()
    failing = true
    await Promise.all(Array.from({ length: 20 }, () => expect(find(keys, 'first')).rejects.toThrow('down')))
    await expect(find(keys, 'first')).rejects.toThrow('down')
    expect(loads).toBe(1)
    at += 6_000
    failing = false
    expect(await find(keys, 'first')).toEqual(['first'])
    expect(loads).toBe(2)
  })

  it('takes a token without kid only where one key fits', async () => {
    published = [first]
    expect((await create().find({ alg: 'ES256' })).map(({ kid }) => kid)).toEqual(['first'])
    expect(await create().find({ alg: 'ES384' })).toEqual([])
    published = [first, third]
    expect(await create().find({ alg: 'ES256' })).toEqual([])
  })

  it('T15: gives a key for its own algorithm alone', async () => {
    const keys = create()
    expect(await keys.find({ alg: 'RS256', kid: 'first' })).toEqual([])
    expect(await keys.find({ alg: 'HS256', kid: 'first' })).toEqual([])
    expect(await keys.find({ alg: 'ES256', kid: '__proto__' })).toEqual([])
  })
})
