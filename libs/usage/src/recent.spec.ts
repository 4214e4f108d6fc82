import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recentFigures, recentTraffic } from './recent.js'
import { noKey } from './usage-hours.js'

const dayMs = 86_400_000

for (const { title, skip, open } of databases())
  describe.skipIf(skip)(`the last 30 days on ${title}`, () => {
    let database: Database
    const [ada, bob, nobody, key] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()]
    const hour = (daysAgo: number) =>
      new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - daysAgo * dayMs)

    beforeAll(async () => {
      database = await open()
      const row = { model: 'm', failed: 1, aborted: 0, unpriced: 0, latencyMs: 0n, timed: 0 }
      const tokens = { inputTokens: 10n, outputTokens: 5n, cachedTokens: 3n, reasoningTokens: 2n }
      const usage = (
        principalId: string,
        provider: string,
        daysAgo: number,
        calls: number,
        keyId = noKey,
      ) => ({
        ...row,
        ...tokens,
        hour: hour(daysAgo),
        principalId,
        provider,
        calls,
        keyId,
        cost: '0.0000000001',
      })
      await database.client.usageHour.createMany({
        data: [
          usage(ada, 'openai', 1, 4),
          usage(ada, 'openai', 29, 2, key),
          usage(ada, 'openai', 31, 100),
          usage(bob, 'groq', 2, 3, key),
          // All of its calls were deleted by the writer: it makes no row of its own.
          usage(bob, 'gone', 2, 0),
        ],
      })
    })
    afterAll(() => database.close())

    it('are summed up by principal, with zeros for who made no call', async () => {
      const figures = await recentFigures(database, [ada, bob, nobody])
      expect(figures(ada)).toEqual({
        calls: 6,
        failed_calls: 2,
        total_tokens: 30,
        total_cost: '0.0000000002',
      })
      expect(figures(bob)).toMatchObject({ calls: 3, failed_calls: 2 })
      expect(figures(nobody)).toEqual({ calls: 0, failed_calls: 0, total_tokens: 0, total_cost: '0' })
      expect((await recentFigures(database, []))(ada).calls).toBe(0)
    })

    it('are told by provider, with the calls that came without a key', async () => {
      const traffic = await recentTraffic(database)
      expect(traffic.sort((a, b) => a.provider.localeCompare(b.provider))).toEqual([
        { provider: 'groq', calls: 3, keyless: 0, lastHour: hour(2) },
        { provider: 'openai', calls: 6, keyless: 4, lastHour: hour(1) },
      ])
    })
  })
