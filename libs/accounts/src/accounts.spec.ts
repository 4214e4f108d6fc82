import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Accounts, type Actor, createAccounts, type ProvenIdentity } from './index.js'

const actor: Actor = { principalId: null, address: '127.0.0.1', userAgent: 'test', requestId: 'req_test' }
const session = { kind: 'token' as const, seconds: 3600 }
const page = { limit: 20, order: 'desc' as const }
const uuidNil = '00000000-0000-0000-0000-000000000000'

const somebody = (email: string | null, more: Partial<ProvenIdentity> = {}): ProvenIdentity => ({
  provider: 'google',
  issuer: 'https://accounts.example.com',
  subject: `sub-${email ?? uuidv7()}`,
  email,
  emailVerified: email !== null,
  name: 'Somebody',
  ...more,
})

for (const { title, skip, open } of databases()) {
  describe.skipIf(skip)(`accounts on ${title}`, () => {
    let database: Database
    let accounts: Accounts
    beforeAll(async () => {
      database = await open()
      accounts = createAccounts({
        database,
        policy: { adminEmails: ['root@example.com'], allowedDomains: [] },
      })
    })
    afterAll(async () => {
      await accounts.close()
      await database.close()
    })
    const register = (identity: ProvenIdentity) => accounts.signIn(identity, 'register', session, actor)
    const login = (identity: ProvenIdentity) => accounts.signIn(identity, 'login', session, actor)

    it('keys an account by issuer and subject: the same subject at two issuers is two people', async () => {
      const one = await register(somebody(null, { subject: 'same', issuer: 'https://a.example.com' }))
      const two = await register(somebody(null, { subject: 'same', issuer: 'https://b.example.com' }))
      expect(one.principal.id).not.toBe(two.principal.id)
    })

    it('registers once, logs in afterwards, and never the other way round', async () => {
      const ada = somebody('ada@example.com')
      await expect(login(ada)).rejects.toMatchObject({ code: 'user_not_found' })
      const { principal, isNew } = await register(ada)
      expect(isNew).toBe(true)
      await expect(register(ada)).rejects.toMatchObject({ code: 'user_exists' })
      expect((await login(ada)).principal.id).toBe(principal.id)
      expect(await accounts.signIn(ada, 'either', session, actor)).toMatchObject({ isNew: false })
    })

    it('T06: gives a verified address to one account only, also when two register at once', async () => {
      const one = somebody('twin@example.com', { subject: 'twin-1' })
      const two = somebody('twin@example.com', { subject: 'twin-2' })
      const results = await Promise.allSettled([register(one), register(two)])
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'link_required' },
      })
      await expect(
        register(somebody('twin@example.com', { subject: 'twin-3', emailVerified: false })),
      ).resolves.toMatchObject({ isNew: true })
    })

    it('T06: an identity whose address changes to another account’s does not take it over', async () => {
      await register(somebody('victim@example.com'))
      const eve = somebody('eve@example.com')
      const { principal } = await register(eve)
      await login({ ...eve, email: 'victim@example.com' })
      const [identity] = (await accounts.people.get(principal.id)).identities
      expect(identity).toMatchObject({ email: 'victim@example.com', email_verified: false })
    })

    it('grants admin to a verified address of ADMIN_EMAILS, at registration and at a later sign-in', async () => {
      const root = somebody('root@example.com')
      expect((await register({ ...root, emailVerified: false })).principal.roles).toEqual(['member'])
      const { principal, session: opened } = await login(root)
      expect(principal.roles).toEqual(['admin', 'member'])
      expect((await accounts.session(opened.id))?.principal.roles).toEqual(['admin', 'member'])
    })

    it('T08: lets only verified addresses of the allowed domains in', async () => {
      const strict = createAccounts({ database, policy: { adminEmails: [], allowedDomains: ['corp.com'] } })
      const tried = (identity: ProvenIdentity) => strict.signIn(identity, 'register', session, actor)
      await expect(tried(somebody('a@corp.com'))).resolves.toMatchObject({ isNew: true })
      for (const identity of [
        somebody('a@evil.com'),
        somebody('b@corp.com', { emailVerified: false }),
        somebody(null),
      ]) {
        await expect(tried(identity)).rejects.toMatchObject({ code: 'domain_not_allowed' })
      }
      await strict.close()
    })

    it('ends a session at once, and all of them when the account is disabled', async () => {
      const { principal, session: one } = await register(somebody('sessions@example.com'))
      const { session: two } = await login(somebody('sessions@example.com'))
      expect(await accounts.session(one.id)).not.toBeNull()
      await accounts.endSession(principal.id, one.id, actor, 'sign_out')
      expect(await accounts.session(one.id)).toBeNull()
      await expect(accounts.endSession(principal.id, one.id, actor, 'sign_out')).rejects.toMatchObject({
        code: 'not_found',
      })
      await expect(accounts.endSession(uuidv7(), two.id, actor, 'session.revoked')).rejects.toMatchObject({
        code: 'not_found',
      })
      await accounts.people.setStatus(principal.id, 'disabled', actor)
      // Told, so that who holds it can be told why; it lets nobody in.
      expect((await accounts.session(two.id))?.principal.status).toBe('disabled')
      await expect(login(somebody('sessions@example.com'))).rejects.toMatchObject({
        code: 'account_disabled',
      })
      await accounts.people.setStatus(principal.id, 'active', actor)
      expect(await accounts.session(two.id)).toBeNull()
      await expect(login(somebody('sessions@example.com'))).resolves.toMatchObject({ isNew: false })
    })

    it('T23: a session that another process ended is ended here within a second, by the feed', async () => {
      const other = createAccounts({ database, policy: { adminEmails: [], allowedDomains: [] } })
      const { principal, session: opened } = await register(somebody('feed@example.com'))
      expect(await other.session(opened.id)).not.toBeNull()
      await accounts.endSession(principal.id, opened.id, actor, 'sign_out')
      const deadline = Date.now() + (database.kind === 'embedded' ? 5500 : 1000)
      while ((await other.session(opened.id)) !== null) {
        expect(Date.now()).toBeLessThan(deadline)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      await other.close()
    })

    it('T23: a change carries the time of the database, so that a replica whose clock is slow revokes all the same', async () => {
      const { principal, session: opened } = await register(somebody('slow-clock@example.com'))
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 120_000 })
      try {
        await accounts.endSession(principal.id, opened.id, actor, 'sign_out')
      } finally {
        vi.useRealTimers()
      }
      const [row] = await database.client.$queryRaw<{ age: number }[]>`
        SELECT extract(epoch FROM clock_timestamp() - "at")::float8 AS age FROM "Change"
        WHERE "subject" = ${opened.id}::uuid`
      expect(row?.age).toBeLessThan(30)
    })

    it('finds people by parts of e-mail and name, and by whole ids and subjects; signs of LIKE are text', async () => {
      const { principal } = await register(somebody('find.me@example.com', { name: '100% Ünïque_Name' }))
      const found = async (query: string) =>
        (await accounts.people.find({ ...page, query })).data.map(({ id }) => id)
      for (const query of ['FIND.ME', '100% Ün', 'que_Na', principal.id, 'sub-find.me@example.com']) {
        expect(await found(query), query).toEqual([principal.id])
      }
      for (const query of ['%find', 'que%Na', 'sub-find', principal.id.slice(0, -1)])
        expect(await found(query), query).toEqual([])
    })

    it('pages through people without repeating or losing anybody', async () => {
      const everybody = await database.client.principal.findMany({ orderBy: { id: 'desc' } })
      const seen: string[] = []
      for (let after: string | undefined; ; ) {
        const list = await accounts.people.find({ limit: 3, order: 'desc', ...(after ? { after } : {}) })
        seen.push(...list.data.map(({ id }) => id))
        if (!list.has_more) break
        after = list.last_id ?? undefined
      }
      expect(seen).toEqual(everybody.map(({ id }) => id))
    })

    it('pages through the sessions of one person', async () => {
      const { principal, session: first } = await register(somebody('many@example.com'))
      await accounts.endSession(principal.id, first.id, actor, 'sign_out')
      const ids: string[] = []
      for (let index = 0; index < 7; index++) ids.push((await login(somebody('many@example.com'))).session.id)
      for (const order of ['asc', 'desc'] as const) {
        const seen: string[] = []
        for (let after: string | undefined; ; ) {
          const list = await accounts.sessions(principal.id, ids[0] ?? '', { limit: 3, order, after })
          seen.push(...list.data.map(({ id }) => id))
          if (!list.has_more) break
          after = list.last_id ?? undefined
        }
        expect(seen).toEqual(order === 'asc' ? ids : ids.toReversed())
      }
    })

    it('gives an empty page after a cursor that is no id of the list, in either order', async () => {
      const { principal, session: opened } = await register(somebody('cursor@example.com'))
      const body = { name: 'n', provider: 'openai', model: 'm', parameters: {}, is_default: false }
      await accounts.presets.create(principal.id, body)
      for (const order of ['asc', 'desc'] as const) {
        for (const after of ['nonsense', 'c56a4180-65aa-42ec-a945-5fd21dec0538', uuidNil, '%', '0']) {
          const query = { limit: 20, order, after }
          const pages = [
            await accounts.presets.list(principal.id, query),
            await accounts.people.find(query),
            await accounts.audit.list(query),
            await accounts.sessions(principal.id, opened.id, query),
          ]
          for (const list of pages)
            expect(list, `${order} ${after}`).toMatchObject({ data: [], has_more: false })
        }
      }
    })

    it('goes on after a cursor whose row is gone', async () => {
      const { principal } = await register(somebody('gone@example.com'))
      const body = { name: 'n', provider: 'openai', model: 'm', parameters: {}, is_default: false }
      const made = []
      for (let index = 0; index < 3; index++)
        made.push(await accounts.presets.create(principal.id, { ...body, name: `n${index}` }))
      const [, second, third] = made
      await accounts.presets.remove(principal.id, second?.id ?? '')
      const rest = await accounts.presets.list(principal.id, { limit: 20, order: 'asc', after: second?.id })
      expect(rest.data.map(({ id }) => id)).toEqual([third?.id])
    })

    it('lets sign-ins and role changes of one person run at once without a deadlock', async () => {
      let runs = 0
      const counted = createAccounts({
        database: {
          ...database,
          transaction: (work, options) =>
            database.transaction((transaction) => {
              runs++
              return work(transaction)
            }, options),
        },
        policy: { adminEmails: [], allowedDomains: [] },
      })
      const spare = await register(somebody('spare-admin@example.com'))
      await accounts.people.setRoles(spare.principal.id, ['admin', 'member'], actor)
      const busy = somebody('busy@example.com')
      const { principal } = await register(busy)
      const rounds = 12
      for (let round = 0; round < rounds; round++) {
        await Promise.all([
          counted.signIn(busy, 'login', session, actor),
          counted.people.setRoles(principal.id, ['admin', 'member'], actor),
          counted.signIn(busy, 'login', session, actor),
          counted.people.setRoles(principal.id, ['member'], actor),
        ])
      }
      // One that was the victim of a deadlock would have been run again.
      expect(runs).toBe(rounds * 4)
      expect(await accounts.audit.verify()).toBeNull()
      await counted.close()
    })

    it('T81: writes each deed into a chain in which a change shows', async () => {
      expect(await accounts.audit.verify()).toBeNull()
      const rows = await accounts.audit.list({ ...page, limit: 100 })
      expect(rows.data.length).toBeGreaterThan(10)
      const first = await database.client.audit.findFirstOrThrow({ orderBy: { sequence: 'asc' } })
      await database.client.audit.update({ where: { sequence: first.sequence }, data: { action: 'nothing' } })
      expect(await accounts.audit.verify()).toBe(first.id)
      await database.client.audit.update({
        where: { sequence: first.sequence },
        data: { action: first.action },
      })
      await database.client.audit.delete({ where: { sequence: first.sequence } })
      expect(await accounts.audit.verify()).not.toBeNull()
    })

    it('writes a refused sign-in down, whatever text its provider is', async () => {
      await accounts.signInFailed(`a\u0000${'x'.repeat(97)}😀`, 'unsupported_provider', actor)
      const { data } = await accounts.audit.list({ ...page, action: 'sign_in.failed' })
      expect(data[0]?.after).toEqual({
        provider: `a\ufffd${'x'.repeat(97)}\ufffd`,
        reason: 'unsupported_provider',
      })
    })

    it('keeps presets to their owner, one default for a model', async () => {
      const { presets } = accounts
      const [ada, bob] = [
        await register(somebody('p1@example.com')),
        await register(somebody('p2@example.com')),
      ]
      const body = {
        name: 'n',
        provider: 'openai',
        model: 'm',
        parameters: { temperature: 0.5 },
        is_default: true,
      }
      const first = await presets.create(ada.principal.id, body)
      const second = await presets.create(ada.principal.id, { ...body, name: 'second' })
      expect((await presets.get(ada.principal.id, first.id)).is_default).toBe(false)
      const call = { provider: 'openai', model: 'm' }
      expect(await presets.forCall(ada.principal.id, call)).toMatchObject({ id: second.id })
      expect(await presets.forCall(bob.principal.id, call)).toBeNull()
      const actions = [
        () => presets.get(bob.principal.id, first.id),
        () => presets.remove(bob.principal.id, first.id),
        () => presets.replace(bob.principal.id, first.id, body),
        () => presets.forCall(bob.principal.id, { ...call, presetId: first.id }),
      ]
      for (const action of actions) await expect(action()).rejects.toMatchObject({ code: 'not_found' })
    })

    it('keeps one default for a model, also when many are made at once', async () => {
      const { principal } = await register(somebody('p3@example.com'))
      const body = { name: 'n', provider: 'openai', model: 'm', parameters: {}, is_default: true }
      for (let round = 0; round < 5; round++) {
        const names = [...Array(8).keys()].map((index) => `${round} ${index}`)
        await Promise.all(names.map((name) => accounts.presets.create(principal.id, { ...body, name })))
        const where = { principalId: principal.id, isDefault: true }
        expect(await database.client.preset.count({ where })).toBe(1)
      }
    })

    it('does not keep presets that were read while a change came in', async () => {
      const { principal } = await register(somebody('p4@example.com'))
      const call = { provider: 'openai', model: 'm' }
      const reading = accounts.presets.forCall(principal.id, call)
      accounts.presets.forget(principal.id)
      expect(await reading).toBeNull()
      const id = uuidv7()
      const row = { id, principalId: principal.id, name: 'n', ...call, parameters: {}, isDefault: true }
      await database.client.preset.create({ data: row })
      expect(await accounts.presets.forCall(principal.id, call)).toMatchObject({ id })
    })
  })
}
