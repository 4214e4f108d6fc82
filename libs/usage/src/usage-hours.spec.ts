import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from '@gatehouse/platform'
import { createPostgresDatabase, databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { closeLostCalls } from './housekeeping.js'
import { type CallEnd, type SpoolRecord, unknownEnd } from './record.js'
import { LinePages } from './record-line.js'
import { textOf } from './record-text.js'
import { noKey } from './usage-hours.js'
import { writeRecords as writeLines } from './write-records.js'

const pages = new LinePages()
const writeRecords = (to: Parameters<typeof writeLines>[0], records: SpoolRecord[]) =>
  writeLines(
    to,
    records.map((record) => pages.write(textOf(record))),
  )

const hourMs = 3_600_000
const noon = Date.parse('2026-03-29T12:00:00Z')

const callOf = (over: Partial<SpoolRecord['call']> = {}): SpoolRecord['call'] => ({
  id: uuidv7(),
  createdAt: new Date(noon).toISOString(),
  principalId: uuidv7(),
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
  ...over,
})
const success: CallEnd = {
  ...unknownEnd,
  status: 'success',
  inputTokens: 10,
  outputTokens: 5,
  cachedTokens: 2,
  reasoningTokens: 1,
  estimated: false,
  cost: '0.0000012345',
  latencyMs: 100,
  errorCode: null,
  errorMessage: null,
}

/** The same sums by another way: in memory, from the rows of the calls. */
async function sumsOfCalls(database: Database): Promise<Record<string, string>> {
  const sums = new Map<string, bigint[]>()
  for (const call of await database.client.call.findMany({ where: { status: { not: 'open' } } })) {
    const hour = new Date(Math.floor(call.createdAt.getTime() / hourMs) * hourMs).toISOString()
    const key = [hour, call.principalId, call.keyId ?? noKey, call.provider, call.model].join(' ')
    const figures = [
      1,
      call.status === 'success' || call.status === 'aborted' ? 0 : 1,
      call.status === 'aborted' ? 1 : 0,
      call.cost === null ? 1 : 0,
      call.inputTokens,
      call.outputTokens,
      call.cachedTokens,
      call.reasoningTokens,
      call.cost === null ? 0 : Math.round(call.cost.toNumber() * 1e10),
      call.latencyMs ?? 0,
      call.latencyMs === null ? 0 : 1,
    ].map(BigInt)
    const before = sums.get(key) ?? figures.map(() => 0n)
    sums.set(
      key,
      figures.map((figure, index) => figure + (before[index] ?? 0n)),
    )
  }
  return Object.fromEntries([...sums].map(([key, figures]) => [key, figures.join(' ')]).sort())
}

async function sumsOfHours(database: Database): Promise<Record<string, string>> {
  const rows = await database.client.usageHour.findMany()
  const entries = rows.map((row) => [
    [row.hour.toISOString(), row.principalId, row.keyId, row.provider, row.model].join(' '),
    [
      row.calls,
      row.failed,
      row.aborted,
      row.unpriced,
      row.inputTokens,
      row.outputTokens,
      row.cachedTokens,
      row.reasoningTokens,
      row.cost.mul(1e10).toFixed(0),
      row.latencyMs,
      row.timed,
    ].join(' '),
  ])
  // All its calls turned out to belong elsewhere.
  const kept = entries.filter(([, figures]) => figures !== Array(11).fill('0').join(' '))
  return Object.fromEntries(kept.sort()) as Record<string, string>
}

const expectEqualSums = async (database: Database) =>
  expect(await sumsOfHours(database)).toEqual(await sumsOfCalls(database))

/** The same numbers for the same seed (mulberry32): what fails can be run again. */
function randomFrom(seed: number) {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** What becomes of some calls, in the order in which a replica, and whoever finds its spool, would write it. */
function records(random: (below: number) => number, count: number, owners: string[]): SpoolRecord[] {
  return [...Array(count).keys()].flatMap(() => {
    const call = callOf({
      createdAt: new Date(noon + random(3 * hourMs)).toISOString(),
      principalId: owners[random(owners.length)] ?? '',
      keyId: random(2) ? noKey.replace(/^0/, '1') : null,
      model: `model-${random(3)}`,
    })
    const status = (['success', 'error', 'aborted'] as const)[random(3)] ?? 'success'
    const end: CallEnd = {
      ...success,
      status,
      inputTokens: random(1000),
      outputTokens: random(1000),
      cost: random(3) ? `0.00000${random(90_000) + 10_000}` : null,
      latencyMs: random(5) ? random(5000) : null,
    }
    // Served by another than the one it began with.
    const served = random(3) ? call : { ...call, provider: 'other', model: `model-${random(3)}` }
    const begin = { call, end: null }
    const real = { call: served, end }
    const found = { call, end: unknownEnd }
    const courses = [
      [begin, real],
      [real],
      [begin, found],
      [begin, found, real],
      [begin],
      [found, real, found],
    ]
    return courses[random(courses.length)] ?? []
  })
}

for (const { kind, title, skip, open } of databases())
  describe.skipIf(skip)(`the sums of the hours on ${title}`, () => {
    let database: Database
    beforeAll(async () => {
      database = await open()
    })
    afterAll(() => database.close())
    beforeEach(() => database.client.$executeRaw`TRUNCATE "UsageHour", "Call" CASCADE`)

    const hours = () => database.client.usageHour.findMany({ orderBy: { hour: 'asc' } })

    it('count a call once it has ended, in the hour (UTC) in which it began', async () => {
      const call = callOf({ createdAt: '2026-03-29T01:59:59.999Z' })
      await writeRecords(database, [{ call, end: null }])
      expect(await hours()).toEqual([])
      await writeRecords(database, [{ call, end: success }])
      expect(await hours()).toMatchObject([
        {
          hour: new Date('2026-03-29T01:00:00Z'),
          principalId: call.principalId,
          keyId: noKey,
          provider: 'demo',
          model: 'echo',
          calls: 1,
          failed: 0,
          aborted: 0,
          unpriced: 0,
          inputTokens: 10n,
          outputTokens: 5n,
          cachedTokens: 2n,
          reasoningTokens: 1n,
          latencyMs: 100n,
          timed: 1,
        },
      ])
      await expectEqualSums(database)
    })

    it('count a record once that is written again, alone or within others', async () => {
      const call = callOf()
      const record = { call, end: success }
      await writeRecords(database, [{ call, end: null }, record])
      await writeRecords(database, [record])
      const other = { ...call, id: uuidv7() }
      await writeRecords(database, [record, { call: other, end: success }, { call, end: unknownEnd }, record])
      expect(await hours()).toMatchObject([{ calls: 2, failed: 0, inputTokens: 20n }])
      await expectEqualSums(database)
    })

    it('take an interrupted call out again where its real end is found, also when another model served it', async () => {
      const call = callOf()
      await writeRecords(database, [{ call, end: unknownEnd }])
      expect(await hours()).toMatchObject([{ calls: 1, failed: 1, unpriced: 1, timed: 0 }])
      await writeRecords(database, [{ call: { ...call, provider: 'other', model: 'better' }, end: success }])
      await expectEqualSums(database)
      expect((await hours()).filter(({ calls }) => calls > 0)).toMatchObject([
        { provider: 'other', model: 'better', calls: 1, failed: 0, inputTokens: 10n },
      ])
    })

    it('count a call that housekeeping closes, and its end where it comes after all', async () => {
      const lost = callOf()
      const late = { ...lost, id: uuidv7() }
      await writeRecords(database, [
        { call: lost, end: null },
        { call: late, end: null },
      ])
      const { signal } = new AbortController()
      expect(await closeLostCalls(database, new Date(noon + 1), signal)).toBe(2)
      expect(await hours()).toMatchObject([{ calls: 2, failed: 2 }])
      expect(await closeLostCalls(database, new Date(noon + 1), signal)).toBe(0)
      await writeRecords(database, [{ call: late, end: success }])
      expect(await hours()).toMatchObject([{ calls: 2, failed: 1, inputTokens: 10n }])
      await expectEqualSums(database)
    })

    it('change with the calls or not at all', async () => {
      const failing: Database = {
        ...database,
        plainTransaction: (work) =>
          database.plainTransaction(async (query) => {
            await work(query)
            throw new Error('the gateway is killed')
          }),
      }
      const record = { call: callOf(), end: success }
      await expect(writeRecords(failing, [record])).rejects.toThrow('killed')
      expect([await hours(), await database.client.call.count()]).toEqual([[], 0])
      await writeRecords(database, [record])
      await expectEqualSums(database)
    })

    it('stay when a call is taken out of the history', async () => {
      const call = callOf()
      await writeRecords(database, [{ call, end: success }])
      await database.client.call.update({ where: { id: call.id }, data: { deletedAt: new Date() } })
      await writeRecords(database, [{ call, end: success }])
      expect(await hours()).toMatchObject([{ calls: 1 }])
    })

    it('are made by the migration of what was there before', async () => {
      const random = randomFrom(7)
      await writeRecords(database, records(random, 200, [uuidv7(), uuidv7()]))
      await database.client.$executeRaw`TRUNCATE "UsageHour"`
      const folder = readdirSync('prisma/migrations').find((entry) => entry.endsWith('_usage_hour')) ?? ''
      const sql = readFileSync(join('prisma/migrations', folder, 'migration.sql'), 'utf8')
      await database.client.$executeRawUnsafe(sql.slice(sql.indexOf('INSERT INTO')))
      expect((await hours()).length).toBeGreaterThan(10)
      await expectEqualSums(database)
    })

    it('equal the history after batches that come twice, in any order, from gateways that crash and are replayed', async () => {
      for (const seed of [1, 2, 3]) {
        const random = randomFrom(seed)
        const owners = [uuidv7(), uuidv7(), uuidv7()]
        const all = records(random, 150, owners)
        /** Dies before the end of the transaction, or after it without knowing so. */
        const crashing: Database = {
          ...database,
          plainTransaction: async (work) => {
            const fate = random(4)
            const result = await database.plainTransaction(async (query) => {
              const done = await work(query)
              if (fate === 0) throw new Error('crash')
              return done
            })
            if (fate === 1) throw new Error('crash')
            return result
          },
        }
        const batches: SpoolRecord[][] = []
        for (let at = 0; at < all.length; ) {
          const size = 1 + random(40)
          batches.push(all.slice(at, at + size))
          at += size
        }
        const again = batches.flatMap((batch) => (random(2) ? [batch.toReversed()] : []))
        // Two replicas at once, of which one replays what the other has written; one after the other where embedded.
        const write = async (mine: SpoolRecord[][]) => {
          for (const batch of mine)
            while (!(await writeRecords(crashing, batch).then(() => true, isNoCrash))) await Promise.resolve()
        }
        const isNoCrash = (error: unknown) => {
          if (error instanceof Error && error.message === 'crash') return false
          throw error
        }
        await Promise.all([write(batches), write(again), write([...again, ...batches].toReversed())])
        await expectEqualSums(database)
      }
      // So that nobody believes sums of nothing.
      expect(await database.client.call.count({ where: { status: { not: 'open' } } })).toBeGreaterThan(300)
    })

    if (kind === 'postgres')
      it('wait for a gateway that has begun the same call, and see what it counted', async () => {
        const call = callOf()
        const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>()
        const { promise: written, resolve: hasWritten } = Promise.withResolvers<void>()
        const slow: Database = {
          ...database,
          plainTransaction: (work) =>
            database.plainTransaction(async (query) => {
              const result = await work(query)
              hasWritten()
              await mayEnd
              return result
            }),
        }
        let runs = 0
        const counting: Database = {
          ...database,
          plainTransaction: (work) =>
            database.plainTransaction((query) => {
              runs++
              return work(query)
            }),
        }
        const first = writeRecords(slow, [{ call, end: unknownEnd }])
        await written
        const second = writeRecords(counting, [{ call, end: success }])
        await waitingFor(database)
        end()
        await Promise.all([first, second])
        expect(runs).toBe(2)
        expect(await hours()).toMatchObject([{ calls: 1, failed: 0, inputTokens: 10n }])
        await expectEqualSums(database)
      })
  })

const server = inject('postgres')
const missing = 'missing' in server ? server.missing : undefined

describe.skipIf(missing !== undefined)(
  `the sums of two gateways on one Postgres${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    it('grow by every call of both, in the same hours at once, and no two transactions wait in a circle', async () => {
      const { openDatabase } = await import('@gatehouse/platform')
      const { url, drop } = await createPostgresDatabase()
      const both = await Promise.all([1, 2].map(() => openDatabase({ url, dataDir: '.', poolSize: 3 })))
      const states: string[] = []
      const owners = [uuidv7(), uuidv7()]
      await Promise.all(
        both.flatMap((database, index) =>
          // Each gateway writes by several connections here, to meet more often than in life.
          [1, 2, 3].map(async (writer) => {
            const random = randomFrom(10 * index + writer)
            const watching: Database = {
              ...database,
              plainTransaction: (work) =>
                database.plainTransaction((query) =>
                  work(
                    (text, values) =>
                      query(text, values).catch((error: unknown) => {
                        states.push(String(Reflect.get(Object(error), 'code')))
                        throw error
                      }) as never,
                  ),
                ),
            }
            for (let batch = 0; batch < 25; batch++)
              await writeRecords(
                watching,
                records(random, 30, owners).toSorted(() => random(3) - 1),
              )
          }),
        ),
      )
      const [database] = both
      if (database) await expectEqualSums(database)
      expect(states).toEqual([])
      await Promise.all(both.map((each) => each.close()))
      await drop()
    })
  },
)

/** Waits until some transaction waits for another. */
async function waitingFor(database: Database): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const [row] = await database.client.$queryRaw<{ waiting: number }[]>`
      SELECT count(*)::int AS waiting FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`
    if ((row?.waiting ?? 0) > 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('nobody waits')
}
