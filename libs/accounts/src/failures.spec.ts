import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { verifyAudit } from './audit.js'
import { createFailures, type Failures } from './failures.js'

const unexpected = (error: unknown) => {
  throw error
}
const from = (address: string) => ({ principalId: null, address, userAgent: 'curl', requestId: 'req_1' })

for (const { title, skip, open } of databases()) {
  describe.skipIf(skip)(`refused sign-ins on ${title}`, () => {
    let database: Database
    let failures: Failures
    beforeAll(async () => {
      database = await open()
    })
    afterEach(async () => {
      await failures.stop()
      await database.client.audit.deleteMany()
    })
    afterAll(() => database.close())

    const rows = async () => {
      const found = await database.client.audit.findMany({ orderBy: { sequence: 'asc' } })
      return found.map(({ address, after }) => [address, after])
    }

    it('T81: the first of a kind is a row at once, and the others of its minute are one with their number', async () => {
      failures = createFailures(database, unexpected)
      for (let time = 0; time < 50; time++)
        void failures.add('github', 'invalid_provider_token', from('192.0.2.1'))
      await failures.add('github', 'rate_limited', from('192.0.2.1'))
      await failures.add('github', 'rate_limited', from('192.0.2.2'))
      const first = [
        ['192.0.2.1', { provider: 'github', reason: 'invalid_provider_token' }],
        ['192.0.2.1', { provider: 'github', reason: 'rate_limited' }],
        ['192.0.2.2', { provider: 'github', reason: 'rate_limited' }],
      ]
      expect(await rows()).toEqual(first)
      await failures.stop()
      expect(await rows()).toEqual([
        ...first,
        ['192.0.2.1', { provider: 'github', reason: 'invalid_provider_token', count: 49 }],
      ])
      expect(await verifyAudit(database)).toBeNull()
    })

    it('writes the number when the minute is over, and begins anew', async () => {
      failures = createFailures(database, unexpected, 300)
      await failures.add('google', 'user_not_found', from('192.0.2.1'))
      await failures.add('google', 'user_not_found', from('192.0.2.1'))
      await expect.poll(rows, { timeout: 5000 }).toHaveLength(2)
      await failures.add('google', 'user_not_found', from('192.0.2.1'))
      expect(await rows()).toHaveLength(3)
    })

    it('T70: fills nothing, from however many addresses and under however many names they come', async () => {
      failures = createFailures(database, unexpected)
      await Promise.all(
        Array.from({ length: 5000 }, (_, index) =>
          failures.add(
            `name-${index % 7}\u0000`,
            'unsupported_provider',
            from(`10.0.${index % 200}.${index % 2}`),
          ),
        ),
      )
      await failures.stop()
      const written = await rows()
      expect(written.length).toBeLessThanOrEqual(241)
      const counts = written.map(([, after]) => (after as { count?: number }).count ?? 1)
      expect(counts.reduce((sum, count) => sum + count)).toBe(5000)
    })
  })
}
