import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createPatience } from './patience.js'
import { createPresets, type Presets } from './presets.js'

for (const { title, skip, open } of databases()) {
  describe.skipIf(skip)(`the room for presets on ${title}`, () => {
    let database: Database
    let presets: Presets
    beforeAll(async () => {
      database = await open()
      presets = createPresets(database, createPatience(), ({ subject }) => presets.forget(subject))
    })
    afterAll(() => database.close())

    const call = { provider: 'openai', model: 'm' }
    let made = 0
    const body = { name: 'n', ...call, parameters: {}, is_default: false }
    const named = () => ({ ...body, name: `n${made++}` })
    const row = (principalId: string, system?: string) => ({
      id: uuidv7(),
      principalId,
      name: `n${made++}`,
      ...call,
      parameters: system === undefined ? {} : { system },
    })
    const person = async () => {
      const { id } = await database.client.principal.create({ data: { id: uuidv7(), kind: 'user' } })
      return id
    }

    it('ends at 200 for one owner, also when many are made at once', async () => {
      const [owner, other] = [await person(), await person()]
      await database.client.preset.createMany({ data: [...Array(198)].map(() => row(owner)) })
      const created = await Promise.allSettled([...Array(5)].map(() => presets.create(owner, named())))
      const reasons = created.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
      expect(reasons).toHaveLength(3)
      for (const reason of reasons)
        expect(reason).toMatchObject({ code: 'conflict', message: expect.stringContaining('Delete one') })
      expect(await database.client.preset.count({ where: { principalId: owner } })).toBe(200)
      const { id } = await presets.create(other, body)
      const [first] = (await presets.list(owner, { limit: 1, order: 'asc' })).data
      expect(await presets.replace(owner, first?.id ?? '', { ...body, name: 'changed' })).toMatchObject({
        name: 'changed',
      })
      await presets.remove(owner, first?.id ?? '')
      expect(await presets.create(owner, body)).toMatchObject({ name: 'n' })
      expect(id).toBeTruthy()
    })

    it('has one preset of a name for a model, also when two are saved at once', async () => {
      const [owner, other] = [await person(), await person()]
      const saved = await Promise.allSettled([presets.create(owner, body), presets.create(owner, body)])
      const conflict = {
        code: 'conflict',
        param: 'name',
        message: expect.stringContaining('"n" for openai/m'),
      }
      expect(saved.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))).toEqual([
        expect.objectContaining(conflict),
      ])
      const { id } = await presets.create(owner, { ...body, name: 'second' })
      await expect(presets.replace(owner, id, body)).rejects.toMatchObject(conflict)
      expect(await presets.get(owner, id)).toMatchObject({ name: 'second' })
      // The same name once more: for another model, for another person, and of itself.
      await presets.create(owner, { ...body, model: 'another' })
      await presets.create(other, body)
      expect(await presets.replace(owner, id, { ...body, name: 'second', is_default: true })).toMatchObject({
        is_default: true,
      })
    })

    it('ends at a million characters for all of one owner, also when one is replaced', async () => {
      const owner = await person()
      await database.client.preset.createMany({
        data: [...Array(9)].map(() => row(owner, 'x'.repeat(100_000))),
      })
      const large = { ...body, parameters: { system: 'x'.repeat(100_000) } }
      const conflict = { code: 'conflict', message: expect.stringContaining('characters') }
      await expect(presets.create(owner, large)).rejects.toMatchObject(conflict)
      const { id } = await presets.create(owner, body)
      await expect(presets.replace(owner, id, large)).rejects.toMatchObject(conflict)
      expect(await presets.get(owner, id)).toMatchObject({ parameters: {} })
    })

    it('holds what a call needs for some seconds, and nothing that is large', async () => {
      for (const [size, seen] of [
        [100, 'before'],
        [50_000, 'after'],
      ] as const) {
        const owner = await person()
        const filling = 'x'.repeat(size)
        const { id } = await presets.create(owner, {
          ...body,
          is_default: true,
          parameters: { system: `before${filling}` },
        })
        const calls = [call, { ...call, presetId: id }]
        for (const asked of calls) expect(await presets.forCall(owner, asked)).toMatchObject({ id })
        // Behind our back: what is seen of it tells where the preset comes from.
        const parameters = { system: `after${filling}` }
        await database.client.preset.update({ where: { id }, data: { parameters } })
        for (const asked of calls)
          expect((await presets.forCall(owner, asked))?.parameters.system).toBe(`${seen}${filling}`)
        presets.forget(owner)
        for (const asked of calls)
          expect((await presets.forCall(owner, asked))?.parameters.system).toBe(`after${filling}`)
      }
    })

    it('F18: knows while the database is away that a model has no default preset, also one that was never called', async () => {
      let away = false
      const patience = createPatience()
      const reached = createPresets(
        database,
        (load, held) =>
          patience(
            () => (away ? Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })) : load()),
            held,
          ),
        () => {},
      )
      const owner = await person()
      const { id } = await presets.create(owner, { ...body, is_default: true })
      expect(await reached.forCall(owner, call)).toMatchObject({ id })
      away = true
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6000 })
      try {
        expect(await reached.forCall(owner, call)).toMatchObject({ id })
        expect(await reached.forCall(owner, { ...call, model: 'another' })).toBeNull()
        await expect(reached.forCall(await person(), call)).rejects.toMatchObject({ code: 'unavailable' })
      } finally {
        vi.useRealTimers()
      }
    })
  })
}
