import { describe, expect, it } from 'vitest'
import { createListing } from './model-listing.js'
import type { ListedModel } from './provider.js'

describe('a list of models that is kept', () => {
  /** Answers as it is told, by a clock of the test's. */
  function listing(waitMs = 2_000) {
    const state = { time: 0, asked: 0, answer: (): Promise<ListedModel[]> => Promise.resolve([{ id: 'a' }]) }
    const list = createListing({
      ask: () => {
        state.asked++
        return state.answer()
      },
      now: () => state.time,
      waitMs,
    })
    return { state, list, ids: async () => (await list.get()).models.map(({ id }) => id) }
  }

  it('is asked for once by many, and again after five minutes', async () => {
    const { state, list, ids } = listing()
    await Promise.all([list.get(), list.get(), list.get()])
    expect(state.asked).toBe(1)
    state.time = 299_999
    expect(await ids()).toEqual(['a'])
    expect(state.asked).toBe(1)
    state.time = 300_000
    state.answer = () => Promise.resolve([{ id: 'b' }])
    expect(await ids()).toEqual(['b'])
    expect(state.asked).toBe(2)
  })

  it('stays what it was while its provider fails, and is asked for again half a minute later', async () => {
    const { state, list, ids } = listing()
    await list.get()
    state.time = 300_000
    state.answer = () => Promise.reject(new Error('down'))
    expect(await list.get()).toEqual({ models: [{ id: 'a' }], current: false })
    state.time += 29_999
    await list.get()
    expect(state.asked).toBe(2)
    state.time += 1
    state.answer = () => Promise.resolve([{ id: 'b' }])
    expect(await ids()).toEqual(['b'])
    expect(await list.get()).toMatchObject({ current: true })
  })

  it('does not wait longer than it may, and has the answer afterwards', async () => {
    const { state, list } = listing(20)
    let arrive: (models: ListedModel[]) => void = () => {}
    state.answer = () =>
      new Promise((resolve) => {
        arrive = resolve
      })
    expect(await list.get()).toEqual({ models: [], current: false })
    arrive([{ id: 'late' }])
    expect(await list.get()).toEqual({ models: [{ id: 'late' }], current: true })
    expect(state.asked).toBe(1)
  })
})
