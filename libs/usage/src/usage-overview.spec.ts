import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdminUsageOverviewQuery, type UsageOverview, UsageOverviewQuery } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCallLog } from './index.js'
import { dayStarts } from './local-days.js'
import { type CallEnd, type SpoolRecord, unknownEnd } from './record.js'
import { LinePages } from './record-line.js'
import { textOf } from './record-text.js'
import { writeRecords as writeLines } from './write-records.js'

const pages = new LinePages()
const writeRecords = (to: Parameters<typeof writeLines>[0], records: SpoolRecord[]) =>
  writeLines(
    to,
    records.map((record) => pages.write(textOf(record))),
  )

/** Zones with both changes of the clock within 2026, and one without; half hours among them. */
const zones = ['Asia/Kolkata', 'Australia/Lord_Howe', 'America/New_York', 'UTC', 'Pacific/Chatham']
const hourMs = 3_600_000

describe('days of a time zone', () => {
  const hours = (zone: string, day: string) => {
    const [start, end] = dayStarts(zone, day, 1)
    return (Number(end) - Number(start)) / hourMs
  }

  it.each([
    ['America/New_York', '2026-03-08', 23],
    ['America/New_York', '2026-11-01', 25],
    ['America/New_York', '2026-07-01', 24],
    // Half an hour forward, and back: the hours that begin in it.
    ['Australia/Lord_Howe', '2026-10-04', 23],
    ['Australia/Lord_Howe', '2026-04-05', 25],
    ['Asia/Kolkata', '2026-03-08', 24],
    // Midnight does not exist: the day begins at one.
    ['Asia/Beirut', '2026-03-29', 23],
    // Samoa went over the date line, and had no such day.
    ['Pacific/Apia', '2011-12-30', 0],
    ['Pacific/Apia', '2011-12-31', 24],
  ])('in %s %s has %i hours', (zone, day, count) => {
    expect(hours(zone, day)).toBe(count)
  })

  it('begin where the date changes, one after the other', () => {
    for (const zone of [...zones, 'Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
      const starts = dayStarts(zone, '2026-01-01', 365)
      const dateOf = (time: number) => new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(time)
      starts.slice(0, -1).forEach((start, index) => {
        const day = new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10)
        expect(dateOf(start.getTime()), `${zone} ${day}`).toBe(day)
        expect(dateOf(start.getTime() - hourMs) < day, `${zone} ${day}`).toBe(true)
      })
    }
  })
})

for (const { title, skip, open } of databases())
  describe.skipIf(skip)(`the overview of usage on ${title}`, () => {
    let database: Database
    let dataDir: string
    let calls: ReturnType<typeof createCallLog>
    beforeAll(async () => {
      database = await open()
      dataDir = mkdtempSync(join(tmpdir(), 'overview-'))
      calls = createCallLog({ database, dataDir, contentRetentionDays: 30 })
    })
    afterAll(async () => {
      await calls.close()
      await database.close()
      rmSync(dataDir, { recursive: true })
    })

    const write = (records: SpoolRecord[]) => writeRecords(database, records)
    const ask = (owner: string, query: Record<string, unknown>) =>
      calls.overview(owner, UsageOverviewQuery.parse(query))

    it.each(zones)('adds up to its totals exactly, and puts each hour to its day: %s', async (zone) => {
      const owner = uuidv7()
      const next = random(zone)
      // From before the first change of the clock in 2026 to behind the last one, dense around midnight.
      const records = Array.from({ length: 600 }, () => {
        const at = Date.UTC(
          2026,
          Math.floor(next() * 12),
          1 + Math.floor(next() * 28),
          Math.floor(next() * 24),
        )
        const cost = `0.${String(Math.floor(next() * 1e10)).padStart(10, '0')}`
        return record(owner, new Date(at + Math.floor(next() * hourMs)).toISOString(), {
          model: `m${Math.floor(next() * 20)}`,
          cost,
        })
      })
      await write(records)
      const query = { from: '2026-02-15', to: '2026-11-20', time_zone: zone, split: 'model' }
      const overview = await ask(owner, query)
      const expected = new Map<string, { calls: number; cost: bigint }>()
      for (const { call, end } of records) {
        const hour = Math.floor(Date.parse(call.createdAt) / hourMs) * hourMs
        const day = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(hour)
        const sum = expected.get(day) ?? { calls: 0, cost: 0n }
        expected.set(day, { calls: sum.calls + 1, cost: sum.cost + units(end?.cost ?? '0.0') })
      }
      expect(overview.days).toHaveLength(278)
      for (const { day, calls: count, total_cost } of overview.days) {
        const sum = expected.get(day) ?? { calls: 0, cost: 0n }
        expect([day, count, units(total_cost)]).toEqual([day, sum.calls, sum.cost])
      }
      expectToAddUp(overview)
      expect(overview.groups).toHaveLength(13)
      expect(overview.groups.at(-1)).toMatchObject({ id: 'other', name: null, provider: null })
      // As many days before: from 13 May 2025 on, so that all that is before 15 February is in it.
      const before = [...expected].filter(([day]) => day < '2026-02-15')
      expect(overview.previous.calls).toBe(before.reduce((sum, [, { calls: count }]) => sum + count, 0))
    })

    it('tells groups by cost, then by calls, each day’s share, and what has no price', async () => {
      const owner = uuidv7()
      const key = uuidv7()
      await write([
        record(owner, '2026-05-01T10:00:00Z', { model: 'dear', cost: '2.0000000000' }),
        record(owner, '2026-05-02T10:00:00Z', { model: 'cheap', cost: '0.5000000000', keyId: key }),
        record(owner, '2026-05-02T11:00:00Z', { model: 'free', cost: null }, { status: 'error' }),
        record(owner, '2026-05-02T11:30:00Z', { model: 'free', cost: null, latencyMs: 300 }),
        record(owner, '2026-05-02T12:00:00Z', { model: 'unused', cost: null, provider: 'other' }),
        record(
          owner,
          '2026-04-30T10:00:00Z',
          { model: 'cheap', cost: '0.1000000000' },
          { status: 'aborted' },
        ),
      ])
      const range = { from: '2026-05-01', to: '2026-05-04' }
      const byModel = await ask(owner, range)
      expect(byModel).toMatchObject({ time_zone: 'UTC', ...range })
      expect(
        byModel.groups.map(({ id, name, provider, calls: count }) => [id, name, provider, count]),
      ).toEqual([
        ['demo/dear', 'dear', 'demo', 1],
        ['demo/cheap', 'cheap', 'demo', 1],
        ['demo/free', 'free', 'demo', 2],
        ['other/unused', 'unused', 'other', 1],
      ])
      expect(byModel.totals).toEqual({
        calls: 5,
        failed_calls: 1,
        aborted_calls: 0,
        unpriced_calls: 3,
        input_tokens: 50,
        output_tokens: 25,
        cached_tokens: 10,
        reasoning_tokens: 5,
        total_tokens: 75,
        total_cost: '2.5000000000',
        average_latency_ms: 140,
      })
      expect(byModel.previous).toMatchObject({ calls: 1, aborted_calls: 1, total_cost: '0.1000000000' })
      expect(byModel.days.map(({ day, split }) => [day, split.map(({ id, cost }) => [id, cost])])).toEqual([
        ['2026-05-01', [['demo/dear', '2.0000000000']]],
        [
          '2026-05-02',
          [
            ['demo/cheap', '0.5000000000'],
            ['demo/free', '0.0000000000'],
            ['other/unused', '0.0000000000'],
          ],
        ],
        ['2026-05-03', []],
      ])
      expect(byModel.days[2]).toMatchObject({
        calls: 0,
        total_cost: '0.0000000000',
        average_latency_ms: null,
      })
      expect(byModel.unpriced).toEqual([
        { provider: 'demo', model: 'free', calls: 2 },
        { provider: 'other', model: 'unused', calls: 1 },
      ])
      const ids = async (split: string) => (await ask(owner, { ...range, split })).groups.map(({ id }) => id)
      expect(await ids('provider')).toEqual(['demo', 'other'])
      expect(await ids('key')).toEqual(['none', key])
      const whole = await ask(owner, { ...range, split: 'none' })
      expect(whole.groups).toEqual([])
      expect(whole.totals).toEqual(byModel.totals)
      expect(whole.days.every(({ split }) => split.length === 0)).toBe(true)
    })

    it('T40: is of its owner alone, and of everybody for admins', async () => {
      const [ada, bob] = [uuidv7(), uuidv7()]
      await write([
        record(ada, '2024-05-01T10:00:00Z', { model: 'a' }),
        record(bob, '2024-05-01T10:00:00Z', { model: 'b' }),
      ])
      const range = { from: '2024-05-01', to: '2024-05-02' }
      expect((await ask(ada, range)).groups.map(({ id }) => id)).toEqual(['demo/a'])
      const all = (query: object) =>
        calls.overviewOfAll(AdminUsageOverviewQuery.parse({ ...range, ...query }))
      expect((await all({ split: 'principal' })).groups.map(({ id }) => id).sort()).toEqual([ada, bob].sort())
      expect((await all({ principal_id: bob })).totals.calls).toBe(1)
    })

    it('has every day of a time in which there was nothing', async () => {
      const nothing = await ask(uuidv7(), {
        from: '2026-01-01',
        to: '2026-02-01',
        time_zone: 'Europe/Berlin',
      })
      expect(nothing.days.map(({ calls: count }) => count)).toEqual(Array(31).fill(0))
      expect(nothing).toMatchObject({
        groups: [],
        unpriced: [],
        totals: { calls: 0, average_latency_ms: null },
      })
    })
  })

function expectToAddUp({ days, totals, groups }: UsageOverview): void {
  const names = ['calls', 'failed_calls', 'aborted_calls', 'unpriced_calls', 'total_tokens'] as const
  for (const name of names) {
    expect(days.reduce((sum, day) => sum + day[name], 0)).toBe(totals[name])
    expect(groups.reduce((sum, group) => sum + group[name], 0)).toBe(totals[name])
  }
  const cost = (parts: { total_cost: string }[]) =>
    parts.reduce((sum, { total_cost }) => sum + units(total_cost), 0n)
  expect(cost(days)).toBe(units(totals.total_cost))
  expect(cost(groups)).toBe(units(totals.total_cost))
  for (const { day, split, calls, total_cost } of days) {
    expect([day, split.reduce((sum, part) => sum + part.calls, 0)]).toEqual([day, calls])
    expect(split.reduce((sum, part) => sum + units(part.cost), 0n)).toBe(units(total_cost))
  }
}

const units = (cost: string): bigint => BigInt(cost.replace('.', ''))

/** Always the same numbers from 0 to 1 for a text (mulberry32). */
function random(seed: string): () => number {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function record(
  principalId: string,
  createdAt: string,
  more: { model: string; provider?: string; keyId?: string; cost?: string | null; latencyMs?: number },
  end: Partial<CallEnd> = {},
): SpoolRecord {
  const { model, provider = 'demo', keyId = null, cost = '0.0000012345', latencyMs = 100 } = more
  return {
    call: {
      id: uuidv7(),
      createdAt,
      principalId,
      principalKind: 'user',
      keyId,
      sessionId: null,
      requestId: 'req',
      endpoint: '/v1/chat/completions',
      provider,
      connection: 'default',
      askedModel: model,
      model,
      streamed: false,
    },
    end: {
      ...unknownEnd,
      status: 'success',
      inputTokens: 10,
      outputTokens: 5,
      cachedTokens: 2,
      reasoningTokens: 1,
      estimated: false,
      cost,
      latencyMs,
      errorCode: null,
      errorMessage: null,
      ...end,
    },
  }
}
