import { type KeyBody, KeyRotation } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Accounts, type Actor, createAccounts, type KeyOwner, keyHash } from './index.js'

const actor: Actor = { principalId: null, address: '127.0.0.1', userAgent: 'test', requestId: 'req_test' }
const page = { limit: 20, order: 'desc' as const }
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
const rotation = (body: Record<string, unknown> = {}) => KeyRotation.parse(body)

for (const { kind, title, skip, open } of databases()) {
  describe.skipIf(skip)(`keys on ${title}`, () => {
    let database: Database
    let accounts: Accounts
    /** Another process on the same database; the embedded one serves no second. */
    let other: Accounts
    beforeAll(async () => {
      database = await open()
      const options = { database, policy: { adminEmails: [], allowedDomains: [] } }
      accounts = createAccounts(options)
      other = kind === 'postgres' ? createAccounts(options) : accounts
    })
    afterAll(async () => {
      await accounts.close()
      if (other !== accounts) await other.close()
      await database.close()
    })

    const person = async (models: string[] | null = null): Promise<KeyOwner> => {
      const id = uuidv7()
      await database.client.principal.create({
        data: { id, kind: 'user', roles: ['member'], allModels: models === null, models: models ?? [] },
      })
      return { id, kind: 'user' }
    }
    const make = (owner: KeyOwner, body: Partial<KeyBody> = {}) =>
      accounts.keys.create(owner, { name: 'a key', expires_at: inDays(30), ...body }, actor)
    const live = (text: string, at = accounts) => at.key(keyHash(text))
    const goneElsewhere = (text: string) =>
      expect.poll(() => live(text, other), { timeout: 8000, interval: 50 }).toBeNull()

    it('T36: a key finds its owner; the text of it is nowhere in the database, and no answer holds it again', async () => {
      const ada = await person()
      const made = await make(ada, { models: ['openai/*'] })
      expect(await live(made.key)).toMatchObject({
        id: made.id,
        principal: { id: ada.id, status: 'active', models: null },
        models: ['openai/*'],
        expiresAt: new Date(made.expires_at),
      })
      expect(accounts.knownKey(keyHash(made.key))).toMatchObject({ id: made.id })
      const shown = JSON.stringify([
        await accounts.keys.list(ada, page),
        await accounts.keys.get(ada, made.id),
        await accounts.audit.list({ ...page, target_id: made.id }),
      ])
      expect(shown).toContain(made.prefix)
      const [row] = await database.client.$queryRaw<{ text: string }[]>`
        SELECT (SELECT json_agg("ApiKey") FROM "ApiKey")::text || (SELECT json_agg("Audit") FROM "Audit")::text AS text`
      for (const text of [shown, row?.text ?? '']) expect(text).not.toContain(made.key.slice(12))
      expect(shown).not.toContain(keyHash(made.key))
    })

    it('T37: a key that is revoked ends here at once and on another process within seconds', async () => {
      const ada = await person()
      const { key, id } = await make(ada)
      for (const at of [accounts, other]) expect(await live(key, at)).not.toBeNull()
      await accounts.keys.revoke(ada, id, actor)
      expect(await live(key)).toBeNull()
      await goneElsewhere(key)
      expect(await accounts.keys.get(ada, id)).toMatchObject({ status: 'revoked' })
      // Once more changes nothing, and is not told again.
      await accounts.keys.revoke(ada, id, actor)
      const { data } = await accounts.audit.list({ ...page, target_id: id })
      expect(data.map(({ action }) => action)).toEqual(['key.revoked', 'key.created'])
    })

    it('T37: a key ends when it says, also in the middle of what is cached', async () => {
      const ada = await person()
      const { key, id } = await make(ada, { expires_at: new Date(Date.now() + 1500).toISOString() })
      expect(await live(key)).not.toBeNull()
      await expect.poll(() => accounts.knownKey(keyHash(key)) ?? null, { timeout: 4000 }).toBeNull()
      expect(await live(key)).toBeNull()
      expect(await accounts.keys.get(ada, id)).toMatchObject({ status: 'expired' })
      await expect(accounts.keys.rotate(ada, id, rotation(), actor)).rejects.toMatchObject({
        code: 'conflict',
      })
    })

    it('T37: the keys of a disabled or deleted owner are those of somebody disabled, on every process', async () => {
      for (const data of [{ status: 'disabled' }, { deletedAt: new Date() }]) {
        const ada = await person()
        const { key } = await make(ada)
        for (const at of [accounts, other]) expect((await live(key, at))?.principal.status).toBe('active')
        await database.transaction(async (transaction) => {
          await transaction.principal.update({ where: { id: ada.id }, data })
          await transaction.change.create({ data: { kind: 'principal', subject: ada.id } })
        })
        for (const at of [accounts, other])
          await expect
            .poll(async () => (await live(key, at))?.principal.status, { timeout: 8000, interval: 50 })
            .toBe('disabled')
        await expect(make(ada)).rejects.toMatchObject({ code: 'conflict' })
      }
    })

    it('T37: a rotated key goes on for the overlap, and its successor holds as long as it did', async () => {
      const ada = await person(['openai/*'])
      const old = await make(ada, { models: ['openai/gpt-4o'], expires_at: inDays(10) })
      const fresh = await accounts.keys.rotate(ada, old.id, rotation({ overlap_hours: 2 / 3600 }), actor)
      expect(fresh).toMatchObject({
        name: 'a key',
        models: ['openai/gpt-4o'],
        replaces: old.id,
        status: 'active',
      })
      expect(Date.parse(fresh.expires_at) / 1000).toBeCloseTo(Date.parse(inDays(10)) / 1000, -2)
      expect(await accounts.keys.get(ada, old.id)).toMatchObject({ status: 'retiring' })
      for (const text of [old.key, fresh.key]) expect(await live(text)).not.toBeNull()
      // Only one may take its place.
      await expect(accounts.keys.rotate(ada, old.id, rotation(), actor)).rejects.toMatchObject({
        code: 'conflict',
      })
      for (const at of [accounts, other])
        await expect.poll(() => live(old.key, at), { timeout: 8000, interval: 50 }).toBeNull()
      expect(await live(fresh.key)).not.toBeNull()
      expect(await accounts.keys.get(ada, old.id)).toMatchObject({ status: 'revoked' })
      const atOnce = await accounts.keys.rotate(ada, fresh.id, rotation({ overlap_hours: 0 }), actor)
      expect(await live(fresh.key)).toBeNull()
      expect(await live(atOnce.key)).not.toBeNull()
    })

    it('T37: a key that is revoked while it is rotated is revoked', async () => {
      const ada = await person()
      for (let round = 0; round < 20; round++) {
        const { id, key } = await make(ada)
        await Promise.allSettled([
          accounts.keys.rotate(ada, id, rotation(), actor),
          other.keys.revoke(ada, id, actor),
          accounts.keys.rotate(ada, id, rotation(), actor),
        ])
        expect(await accounts.keys.get(ada, id)).toMatchObject({ status: 'revoked' })
        expect(await live(key)).toBeNull()
        const { data } = await accounts.keys.list(ada, { ...page, limit: 100 })
        expect(data.filter(({ replaces }) => replaces === id).length).toBeLessThanOrEqual(1)
      }
    })

    it('an overlap is told in hours, a day unless told, and never more than a week', () => {
      expect(rotation().overlap_hours).toBe(24)
      for (const overlap_hours of [-1, 169, Number.NaN, '1'])
        expect(KeyRotation.safeParse({ overlap_hours }).success).toBe(false)
    })

    it('T38: a key is never more than its owner', async () => {
      const mine = ['openai/gpt-4o', 'mistral/*', 'cheap']
      const eve = await person(mine)
      for (const wanted of ['openai/*', 'openai/gpt-4o-mini', 'anthropic/claude', 'mistral', 'dear'])
        await expect(make(eve, { models: ['cheap', wanted] }), wanted).rejects.toMatchObject({
          code: 'model_not_allowed',
          param: 'models[1]',
        })
      expect((await accounts.keys.list(eve, page)).data).toEqual([])
      const models = ['openai/gpt-4o', 'mistral/large', 'mistral/*', 'cheap']
      expect(await make(eve, { models })).toMatchObject({ models })
      const whole = await make(eve)
      expect(await live(whole.key)).toMatchObject({ models: null, principal: { models: mine } })
    })

    it('T38: a key is less when its owner is, on every process', async () => {
      const ada = await person()
      const { key } = await make(ada, { models: ['openai/*'] })
      for (const at of [accounts, other]) expect((await live(key, at))?.principal.models).toBeNull()
      await database.transaction(async (transaction) => {
        const data = { allModels: false, models: ['openai/gpt-4o'] }
        await transaction.principal.update({ where: { id: ada.id }, data })
        await transaction.change.create({ data: { kind: 'principal', subject: ada.id } })
      })
      for (const at of [accounts, other])
        await expect
          .poll(async () => (await live(key, at))?.principal.models, { timeout: 8000, interval: 50 })
          .toEqual(['openai/gpt-4o'])
    })

    it('T40: a key of somebody else is a key that is not there', async () => {
      const [ada, eve] = [await person(), await person()]
      const { id, key } = await make(ada)
      const nothing = '01890000-0000-7000-8000-000000000000'
      for (const [owner, target] of [
        [eve, id],
        [eve, nothing],
        [eve, 'no id'],
        [{ id: ada.id, kind: 'service' }, id],
      ] as const) {
        const missing = { code: 'not_found', message: 'Not found.' }
        await expect(accounts.keys.get(owner, target)).rejects.toMatchObject(missing)
        await expect(accounts.keys.revoke(owner, target, actor)).rejects.toMatchObject(missing)
        await expect(accounts.keys.rotate(owner, target, rotation(), actor)).rejects.toMatchObject(missing)
      }
      expect((await accounts.keys.list(eve, page)).data).toEqual([])
      expect(await live(key)).not.toBeNull()
    })

    it('lists newest first, a page at a time, and by status', async () => {
      const ada = await person()
      const ids: string[] = []
      for (let index = 0; index < 3; index++) ids.unshift((await make(ada, { name: `key ${index}` })).id)
      const [, second = ''] = ids
      await accounts.keys.revoke(ada, second, actor)
      const first = await accounts.keys.list(ada, { ...page, limit: 2 })
      expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 2))
      expect(first.has_more).toBe(true)
      const next = await accounts.keys.list(ada, { ...page, limit: 2, after: first.last_id ?? '' })
      expect(next.data.map(({ id }) => id)).toEqual(ids.slice(2))
      const revoked = await accounts.keys.list(ada, { ...page, status: 'revoked' })
      expect(revoked.data.map(({ id }) => id)).toEqual([second])
      expect((await accounts.keys.list(ada, { ...page, status: 'active' })).data).toHaveLength(2)
    })

    it('has an end to how many there are, also for those made at once', async () => {
      const ada = await person()
      await database.client.apiKey.createMany({
        data: [...Array(98)].map(() => ({
          id: uuidv7(),
          principalId: ada.id,
          name: 'many',
          hash: uuidv7(),
          prefix: 'gh_many',
          expiresAt: new Date(inDays(1)),
        })),
      })
      const results = await Promise.allSettled([make(ada), make(ada), make(ada), make(ada)])
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'conflict' })
      // Each of them can be rotated all the same, but none again and again.
      const [first] = (await accounts.keys.list(ada, { ...page, limit: 1 })).data
      let last = first?.id ?? ''
      const again = async () => {
        last = (await accounts.keys.rotate(ada, last, rotation({ overlap_hours: 168 }), actor)).id
      }
      for (let index = 0; index < 100; index++) await again()
      await expect(again()).rejects.toMatchObject({ code: 'conflict' })
    })

    it('tells when, from where and by what a key was last used, and that its owner was seen', async () => {
      const ada = await person()
      const [used, unused] = [await make(ada), await make(ada)]
      const errors: unknown[] = []
      const third = createAccounts({
        database,
        policy: { adminEmails: [], allowedDomains: [] },
        onError: (error) => errors.push(error),
      })
      third.keyUsed(used.id, { address: '192.0.2.1', userAgent: 'first' })
      third.keyUsed(used.id, { address: '192.0.2.7', userAgent: 'x'.repeat(2000) })
      third.keyUsed(uuidv7(), { address: null, userAgent: null })
      await third.close()
      expect(errors).toEqual([])
      const { last_used } = await accounts.keys.get(ada, used.id)
      expect(last_used).toMatchObject({ address: '192.0.2.7', client: 'x'.repeat(500) })
      expect(Math.abs(Date.parse(last_used?.at ?? '') - Date.now())).toBeLessThan(60_000)
      expect((await accounts.keys.get(ada, unused.id)).last_used).toBeNull()
      const { lastSeenAt } = await database.client.principal.findUniqueOrThrow({ where: { id: ada.id } })
      expect(lastSeenAt).not.toBeNull()
    })
  })
}
