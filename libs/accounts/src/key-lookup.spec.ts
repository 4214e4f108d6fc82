import { beforeEach, describe, expect, it } from 'vitest'
import { createKeyLookup, type KeyLookup } from './key-lookup.js'

describe('the lookup of keys', () => {
  let time: number
  let queries: number
  let isDown: boolean
  let look: KeyLookup<string>
  /** Keys that hold. */
  const holding = new Set<string>()
  beforeEach(() => {
    time = 1_000_000
    queries = 0
    isDown = false
    holding.clear()
    const query = async <T>(find: () => T): Promise<T> => {
      queries++
      await new Promise((resolve) => setTimeout(resolve, 5))
      if (isDown) throw new Error('the database is away')
      return find()
    }
    look = createKeyLookup(
      {
        one: (hash) => query(() => (holding.has(hash) ? hash : null)),
        many: (hashes) =>
          query(() => new Map(hashes.filter((hash) => holding.has(hash)).map((hash) => [hash, hash]))),
      },
      () => time,
    )
  })

  const flood = async (count: number, from: (index: number) => string, name = 'made up') => {
    const outcomes: Record<string, number> = {}
    await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const outcome = await look(`${name} ${index}`, from(index)).then(
          (found) => (found === null ? 'absent' : 'found'),
          (error: Error & { code?: string }) => error.code ?? error.message,
        )
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      }),
    )
    return outcomes
  }

  it('T36: a flood of made-up keys from one address is twenty queries and one for all the rest, and then 429', async () => {
    expect(await flood(2000, () => '192.0.2.1')).toEqual({ absent: 520, rate_limited: 1480 })
    expect(queries).toBe(21)
    await expect(look('the next', '192.0.2.1')).resolves.toBeNull()
    expect(queries).toBe(22)
    time += 10_000
    expect(await flood(20, () => '192.0.2.1', 'later')).toEqual({ absent: 20 })
    expect(queries).toBe(42)
  })

  it('T36: floods from ever so many addresses are bounded as well', async () => {
    expect(await flood(2000, (index) => `address ${index}`)).toEqual({ absent: 1200, rate_limited: 800 })
    expect(queries).toBe(201)
  })

  it('a key that holds is let in from the midst of a flood, from its address and from another one', async () => {
    holding.add('good').add('another')
    const flooding = flood(300, () => '192.0.2.1')
    expect(await Promise.all([look('good', '192.0.2.1'), look('another', '192.0.2.2')])).toEqual([
      'good',
      'another',
    ])
    await flooding
  })

  it('keys that hold take no turns, and those that have held wait for none', async () => {
    for (let index = 0; index < 100; index++) holding.add(`made up ${index}`)
    // One after the other, as they come by an office's one address.
    for (let index = 0; index < 100; index++)
      expect(await look(`made up ${index}`, '192.0.2.1')).not.toBeNull()
    expect(queries).toBe(100)
    await flood(400, () => '192.0.2.1', 'bad')
    const before = queries
    expect(await look('made up 7', '192.0.2.1')).toBe('made up 7')
    expect(queries).toBe(before + 1)
    // Revoked: from here on it is one like any other.
    holding.delete('made up 7')
    expect(await look('made up 7', '192.0.2.1')).toBeNull()
    expect(await Promise.all([look('made up 7', '192.0.2.1'), look('bad', '192.0.2.1')])).toEqual([
      null,
      null,
    ])
    expect(queries).toBe(before + 3)
  })

  it('who waits is told when the database is away, and others are asked for again', async () => {
    isDown = true
    expect(await flood(30, () => '192.0.2.1')).toEqual({ 'the database is away': 30 })
    isDown = false
    holding.add('good')
    expect(await look('good', '192.0.2.1')).toBe('good')
  })
})
