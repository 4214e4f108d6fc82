import { AppError } from '@gatehouse/contracts'
import { describe, expect, it } from 'vitest'
import type { Caller } from './caller.js'
import { checkAdmin, whileHolding } from './while-holding.js'

describe('a long answer', () => {
  async function* pages() {
    yield 1
    yield 2
    yield 3
  }
  const read = async (pieces: AsyncIterable<number>) => {
    const seen: number[] = []
    const ended = await (async () => {
      for await (const piece of pieces) seen.push(piece)
    })().then(
      () => 'whole',
      (error: unknown) => (error as AppError).code,
    )
    return [seen, ended]
  }

  it('T24: breaks off once who reads it may not any more', async () => {
    let asked = 0
    const until = (pieces: number) => async () => {
      if (++asked > pieces) throw new AppError('admin_required')
    }
    expect(await read(whileHolding(pages(), until(1), 0))).toEqual([[1], 'admin_required'])
    expect(await read(whileHolding(pages(), until(9), 0))).toEqual([[1, 2, 3], 'whole'])
  })

  it('is not asked about with every piece', async () => {
    const never = () => Promise.reject(new AppError('admin_required'))
    expect(await read(whileHolding(pages(), never))).toEqual([[1, 2, 3], 'whole'])
  })

  it('T24: is for admins as the store has them, and for whose credential holds', async () => {
    const caller = (session: object | null, check = async () => []) =>
      ({ principal: { id: 'x' }, session, check }) as unknown as Caller
    const store = (roles: string[]) => ({ principal: async () => ({ roles }) as never })
    await expect(checkAdmin(caller({}), store(['admin']))).resolves.toBeUndefined()
    await expect(checkAdmin(caller({}), store(['member']))).rejects.toMatchObject({ code: 'admin_required' })
    await expect(checkAdmin(caller(null), store(['member']))).resolves.toBeUndefined()
    const ended = () => Promise.reject(new AppError('session_ended'))
    await expect(checkAdmin(caller({}, ended), store(['admin']))).rejects.toMatchObject({
      code: 'session_ended',
    })
  })
})
