import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { type AcquiredToken, createTokenSource } from './token-source.js'

/** An issuer that numbers its tokens, and a clock that is moved by hand. */
function issuer(expiresInSeconds: number | undefined = 3_600) {
  const state = { count: 0, time: 1_000_000, fail: undefined as Error | undefined }
  const acquire = async (): Promise<AcquiredToken> => {
    state.count++
    const value = `token-${state.count}`
    await delay(5)
    if (state.fail) throw state.fail
    return { value, expiresInSeconds }
  }
  return { state, source: createTokenSource({ acquire, now: () => state.time }) }
}

describe('a token source', () => {
  it('asks once for any number of waiters', async () => {
    const { state, source } = issuer()
    const tokens = await Promise.all(Array.from({ length: 500 }, () => source.get()))
    expect(new Set(tokens)).toEqual(new Set(['token-1']))
    expect(state.count).toBe(1)
  })

  it('serves the old token while it gets the next one, between half and 80 % of its life', async () => {
    const { state, source } = issuer(1_000)
    await source.get()
    state.time += 499_000
    await source.get()
    await delay(20)
    expect(state.count).toBe(1)
    state.time += 302_000
    expect(await source.get()).toBe('token-1')
    await delay(20)
    expect(state.count).toBe(2)
    expect(await source.get()).toBe('token-2')
  })

  it('gives up what never ends, and asks again', async () => {
    const limit = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(limit.signal)
    let asked = 0
    const acquire = () =>
      asked++ === 0
        ? new Promise<AcquiredToken>(() => {})
        : Promise.resolve({ value: 'token', expiresInSeconds: 60 })
    const source = createTokenSource({ acquire })
    const first = source.get()
    limit.abort(new Error('too long'))
    await expect(first).rejects.toThrow('too long')
    timeout.mockRestore()
    await expect.poll(() => source.get().catch(() => 'not yet')).toBe('token')
  })

  it('serves the old token while the issuer is down, and throws once it has ended', async () => {
    const { state, source } = issuer(1_000)
    await source.get()
    state.fail = new Error('the issuer is down')
    state.time += 900_000
    for (let tries = 0; tries < 50; tries++) expect(await source.get()).toBe('token-1')
    await delay(20)
    expect(state.count).toBe(2)
    state.time += 100_000
    await expect(source.get()).rejects.toThrow('the issuer is down')
    state.fail = undefined
    state.time += 2_000
    expect(await source.get()).toBe(`token-${state.count}`)
  })

  it('does not hammer an issuer that fails', async () => {
    const { state, source } = issuer()
    state.fail = new Error('no')
    for (let tries = 0; tries < 200; tries++) await expect(source.get()).rejects.toThrow('no')
    expect(state.count).toBe(1)
  })

  it.each([0, -5, Number.NaN, undefined, 0.001])('makes no hot loop of a lifetime of %s', async (life) => {
    const { state, source } = issuer(life)
    for (let tries = 0; tries < 200; tries++) {
      await source.get()
      state.time += 10
    }
    await delay(20)
    expect(state.count).toBeLessThanOrEqual(2)
  })

  it('gets another token after one was refused, and not at every refusal', async () => {
    const { state, source } = issuer()
    const first = await source.get()
    source.invalidate(first)
    expect(source.validUntil()).toBeUndefined()
    const second = await source.get()
    expect(second).toBe('token-2')
    // An answer to a request of long ago.
    source.invalidate(first)
    expect(await source.get()).toBe('token-2')
    source.invalidate(second)
    expect(await source.get()).toBe('token-2')
    state.time += 6_000
    source.invalidate(second)
    expect(await source.get()).toBe('token-3')
  })

  it('T84: gives out a refused token again while no other can be had and it is valid', async () => {
    const { state, source } = issuer(1_000)
    const first = await source.get()
    state.fail = new Error('the issuer is down')
    source.invalidate(first)
    expect(await source.get()).toBe(first)
    expect(source.validUntil()).toBeUndefined()
    expect(state.count).toBe(2)
    for (let tries = 0; tries < 50; tries++) expect(await source.get()).toBe(first)
    expect(state.count).toBe(2)
    state.fail = undefined
    state.time += 2_000
    expect(await source.get()).toBe('token-3')
    expect(source.validUntil()).toBeDefined()
  })

  it('renews in the background when it is told to', async () => {
    const { state, source } = issuer()
    await source.get()
    source.renew()
    expect(await source.get()).toBe('token-1')
    await delay(20)
    expect(await source.get()).toBe('token-2')
    expect(state.count).toBe(2)
  })

  it('F27: a clock that is put back does not make an old token young, nor a failure long', async () => {
    const { state, source } = issuer(0.001)
    await source.get()
    state.time -= 3_600_000
    await expect.poll(() => source.get(), { timeout: 15_000, interval: 500 }).toBe('token-2')
    state.fail = new Error('down')
    state.time += 7_200_000
    await expect(source.get()).rejects.toThrow('down')
    state.time -= 3_600_000
    state.fail = undefined
    await expect
      .poll(() => source.get().catch(() => ''), { timeout: 15_000, interval: 200 })
      .toMatch(/^token-/)
  })

  it('T84: never resolves to nothing', async () => {
    const source = createTokenSource({ acquire: async () => ({ value: '' }) })
    await expect(source.get()).rejects.toThrow()
  })

  it('lets one waiter leave without disturbing the others', async () => {
    const { source } = issuer()
    const leave = new AbortController()
    const leaving = source.get(leave.signal)
    const staying = source.get()
    leave.abort(new Error('left'))
    await expect(leaving).rejects.toThrow('left')
    expect(await staying).toBe('token-1')
  })

  it('T84: of a token that lives for ever refreshes once a day, and waits longer after each failure', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    try {
      let count = 0
      let down = false
      const acquire = async () => {
        count++
        if (down) throw new Error('down')
        return { value: `token-${count}`, expiresInSeconds: 1e12 }
      }
      const source = createTokenSource({ acquire, keepFresh: true })
      await source.get()
      await vi.advanceTimersByTimeAsync(10 * 3_600_000)
      expect(count).toBe(1)
      down = true
      await vi.advanceTimersByTimeAsync(10 * 3_600_000)
      // Half a minute apart at most, three quarters of it by chance.
      expect(count).toBeGreaterThan(10)
      expect(count).toBeLessThan(1_300)
      source.close()
    } finally {
      vi.useRealTimers()
    }
  })

  it('keeps itself fresh without being asked, until it is closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    try {
      let count = 0
      const acquire = async () => ({ value: `token-${++count}`, expiresInSeconds: 100 })
      const source = createTokenSource({ acquire, keepFresh: true })
      expect(await source.get()).toBe('token-1')
      await vi.advanceTimersByTimeAsync(49_000)
      expect(count).toBe(1)
      await vi.advanceTimersByTimeAsync(32_000)
      expect(count).toBe(2)
      source.close()
      await vi.advanceTimersByTimeAsync(500_000)
      expect(count).toBe(2)
    } finally {
      vi.useRealTimers()
    }
  })
})
