import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startHousekeeping } from './housekeeping.js'
import { type Accounts, type Actor, createAccounts, type ProvenIdentity } from './index.js'

const nobody: Actor = { principalId: null, address: '127.0.0.1', userAgent: 'test', requestId: 'req_test' }
const session = { kind: 'token' as const, seconds: 3600 }
const dayMs = 86_400_000
const unexpected = (error: unknown) => {
  throw error
}

for (const { title, skip, open } of databases()) {
  describe.skipIf(skip)(`the end of an account on ${title}`, () => {
    let database: Database
    let accounts: Accounts
    let admin: Actor
    let made = 0
    /** Of whom something was to be removed elsewhere. */
    const forgotten: string[] = []
    let forget = async (_id: string): Promise<boolean> => true

    const person = (email = `p${++made}@example.com`): ProvenIdentity => ({
      provider: 'google',
      issuer: 'https://accounts.example.com',
      subject: `sub-${email}`,
      email,
      emailVerified: true,
      name: 'Somebody',
    })
    const register = (who = person()) => accounts.signIn(who, 'register', session, nobody)
    const login = (who: ProvenIdentity) => accounts.signIn(who, 'login', session, nobody)
    const deletedDaysAgo = (id: string, days: number) =>
      database.client.principal.update({
        where: { id },
        data: { deletedAt: new Date(Date.now() - days * dayMs) },
      })
    const audited = async (id: string) =>
      (await accounts.audit.list({ target_id: id, limit: 20, order: 'desc' })).data[0]?.action

    beforeAll(async () => {
      database = await open()
      accounts = createAccounts({
        database,
        policy: { adminEmails: ['root@example.com'], allowedDomains: [] },
        forget: (id) => {
          forgotten.push(id)
          return forget(id)
        },
      })
      const { principal } = await register(person('root@example.com'))
      admin = { ...nobody, principalId: principal.id }
    })
    beforeEach(() => {
      forget = async () => true
      forgotten.length = 0
    })
    afterAll(async () => {
      await accounts.close()
      await database.close()
    })

    it('ends sessions at once, and a sign-in is told until when an admin can restore the account', async () => {
      const who = person()
      const { principal, session: opened } = await register(who)
      const self = { ...nobody, principalId: principal.id }
      const { recovery_deadline, deleted_at } = await accounts.me.delete(principal.id, self)
      expect(Date.parse(recovery_deadline) - Date.parse(deleted_at)).toBe(7 * dayMs)
      expect(Math.abs(Date.parse(deleted_at) - Date.now())).toBeLessThan(60_000)
      expect(await accounts.session(opened.id)).toBeNull()
      expect(await accounts.status(principal.id)).toBe('disabled')
      for (const mode of ['register', 'login', 'either'] as const) {
        await expect(accounts.signIn(who, mode, session, nobody)).rejects.toMatchObject({
          code: 'account_deleted',
          message: expect.stringContaining(recovery_deadline),
        })
      }
      // A second time begins no second window.
      expect(await accounts.people.delete(principal.id, admin)).toMatchObject({ deleted_at })
      expect(await audited(principal.id)).toBe('user.deleted')
    })

    it('is taken back by an admin with all that was there, but for the sessions and what its owner removed', async () => {
      const who = person()
      const { principal, session: opened } = await register(who)
      const preset = (name: string) =>
        accounts.presets.create(principal.id, {
          name,
          provider: 'demo',
          model: 'echo',
          parameters: {},
          is_default: false,
        })
      const [kept, removed] = [await preset('kept'), await preset('removed')]
      await accounts.presets.remove(principal.id, removed.id)
      await accounts.people.delete(principal.id, admin)
      expect(await accounts.people.restore(principal.id, admin)).toMatchObject({ status: 'active' })
      expect((await login(who)).principal.id).toBe(principal.id)
      expect(await accounts.session(opened.id)).toBeNull()
      const { data } = await accounts.presets.list(principal.id, { limit: 20, order: 'asc' })
      expect(data.map(({ id }) => id)).toEqual([kept.id])
      await expect(accounts.people.restore(principal.id, admin)).rejects.toMatchObject({ code: 'conflict' })
      await expect(accounts.people.restore(uuidv7(), admin)).rejects.toMatchObject({ code: 'not_found' })
    })

    it('who was disabled before is so after a restore, and neither role nor status changes meanwhile', async () => {
      const { principal } = await register()
      await accounts.people.setStatus(principal.id, 'disabled', admin)
      await accounts.people.delete(principal.id, admin)
      const change = [
        accounts.people.setStatus(principal.id, 'active', admin),
        accounts.people.setRoles(principal.id, ['admin'], admin),
      ]
      for (const result of await Promise.allSettled(change))
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'conflict' } })
      expect(await accounts.people.restore(principal.id, admin)).toMatchObject({ status: 'disabled' })
    })

    it('admins find the deleted by their status, and among neither the active nor the disabled', async () => {
      const who = person()
      const { principal } = await register(who)
      await accounts.people.delete(principal.id, admin)
      const found = async (status?: 'active' | 'disabled' | 'deleted') => {
        const query = { query: who.email ?? '', status, limit: 20, order: 'asc' as const }
        return (await accounts.people.find(query)).data
      }
      expect(await found('deleted')).toMatchObject([
        { id: principal.id, status: 'deleted', recovery_deadline: expect.any(String) },
      ])
      expect(await found()).toHaveLength(1)
      expect([...(await found('active')), ...(await found('disabled'))]).toEqual([])
    })

    it('T45: the last admin is not deleted, by nobody and not by two at once', async () => {
      const id = admin.principalId ?? ''
      await expect(accounts.me.delete(id, admin)).rejects.toMatchObject({ code: 'last_admin' })
      expect(await accounts.me.belongings(id)).toMatchObject({ deletable: false })
      const second = await register()
      await accounts.people.setRoles(second.principal.id, ['admin', 'member'], admin)
      expect(await accounts.me.belongings(id)).toMatchObject({ deletable: true })
      await expect(accounts.people.delete(id, admin)).rejects.toMatchObject({ code: 'conflict' })
      const self = { ...nobody, principalId: second.principal.id }
      const results = await Promise.allSettled([
        accounts.me.delete(id, admin),
        accounts.me.delete(second.principal.id, self),
      ])
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      // A deleted admin counts as none.
      const left = results[0]?.status === 'fulfilled' ? second.principal.id : id
      await expect(accounts.me.delete(left, { ...nobody, principalId: left })).rejects.toMatchObject({
        code: 'last_admin',
      })
      const gone = left === id ? second.principal.id : id
      await accounts.people.restore(gone, { ...nobody, principalId: left })
    })

    it('removes an account once seven days are over, first what others keep, and none before', async () => {
      const [over, under] = [person(), person()]
      const [one, two] = [await register(over), await register(under)]
      for (const { principal } of [one, two]) await accounts.people.delete(principal.id, admin)
      await deletedDaysAgo(one.principal.id, 7)
      await deletedDaysAgo(two.principal.id, 6.99)
      await expect(accounts.people.restore(one.principal.id, admin)).rejects.toMatchObject({
        code: 'conflict',
      })
      forget = async (id) => {
        expect(await database.client.principal.count({ where: { id } })).toBe(1)
        return true
      }
      await accounts.keepHouse()
      expect(forgotten).toContain(one.principal.id)
      expect(forgotten).not.toContain(two.principal.id)
      const where = { principalId: one.principal.id }
      expect(await database.client.identity.count({ where })).toBe(0)
      expect(await database.client.session.count({ where })).toBe(0)
      await expect(accounts.people.get(one.principal.id)).rejects.toMatchObject({ code: 'not_found' })
      expect(await audited(one.principal.id)).toBe('user.purged')
      expect(await accounts.audit.verify()).toBeNull()
      expect(await accounts.people.restore(two.principal.id, admin)).toMatchObject({ status: 'active' })
      // Who comes again is somebody new.
      expect((await register(over)).principal.id).not.toBe(one.principal.id)
    })

    it('an account waits where something of it could not be removed, and keeps no other waiting', async () => {
      const people = [await register(), await register(), await register()]
      for (const { principal } of people) await deletedDaysAgo(principal.id, 8)
      const [broken, unfinished, fine] = people.map(({ principal }) => principal.id)
      const errors: unknown[] = []
      forget = async (id) => {
        if (id === broken) throw new Error('down')
        return id !== unfinished
      }
      const housekeeping = startHousekeeping(
        database,
        (id) => forget(id),
        (error) => errors.push(error),
        {
          firstMs: 60_000,
        },
      )
      await housekeeping.now()
      const left = () =>
        database.client.principal.count({ where: { id: { in: people.map((p) => p.principal.id) } } })
      expect(await left()).toBe(2)
      expect(await database.client.principal.count({ where: { id: fine ?? '' } })).toBe(0)
      expect(errors).toMatchObject([{ message: 'down' }])
      forget = async () => true
      await housekeeping.now()
      expect(await left()).toBe(0)
      await housekeeping.stop()
    })

    it('of many replicas that look at once, one removes an account and writes of it', async () => {
      const { principal } = await register()
      await deletedDaysAgo(principal.id, 8)
      const replicas = [...Array(4).keys()].map(() =>
        startHousekeeping(database, async () => true, unexpected, { firstMs: 60_000 }),
      )
      await Promise.all(replicas.map((replica) => replica.now()))
      await Promise.all(replicas.map((replica) => replica.stop()))
      const purged = await accounts.audit.list({
        target_id: principal.id,
        action: 'user.purged',
        limit: 20,
        order: 'asc',
      })
      expect(purged.data).toHaveLength(1)
    })

    it('T90: what is exported of somebody is all that is kept of them, and nothing of others or secret', async () => {
      const who = person()
      const { principal } = await register(who)
      const self = { ...nobody, principalId: principal.id }
      await accounts.me.change(principal.id, { name: 'Ada', keep_content: false }, self)
      const hash = 'h'.repeat(43)
      await database.client.apiKey.create({
        data: {
          id: uuidv7(),
          principalId: principal.id,
          name: 'ci',
          hash,
          prefix: 'gh_abcd',
          expiresAt: new Date(Date.now() + dayMs),
        },
      })
      await accounts.people.setStatus(principal.id, 'disabled', { ...admin, address: '192.0.2.99' })
      const { profile, lists } = await accounts.me.data(principal.id)
      const whole: Record<string, object[]> = {}
      for (const [name, pages] of Object.entries(lists)) {
        whole[name] = []
        for await (const page of pages) whole[name].push(...page)
      }
      expect(profile).toMatchObject({ id: principal.id, name: 'Ada', email: who.email, keep_content: false })
      expect(whole).toMatchObject({
        identities: [{ subject: who.subject, email_verified: true }],
        sessions: [{ address: '127.0.0.1' }],
        keys: [{ name: 'ci', prefix: 'gh_abcd' }],
        presets: [],
        audit: [
          { action: 'register', by: 'self', address: '127.0.0.1' },
          { action: 'profile.changed', after: { name: 'changed', keep_content: false } },
          { action: 'user.disabled', by: 'somebody_else' },
        ],
      })
      const text = JSON.stringify(whole)
      expect(text).not.toContain(hash)
      expect(text).not.toContain('192.0.2.99')
      expect(text).not.toContain(admin.principalId)
    })
  })
}
