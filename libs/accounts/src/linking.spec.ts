import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Accounts, type Actor, createAccounts, type ProvenIdentity } from './index.js'

const actor: Actor = { principalId: null, address: '127.0.0.1', userAgent: 'test', requestId: 'req_test' }
const session = { kind: 'token' as const, seconds: 3600 }
let made = 0

/** A proven identity that nobody else has. */
const identity = (over: Partial<ProvenIdentity> = {}): ProvenIdentity => {
  const email = `person-${++made}@example.com`
  return {
    provider: 'google',
    issuer: 'https://google.example.com',
    subject: `sub-${made}`,
    email,
    emailVerified: true,
    name: 'Somebody',
    ...over,
  }
}
const github = (over: Partial<ProvenIdentity> = {}) =>
  identity({ provider: 'github', issuer: 'https://github.example.com', ...over })

for (const { title, skip, open } of databases()) {
  describe.skipIf(skip)(`identities of one account on ${title}`, () => {
    let database: Database
    let accounts: Accounts
    beforeAll(async () => {
      database = await open()
      accounts = createAccounts({ database, policy: { adminEmails: [], allowedDomains: [] } })
    })
    afterAll(async () => {
      await accounts.close()
      await database.close()
    })

    const enter = (who: ProvenIdentity, mode: 'register' | 'login' = 'register') =>
      accounts.signIn(who, mode, session, actor)
    const identitiesOf = async (id: string) => (await accounts.profile(id)).identities
    const audited = async (id: string) =>
      (await accounts.audit.list({ target_id: id, limit: 20, order: 'asc' })).data.map(({ action }) => action)

    it('a linked identity signs in to the same account, and an unlinked one no longer does', async () => {
      const second = github()
      const { principal } = await enter(identity())
      await accounts.link(principal.id, second, actor)
      // Twice is as good as once.
      await accounts.link(principal.id, second, actor)
      const entered = await enter(second, 'login')
      expect(entered.principal.id).toBe(principal.id)

      const [, linked] = await identitiesOf(principal.id)
      await accounts.unlink(principal.id, linked?.id ?? '', null, actor)
      await expect(enter(second, 'login')).rejects.toMatchObject({ code: 'user_not_found' })
      expect(await accounts.session(entered.session.id)).toBeNull()
      expect(await audited(principal.id)).toEqual([
        'register',
        'identity.linked',
        'sign_in',
        'identity.unlinked',
      ])
    })

    it('T12: an identity of another account is not linked, also when both ask for a new one at once', async () => {
      const taken = github()
      const [one, two] = [await enter(identity()), await enter(identity())]
      await enter(taken)
      await expect(accounts.link(one.principal.id, taken, actor)).rejects.toMatchObject({
        code: 'identity_in_use',
      })
      const free = github()
      const results = await Promise.allSettled(
        [one, two].map(({ principal }) => accounts.link(principal.id, free, actor)),
      )
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'identity_in_use' },
      })
    })

    it('T12: the last identity stays, also when the last two are taken away at once', async () => {
      const { principal } = await enter(identity())
      const [only] = await identitiesOf(principal.id)
      await expect(accounts.unlink(principal.id, only?.id ?? '', null, actor)).rejects.toMatchObject({
        code: 'last_identity',
      })
      await accounts.link(principal.id, github(), actor)
      const results = await Promise.allSettled(
        (await identitiesOf(principal.id)).map(({ id }) => accounts.unlink(principal.id, id, null, actor)),
      )
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(await identitiesOf(principal.id)).toHaveLength(1)
    })

    it("somebody else's identity is not found, as one that does not exist", async () => {
      const mine = await enter(identity())
      await accounts.link(mine.principal.id, github(), actor)
      const theirs = await enter(identity())
      const [foreign] = await identitiesOf(theirs.principal.id)
      for (const id of [foreign?.id ?? '', uuidv7(), 'x']) {
        await expect(accounts.unlink(mine.principal.id, id, null, actor)).rejects.toMatchObject({
          code: 'not_found',
        })
      }
    })

    it('an unlinked identity ends the sessions of its provider, but not the one that asks', async () => {
      const second = github()
      const first = await enter(identity())
      await accounts.link(first.principal.id, second, actor)
      const [asking, other] = [await enter(second, 'login'), await enter(second, 'login')]
      const [, linked] = await identitiesOf(first.principal.id)
      await accounts.unlink(first.principal.id, linked?.id ?? '', asking.session.id, actor)
      expect(await accounts.session(asking.session.id)).not.toBeNull()
      expect(await accounts.session(other.session.id)).toBeNull()
      expect(await accounts.session(first.session.id)).not.toBeNull()
    })

    it("T06: a verified address of another account's is not linked; the same person's own is", async () => {
      const [one, two] = [identity(), identity()]
      const { principal } = await enter(one)
      await enter(two)
      await expect(accounts.link(principal.id, github({ email: two.email }), actor)).rejects.toMatchObject({
        code: 'link_required',
      })
      await accounts.link(principal.id, github({ email: one.email }), actor)
      // Unverified, it conflicts with nothing.
      await accounts.link(principal.id, github({ email: two.email, emailVerified: false }), actor)
      expect(await identitiesOf(principal.id)).toHaveLength(3)
    })

    it('nobody links to an account that is disabled or deleted', async () => {
      const { principal } = await enter(identity())
      await accounts.people.setStatus(principal.id, 'disabled', actor)
      await expect(accounts.link(principal.id, github(), actor)).rejects.toMatchObject({
        code: 'account_disabled',
      })
      await accounts.people.setStatus(principal.id, 'active', actor)
      await accounts.people.delete(principal.id, actor)
      await expect(accounts.link(principal.id, github(), actor)).rejects.toMatchObject({
        code: 'account_deleted',
      })
    })

    it('a rule of domains holds for what is linked, and there is an end to how many are', async () => {
      const strict = createAccounts({
        database,
        policy: { adminEmails: [], allowedDomains: ['corp.example'] },
      })
      const { principal } = await strict.signIn(
        identity({ email: `a${++made}@corp.example` }),
        'register',
        session,
        actor,
      )
      await expect(strict.link(principal.id, github(), actor)).rejects.toMatchObject({
        code: 'domain_not_allowed',
      })
      await strict.close()
      for (let count = 1; count < 20; count++) await accounts.link(principal.id, github(), actor)
      await expect(accounts.link(principal.id, github(), actor)).rejects.toMatchObject({ code: 'conflict' })
    })

    describe('what was a service account first', () => {
      const machine = (who: ProvenIdentity) =>
        accounts.serviceAccount({
          provider: 'corp',
          issuer: who.issuer,
          subject: who.subject,
          name: 'program',
        })

      it("becomes the person's by linking: the same token is the person from then on", async () => {
        const second = identity({ provider: 'oidc', issuer: 'https://idp.example.com' })
        const service = await machine(second)
        const { principal } = await enter(identity())
        await accounts.link(principal.id, second, actor)
        expect(await machine(second)).toMatchObject({ id: principal.id, kind: 'user' })
        expect(await accounts.status(service.id)).toBe('disabled')
      })

      it('stays where an admin has limited or disabled it, or it has keys', async () => {
        const { principal } = await enter(identity())
        const cases: [change: (id: string) => Promise<unknown>, code: string][] = [
          [
            (id) => database.client.principal.update({ where: { id }, data: { allModels: false } }),
            'conflict',
          ],
          [
            (id) => database.client.principal.update({ where: { id }, data: { status: 'disabled' } }),
            'account_disabled',
          ],
          [
            (id) =>
              database.client.apiKey.create({
                data: {
                  id: uuidv7(),
                  principalId: id,
                  name: 'k',
                  hash: id,
                  prefix: 'gh_',
                  expiresAt: new Date(Date.now() + 60_000),
                },
              }),
            'conflict',
          ],
        ]
        for (const [change, code] of cases) {
          const second = identity({ provider: 'oidc', issuer: 'https://idp.example.com' })
          const service = await machine(second)
          await change(service.id)
          await expect(accounts.link(principal.id, second, actor)).rejects.toMatchObject({ code })
          expect(await machine(second)).toMatchObject({ id: service.id })
        }
      })

      it('becomes a person by registering, under the rules for everybody, and has no way in before', async () => {
        const who = identity({ provider: 'oidc', issuer: 'https://idp.example.com' })
        const service = await machine(who)
        await expect(enter(who, 'login')).rejects.toMatchObject({ code: 'user_not_found' })
        const { principal, isNew } = await enter(who)
        expect({ principal, isNew }).toMatchObject({
          isNew: true,
          principal: { id: service.id, kind: 'user', roles: ['member'], email: who.email },
        })
        expect((await enter(who, 'login')).principal.id).toBe(service.id)

        const held = identity({ provider: 'oidc', issuer: 'https://idp.example.com' })
        const { id: principalId } = await machine(held)
        const id = uuidv7()
        const expiresAt = new Date(Date.now() + 60_000)
        await database.client.apiKey.create({
          data: { id, principalId, name: 'k', hash: id, prefix: 'gh_', expiresAt },
        })
        await expect(enter(held)).rejects.toMatchObject({ code: 'conflict' })
        await database.client.apiKey.update({ where: { id }, data: { revokedAt: new Date() } })
        expect((await enter(held)).principal.id).toBe(principalId)

        const owner = await enter(identity())
        const clash = identity({ issuer: 'https://idp.example.com', email: owner.principal.email })
        const other = await machine(clash)
        await expect(enter(clash)).rejects.toMatchObject({ code: 'link_required' })
        await database.client.principal.update({ where: { id: other.id }, data: { status: 'disabled' } })
        await expect(enter(clash)).rejects.toMatchObject({ code: 'account_disabled' })
      })
    })
  })
}
