import { ServiceAccountQuery } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Accounts, type Actor, createAccounts, type MachineAccount } from './index.js'

const actor: Actor = { principalId: null, address: '127.0.0.1', userAgent: 'test', requestId: 'req_test' }
const page = { limit: 20, order: 'desc' as const }

const machine = (more: Partial<MachineAccount> = {}): MachineAccount => ({
  provider: 'keycloak',
  issuer: 'https://keycloak.example.com/realms/machines',
  subject: uuidv7(),
  name: 'a robot',
  ...more,
})

for (const { kind, title, skip, open } of databases()) {
  describe.skipIf(skip)(`service accounts on ${title}`, () => {
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
    const known = (at: Accounts, { issuer, subject }: MachineAccount) =>
      at.knownServiceAccount(issuer, subject)
    const find = (query: Record<string, unknown>) =>
      accounts.serviceAccounts.find(ServiceAccountQuery.parse(query))

    it('one is made on first use, once, though many ask at once at two processes', async () => {
      const robot = machine()
      expect(known(accounts, robot)).toBeUndefined()
      const asked = [...Array(20).keys()].map((index) => (index % 2 ? accounts : other).serviceAccount(robot))
      const ids = new Set((await Promise.all(asked)).map(({ id }) => id))
      expect(ids.size).toBe(1)
      const [id = ''] = ids
      expect(known(accounts, robot)).toMatchObject({
        id,
        kind: 'service',
        name: 'a robot',
        roles: ['member'],
      })
      expect(await accounts.serviceAccounts.get(id)).toMatchObject({
        id,
        status: 'active',
        models: null,
        keys: 0,
        identities: [{ provider: 'keycloak', issuer: robot.issuer, subject: robot.subject }],
      })
      const { data } = await accounts.audit.list({ ...page, target_id: id })
      expect(data).toMatchObject([{ action: 'service_account.created', actor_id: null }])
      expect(await database.client.principal.count({ where: { identities: { some: robotIs(robot) } } })).toBe(
        1,
      )
    })
    const robotIs = ({ issuer, subject }: MachineAccount) => ({ issuer, subject })

    it('is of its issuer and subject alone, however the two are written beside each other', async () => {
      const ids = new Set<string>()
      for (const [issuer, subject] of [
        ['https://a.example.com', 'b'],
        ['https://a.example.co', 'mb'],
        ['https://a.example.com', 'B'],
        ['https://b.example.com', 'b'],
      ] as const)
        ids.add((await accounts.serviceAccount(machine({ issuer, subject }))).id)
      expect(ids.size).toBe(4)
    })

    it('a token of a person is that person, and makes nobody else', async () => {
      const [id, robot] = [uuidv7(), machine()]
      const identity = { id: uuidv7(), provider: 'oidc', emailVerified: false, ...robotIs(robot) }
      await database.client.principal.create({
        data: { id, kind: 'user', roles: ['member'], identities: { create: identity } },
      })
      expect(await accounts.serviceAccount(robot)).toMatchObject({ id, kind: 'user' })
      await expect(accounts.serviceAccounts.get(id)).rejects.toMatchObject({ code: 'not_found' })
      await expect(accounts.serviceAccounts.setStatus(id, 'disabled', actor)).rejects.toMatchObject({
        code: 'not_found',
      })
      expect((await find({ query: robot.subject })).data).toEqual([])
    })

    it('T24: what an admin says of one holds here at once and on another process within seconds', async () => {
      const robot = machine()
      const { id } = await accounts.serviceAccount(robot)
      await other.serviceAccount(robot)
      const seen = async (at: Accounts) => known(at, robot) ?? at.serviceAccount(robot)
      const both = async (expected: Record<string, unknown>) => {
        expect(await seen(accounts)).toMatchObject(expected)
        await expect.poll(() => seen(other), { timeout: 8000, interval: 50 }).toMatchObject(expected)
      }
      await accounts.serviceAccounts.setStatus(id, 'disabled', actor)
      await both({ status: 'disabled' })
      await accounts.serviceAccounts.setStatus(id, 'active', actor)
      await accounts.serviceAccounts.change(id, { name: 'invoices', models: ['openai/gpt-4o'] }, actor)
      await both({ status: 'active', name: 'invoices', models: ['openai/gpt-4o'] })
      await accounts.serviceAccounts.change(id, { models: [] }, actor)
      await both({ name: 'invoices', models: [] })
      await accounts.serviceAccounts.change(id, { models: null }, actor)
      await both({ name: 'invoices', models: null })
      const { data } = await accounts.audit.list({ ...page, target_id: id })
      expect(data.map(({ action }) => action).reverse()).toEqual([
        'service_account.created',
        'service_account.disabled',
        'service_account.enabled',
        'service_account.changed',
        'service_account.changed',
        'service_account.changed',
      ])
      expect(data.at(-4)).toMatchObject({
        before: { name: 'a robot', models: null },
        after: { name: 'invoices', models: ['openai/gpt-4o'] },
      })
    })

    it('is found by name and subject in part, and by id, issuer and the prefix of a key', async () => {
      const robot = machine({ name: 'Nightly 100% job', subject: `repo:acme/shop:${uuidv7()}` })
      const { id } = await accounts.serviceAccount(robot)
      const owner = { id, kind: 'service' } as const
      const body = { name: 'k', expires_at: new Date(Date.now() + 3_600_000).toISOString() }
      const { prefix } = await accounts.keys.create(owner, body, actor)
      for (const query of ['nightly 100%', robot.subject.slice(5, -3), id, prefix]) {
        const { data } = await find({ query })
        expect(data, query).toMatchObject([{ id, keys: 1 }])
      }
      expect((await find({ query: '100_' })).data).toEqual([])
      expect((await find({ query: robot.issuer })).data.length).toBeGreaterThan(1)
      await accounts.serviceAccounts.setStatus(id, 'disabled', actor)
      expect((await find({ query: prefix, status: 'active' })).data).toEqual([])
      expect((await find({ query: prefix, status: 'disabled' })).data).toHaveLength(1)
    })

    it('that was seen says so', async () => {
      const robot = machine()
      const third = createAccounts({ database, policy: { adminEmails: [], allowedDomains: [] } })
      const { id } = await third.serviceAccount(robot)
      const longAgo = new Date('2020-01-01T00:00:00Z')
      await database.client.principal.update({ where: { id }, data: { lastSeenAt: longAgo } })
      third.knownServiceAccount(robot.issuer, robot.subject)
      await third.close()
      const seen = await accounts.serviceAccounts.get(id)
      expect(Date.parse(seen.last_seen_at ?? '')).toBeGreaterThan(Date.now() - 60_000)
    })

    it('F19: while the database is away, who is known is served, and nobody is made up', async () => {
      const away = await open()
      const gate = createAccounts({ database: away, policy: { adminEmails: [], allowedDomains: [] } })
      const robot = machine()
      const { id } = await gate.serviceAccount(robot)
      await away.close()
      expect(known(gate, robot)).toMatchObject({ id })
      await expect(gate.serviceAccount(machine())).rejects.toMatchObject({ code: 'unavailable' })
      expect(known(gate, robot)).toMatchObject({ id })
      await gate.close()
    })
  })
}
