import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdminUsageQuery, UsageQuery, type UsageRow } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCallLog } from './index.js'
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

for (const { title, skip, open } of databases())
  describe.skipIf(skip)(`usage on ${title}`, () => {
    let database: Database
    let dataDir: string
    let calls: ReturnType<typeof createCallLog>
    const [ada, bob, key] = [uuidv7(), uuidv7(), uuidv7()]
    beforeAll(async () => {
      database = await open()
      dataDir = mkdtempSync(join(tmpdir(), 'usage-'))
      calls = createCallLog({ database, dataDir, contentRetentionDays: 30 })
      await writeRecords(database, [
        record(ada, '2026-10-24T23:30:00Z', { model: 'echo' }),
        record(ada, '2026-10-25T00:30:00Z', { model: 'echo' }, { cost: '0.0000000001', latencyMs: 301 }),
        record(ada, '2026-10-25T01:10:00Z', { model: 'échо-2' }, { status: 'aborted' }),
        record(ada, '2026-10-25T01:50:00Z', { model: 'echo', provider: 'other' }, unknownEnd),
        record(ada, '2026-10-26T12:00:00Z', { model: 'echo', keyId: key }, { cost: '12345678.0000000001' }),
        record(bob, '2026-10-25T02:00:00Z', { model: 'echo' }),
      ])
    })
    afterAll(async () => {
      await calls.close()
      await database.close()
      rmSync(dataDir, { recursive: true })
    })

    const ask = (query: Record<string, unknown>) =>
      UsageQuery.parse({ from: '2026-10-20', to: '2026-11-01', ...query })
    const askAll = (query: Record<string, unknown>) =>
      AdminUsageQuery.parse({ from: '2026-10-20', to: '2026-11-01', ...query })

    it('is summed by day (UTC), newest first, of one’s own calls alone', async () => {
      const { data, has_more } = await calls.usage(ada, ask({}))
      expect(has_more).toBe(false)
      expect(data.map(({ day, total_calls }) => [day, total_calls])).toEqual([
        ['2026-10-26', 1],
        ['2026-10-25', 3],
        ['2026-10-24', 1],
      ])
      expect(data[1]).toEqual({
        id: expect.any(String),
        day: '2026-10-25',
        total_calls: 3,
        failed_calls: 1,
        aborted_calls: 1,
        unpriced_calls: 1,
        input_tokens: 20,
        output_tokens: 10,
        cached_tokens: 4,
        reasoning_tokens: 2,
        total_tokens: 30,
        total_cost: '0.0000012346',
        // Of 301 and 100: nobody knows how long the interrupted one took.
        average_latency_ms: 201,
      })
    })

    it('begins with the first moment asked for and ends before the last', async () => {
      const hours = async (from: string, to: string) =>
        (await calls.usage(ada, ask({ from, to, group_by: 'hour', order: 'asc' }))).data.map(
          ({ hour, total_calls }) => [hour, total_calls],
        )
      expect(await hours('2026-10-24T23:00:00Z', '2026-10-25T01:00:00Z')).toEqual([
        ['2026-10-24T23:00:00.000Z', 1],
        ['2026-10-25T00:00:00.000Z', 1],
      ])
      expect(await hours('2026-10-25T03:00:00Z', '2026-10-26')).toEqual([])
    })

    it('is grouped by several things in one order, a model beside its provider', async () => {
      const query = ask({ group_by: 'key,model', order: 'asc' })
      const { data } = await calls.usage(ada, query)
      expect(
        data.map(({ provider, model, key_id, total_calls }) => [provider, model, key_id, total_calls]),
      ).toEqual([
        ['demo', 'echo', null, 2],
        ['demo', 'echo', key, 1],
        ['demo', 'échо-2', null, 1],
        ['other', 'echo', null, 1],
      ])
      expect(data[0]).not.toHaveProperty('day')
      const { data: backwards } = await calls.usage(ada, { ...query, order: 'desc' })
      expect(backwards).toEqual(data.toReversed())
    })

    it('is filtered by provider and model', async () => {
      const of = async (filter: Record<string, string>) =>
        (await calls.usage(ada, ask({ ...filter, group_by: 'provider' }))).data.map(
          ({ provider, total_calls }) => [provider, total_calls],
        )
      expect(await of({ provider: 'other' })).toEqual([['other', 1]])
      expect(await of({ model: 'échо-2' })).toEqual([['demo', 1]])
      expect(await of({ model: 'nobody' })).toEqual([])
    })

    it('comes in pages that hold every row once, whatever it is grouped by', async () => {
      for (const group_by of [
        'day',
        'hour',
        'provider',
        'model',
        'key',
        'principal',
        'hour,model,key,principal',
      ])
        for (const order of ['asc', 'desc']) {
          const whole = await calls.usageOfAll(askAll({ group_by, order }))
          const rows: UsageRow[] = []
          for (let after: string | undefined; ; ) {
            const page = await calls.usageOfAll(askAll({ group_by, order, limit: '1', after }))
            rows.push(...page.data)
            expect(page.data).toHaveLength(1)
            if (!page.has_more) break
            after = page.last_id ?? undefined
          }
          expect(rows).toEqual(whole.data)
        }
    })

    it('refuses what is no place in its order', async () => {
      const { last_id } = await calls.usage(ada, ask({ group_by: 'model' }))
      const places = [last_id, 'x', '', uuidv7(), ...[[], ['2026'], ['\u0000'], [null], {}].map(encoded)]
      for (const after of places)
        await expect(calls.usage(ada, ask({ group_by: 'day', after })), String(after)).rejects.toMatchObject({
          code: 'invalid_request',
          param: 'after',
        })
      for (const place of [['demo', '\u0000'], ['demo', '\ud800'], ['demo']])
        await expect(
          calls.usage(ada, ask({ group_by: 'model', after: encoded(place) })),
        ).rejects.toMatchObject({
          param: 'after',
        })
    })

    it('of everybody is grouped by principal and filtered by one', async () => {
      const query = { group_by: 'principal' }
      const { data } = await calls.usageOfAll(askAll(query))
      expect(Object.fromEntries(data.map((row) => [row.principal_id, row.total_calls]))).toEqual({
        [ada]: 5,
        [bob]: 1,
      })
      const one = await calls.usageOfAll(askAll({ ...query, principal_id: bob }))
      expect(one.data.map(({ principal_id }) => principal_id)).toEqual([bob])
    })

    it('comes whole, a page at a time', async () => {
      const owner = uuidv7()
      const many = [...Array(2300).keys()].map((number) =>
        record(owner, '2026-10-25T00:30:00Z', { model: `m-${number}` }),
      )
      for (let at = 0; at < many.length; at += 500) await writeRecords(database, many.slice(at, at + 500))
      const sizes: number[] = []
      const names = new Set<string | undefined>()
      for await (const page of calls.usagePages(owner, ask({ group_by: 'model' }))) {
        sizes.push(page.length)
        for (const { model } of page) names.add(model)
      }
      expect(sizes).toEqual([1000, 1000, 300])
      expect(names.size).toBe(2300)
    })

    it('has the sums of the history’s, exactly, and days that sum up to the whole', async () => {
      const stats = await calls.stats(ada)
      const { data } = await calls.usage(ada, ask({}))
      expect(data.reduce((sum, row) => sum + row.total_calls, 0)).toBe(stats.total_calls)
      expect(data.reduce((sum, row) => sum + row.total_tokens, 0)).toBe(stats.total_tokens)
      expect(stats.total_cost).toBe('12345678.0000024692')
      expect(stats.by_day).toEqual(
        data
          .toReversed()
          .map(({ day, total_calls, failed_calls, aborted_calls, total_tokens, total_cost }) => ({
            day,
            total_calls,
            failed_calls,
            aborted_calls,
            total_tokens,
            total_cost,
          })),
      )
    })
  })

const encoded = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url')

function record(
  principalId: string,
  createdAt: string,
  call: Partial<SpoolRecord['call']>,
  end: Partial<CallEnd> = {},
): SpoolRecord {
  return {
    call: {
      id: uuidv7(),
      createdAt,
      principalId,
      principalKind: 'user',
      keyId: null,
      sessionId: null,
      requestId: 'req_1',
      endpoint: '/v1/chat/completions',
      provider: 'demo',
      connection: 'default',
      askedModel: 'echo',
      model: 'echo',
      streamed: false,
      ...call,
    },
    end: {
      ...unknownEnd,
      status: 'success',
      inputTokens: 10,
      outputTokens: 5,
      cachedTokens: 2,
      reasoningTokens: 1,
      cost: '0.0000012345',
      latencyMs: 100,
      ...end,
    },
  }
}
