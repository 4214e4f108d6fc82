import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Database, thisProcess } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createCallLog } from './index.js'
import { type CallEnd, OpenCall, unknownEnd } from './record.js'
import { checked } from './record-line.js'
import { textOf } from './record-text.js'
import { openSpool } from './spool.js'
import { createWriter } from './writer.js'

for (const { kind, title, skip, open } of databases()) {
  describe.skipIf(skip)(`calls on ${title}`, () => {
    let database: Database
    let dataDir: string
    const errors: unknown[] = []
    beforeAll(async () => {
      database = await open()
      dataDir = mkdtempSync(join(tmpdir(), 'calls-'))
    })
    afterAll(async () => {
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    })

    const log = () =>
      createCallLog({ database, dataDir, contentRetentionDays: 30, onError: (error) => errors.push(error) })
    const fields = (principalId: string, model = 'echo') => ({
      principalId,
      principalKind: 'user' as const,
      keyId: null,
      sessionId: null,
      requestId: 'req_1',
      endpoint: '/api/v1/llm/call',
      provider: 'demo',
      connection: 'default',
      askedModel: model,
      model,
      streamed: false,
    })
    const begin = (calls: ReturnType<typeof log>, principalId: string, model?: string) =>
      calls.open(fields(principalId, model))
    const success: CallEnd = {
      ...unknownEnd,
      status: 'success',
      inputTokens: 10,
      outputTokens: 5,
      estimated: false,
      cost: '0.0000012345',
      errorCode: null,
      errorMessage: null,
      content: { prompt: [{ role: 'user', content: 'hi' }], response: 'ho', parameters: { temperature: 1 } },
    }
    const page = { limit: 20, order: 'desc' as const }

    it('keeps nothing that was said by who has said no since the call began; the figures stay', async () => {
      const calls = log()
      const { id: owner } = await database.client.principal.create({
        data: { id: uuidv7(), kind: 'user', keepContent: true },
      })
      const [before, during] = [begin(calls, owner), begin(calls, owner)]
      void before.end(success)
      expect(await calls.get(owner, before.id)).toMatchObject({ response: 'ho' })
      await database.client.principal.update({ where: { id: owner }, data: { keepContent: false } })
      void during.end(success)
      const found = await calls.get(owner, during.id)
      expect(found).toMatchObject({
        status: 'success',
        usage: { total_tokens: 15 },
        response: null,
        prompt: null,
      })
      await calls.close()
    })

    it('finds a call under its id at once, in the list and in the sums within 2 s', async () => {
      const calls = log()
      const owner = uuidv7()
      const call = begin(calls, owner)
      void call.end(success)
      void call.end({ ...success, inputTokens: 999 })
      const found = await calls.get(owner, call.id)
      expect(found).toMatchObject({
        status: 'success',
        usage: { input_tokens: 10, total_tokens: 15 },
        cost_usd: 0.0000012345,
        response: 'ho',
      })
      expect((await calls.list(owner, page)).data.map(({ id }) => id)).toEqual([call.id])
      const stats = await calls.stats(owner)
      expect(stats).toMatchObject({
        total_calls: 1,
        failed_calls: 0,
        total_tokens: 15,
        total_cost: '0.0000012345',
        success_rate: 1,
      })
      expect(stats.by_day).toEqual([
        {
          day: new Date().toISOString().slice(0, 10),
          total_calls: 1,
          failed_calls: 0,
          aborted_calls: 0,
          total_tokens: 15,
          total_cost: '0.0000012345',
        },
      ])
      expect(stats.by_model).toMatchObject([{ provider: 'demo', model: 'echo', total_calls: 1 }])
      expect(stats.by_provider).toMatchObject([{ provider: 'demo', total_calls: 1 }])
      await calls.close()
    })

    it('counts a call that its caller broke off apart, neither as a success nor as a failure', async () => {
      const calls = log()
      const owner = uuidv7()
      for (const status of ['success', 'aborted', 'error', 'aborted', 'success', 'unknown'] as const)
        void begin(calls, owner).end({ ...success, status })
      await calls.flush()
      const figures = { total_calls: 6, failed_calls: 2, aborted_calls: 2, total_tokens: 90 }
      const stats = await calls.stats(owner)
      expect(stats).toMatchObject({ ...figures, success_rate: 0.5 })
      expect(stats.by_provider).toMatchObject([figures])
      const other = uuidv7()
      void begin(calls, other).end({ ...success, status: 'aborted' })
      await calls.flush()
      expect((await calls.stats(other)).success_rate).toBeNull()
      await calls.close()
    })

    it('does not show a call that still runs, nor count it', async () => {
      const calls = log()
      const owner = uuidv7()
      const call = begin(calls, owner)
      await calls.flush()
      expect((await calls.list(owner, page)).data).toEqual([])
      expect((await calls.stats(owner)).total_calls).toBe(0)
      expect(await database.client.call.findUnique({ where: { id: call.id } })).toMatchObject({
        status: 'open',
      })
      void call.end(success)
      await calls.close()
      expect(await database.client.call.findUnique({ where: { id: call.id } })).toMatchObject({
        status: 'success',
      })
    })

    it('writes a record twice without doubling it, and never takes an end back', async () => {
      const calls = log()
      const owner = uuidv7()
      const call = begin(calls, owner)
      void call.end(success)
      await calls.flush()
      // What a second process would write that took the first one for dead.
      const again = log()
      const directory = mkdtempSync(join(tmpdir(), 'again-'))
      const spool = openSpool({ directory })
      const row = await database.client.call.findUniqueOrThrow({ where: { id: call.id } })
      const record = OpenCall.parse({ ...row, createdAt: row.createdAt.toISOString() })
      void spool.append(textOf({ call: record, end: null }))
      void spool.append(textOf({ call: record, end: unknownEnd }))
      await createWriter(database, spool, (error) => errors.push(error)).flush()
      expect(await database.client.call.findMany({ where: { principalId: owner } })).toMatchObject([
        { status: 'success', inputTokens: 10 },
      ])
      spool.close()
      rmSync(directory, { recursive: true })
      await again.close()
      await calls.close()
    })

    it('sets a record aside that the database refuses, and writes the others', async () => {
      const calls = log()
      const owner = uuidv7()
      const good = begin(calls, owner)
      const bad = begin(calls, owner)
      void bad.end({ ...success, cost: 'not a number' })
      void good.end(success)
      await calls.flush()
      expect((await calls.list(owner, page)).data.map(({ id }) => id)).toEqual([good.id])
      expect(readFileSync(join(dataDir, 'spool', 'refused.log'), 'utf8')).toContain(bad.id)
      expect(errors.length).toBeGreaterThan(0)
      await calls.close()
    })

    it('writes the figures of a call whatever was said in it', async () => {
      const calls = log()
      const owner = uuidv7()
      const odd = begin(calls, owner)
      // Names and texts that Postgres takes in no text.
      const parameters = { metadata: { 'a\u0000b': 1, '\ud800': ['c\u0000'] } }
      void odd.end({
        ...success,
        content: { prompt: [{ role: 'user', content: 'x' }], response: 'ho\udc00', parameters },
      })
      const bad = begin(calls, owner)
      await database.client
        .$executeRaw`ALTER TABLE "CallContent" ADD CONSTRAINT "no" CHECK ("response" <> 'refused')`
      void bad.end({ ...success, content: { prompt: [], response: 'refused', parameters: {} } })
      const other = begin(calls, owner)
      void other.end(success)
      await calls.flush()
      await database.client.$executeRaw`ALTER TABLE "CallContent" DROP CONSTRAINT "no"`
      const { data } = await calls.list(owner, page)
      expect(data.map(({ id, status }) => [id, status])).toEqual(
        [other, bad, odd].map(({ id }) => [id, 'success']),
      )
      expect((await calls.get(owner, odd.id)).response).toBe('ho\uFFFD')
      expect((await calls.get(owner, odd.id)).parameters).toEqual({
        metadata: { 'a\uFFFDb': 1, '\uFFFD': ['c\uFFFD'] },
      })
      expect((await calls.get(owner, bad.id)).response).toBeNull()
      expect(errors.map(String).join()).toContain(`What was said in call ${bad.id} was not kept`)
      await calls.close()
    })

    it('F32: writes what a container that is gone has left in the spool, without a new start', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'left-'))
      const left = openSpool({ directory: join(directory, 'spool') })
      const calls = createCallLog({ database, dataDir: directory, contentRetentionDays: 30, adoptMs: 10 })
      const owner = uuidv7()
      const call = { ...fields(owner), id: uuidv7(), createdAt: new Date().toISOString() }
      void left.append(textOf({ call, end: success }))
      left.close()
      const [name = ''] = readdirSync(join(directory, 'spool'))
      const path = join(directory, 'spool', name)
      const [, ...lines] = readFileSync(path, 'utf8').split('\n')
      writeFileSync(
        path,
        [
          String(checked(JSON.stringify({ owner: { ...thisProcess(), host: 'gone' } }))).trimEnd(),
          ...lines,
        ].join('\n'),
      )
      const then = new Date(Date.now() - 130_000)
      utimesSync(path, then, then)
      await vi.waitFor(async () => expect((await calls.list(owner, page)).data).toHaveLength(1), 5000)
      await calls.close()
      rmSync(directory, { recursive: true })
    })

    it('deletes what was said when its time is over, and keeps the figures', async () => {
      const calls = log()
      const owner = uuidv7()
      const call = begin(calls, owner)
      void call.end(success)
      await calls.flush()
      await database.client.callContent.update({
        where: { callId: call.id },
        data: { createdAt: new Date(Date.now() - 31 * 86_400_000) },
      })
      await calls.keepHouse()
      expect(await calls.get(owner, call.id)).toMatchObject({
        prompt: null,
        response: null,
        usage: { total_tokens: 15 },
      })
      await calls.close()
    })

    it('keeps house by itself soon after the start: contents in batches, what was set aside, calls that were lost', async () => {
      const owner = uuidv7()
      const old = new Date(Date.now() - 31 * 86_400_000)
      const row = (status: string, createdAt: Date) => ({
        ...fields(owner),
        id: uuidv7({ msecs: createdAt.getTime() }),
        createdAt,
        status,
      })
      const finished = [...Array(2100)].map(() => row('success', old))
      const lost = row('open', new Date(Date.now() - 25 * 3_600_000))
      const running = row('open', new Date(Date.now() - 23 * 3_600_000))
      await database.client.call.createMany({ data: [...finished, lost, running] })
      await database.client.callContent.createMany({
        data: finished.map(({ id, createdAt }) => ({ callId: id, createdAt, response: 'x' })),
      })
      const directory = mkdtempSync(join(tmpdir(), 'house-'))
      const refused = join(directory, 'spool', 'refused.log')
      mkdirSync(join(directory, 'spool'))
      writeFileSync(refused, `{"at":"${old.toISOString()}","reason":"x"} 00000000 {}\n`)
      const calls = createCallLog({
        database,
        dataDir: directory,
        contentRetentionDays: 30,
        firstHousekeepingMs: 1,
        onError: (error) => errors.push(error),
      })
      const statusOf = async ({ id }: { id: string }) =>
        (await database.client.call.findUnique({ where: { id } }))?.status
      await vi.waitFor(async () => expect(await statusOf(lost)).toBe('unknown'), 5000)
      expect(await database.client.callContent.count({ where: { call: { principalId: owner } } })).toBe(0)
      expect(await statusOf(running)).toBe('open')
      expect(existsSync(refused)).toBe(false)
      expect(await calls.get(owner, lost.id)).toMatchObject({
        status: 'error',
        error: { code: 'interrupted' },
      })
      await calls.close()
      rmSync(directory, { recursive: true })
    })

    it('never takes a call for interrupted whose end is known, in whatever order both are found', async () => {
      for (const ends of [
        [success, unknownEnd],
        [unknownEnd, success],
      ]) {
        const directory = mkdtempSync(join(tmpdir(), 'order-'))
        const spool = openSpool({ directory })
        const call = { ...fields(uuidv7()), id: uuidv7(), createdAt: new Date().toISOString() }
        for (const end of [null, ...ends]) void spool.append(textOf({ call, end }))
        await createWriter(database, spool, (error) => errors.push(error)).flush()
        expect(await database.client.call.findUnique({ where: { id: call.id } })).toMatchObject({
          status: 'success',
        })
        spool.close()
        rmSync(directory, { recursive: true })
      }
    })

    it('writes a call without what was said when the database takes too long over that, and the others whole', async () => {
      await database.client.$executeRaw`
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(1); RETURN NEW; END$$`
      await database.client.$executeRaw`
        CREATE TRIGGER slow BEFORE INSERT ON "CallContent" FOR EACH ROW
        WHEN (NEW."response" = 'slow') EXECUTE FUNCTION slow()`
      const impatient: Database = {
        ...database,
        plainTransaction: (work) =>
          database.plainTransaction(
            async (query) => {
              // A server cancels the statement; the embedded database has only the time of the transaction.
              if (kind === 'postgres') await query('SET LOCAL statement_timeout = 300')
              return work(query)
            },
            { timeout: kind === 'postgres' ? 10_000 : 500 },
          ),
      }
      const told: unknown[] = []
      const calls = createCallLog({
        database: impatient,
        dataDir,
        contentRetentionDays: 30,
        onError: (error) => told.push(error),
      })
      const owner = uuidv7()
      const [slow, other] = [begin(calls, owner), begin(calls, owner)]
      void slow.end({ ...success, content: { prompt: [], response: 'slow', parameters: {} } })
      void other.end(success)
      await calls.flush()
      expect(await calls.get(owner, slow.id)).toMatchObject({ status: 'success', response: null })
      expect(await calls.get(owner, other.id)).toMatchObject({ status: 'success', response: 'ho' })
      expect(told.map(String)).toEqual([expect.stringContaining(slow.id)])
      await calls.close()
      await database.client.$executeRaw`DROP FUNCTION slow() CASCADE`
    })

    // Of the embedded database there is one replica alone.
    if (kind === 'postgres')
      it('removes a call that a slow replica has not written yet, as it finds one', async () => {
        const directory = mkdtempSync(join(tmpdir(), 'other-'))
        const slow: Database = {
          ...database,
          plainTransaction: async (work) => {
            await delay(1700)
            return database.plainTransaction(work)
          },
        }
        const other = createCallLog({ database: slow, dataDir: directory, contentRetentionDays: 30 })
        const calls = log()
        const owner = uuidv7()
        for (const ask of [calls.get, calls.remove]) {
          const call = begin(other, owner)
          void call.end(success)
          await ask(owner, call.id)
        }
        expect((await calls.list(owner, page)).data).toHaveLength(1)
        await other.close()
        await calls.close()
        rmSync(directory, { recursive: true })
      })

    it('says at once that a call is gone which its owner has removed, or which nobody can still write', async () => {
      const calls = log()
      const owner = uuidv7()
      const call = begin(calls, owner)
      void call.end(success)
      await calls.remove(owner, call.id)
      const began = Date.now()
      await expect(calls.get(owner, call.id)).rejects.toMatchObject({ code: 'not_found' })
      await expect(calls.remove(owner, call.id)).rejects.toMatchObject({ code: 'not_found' })
      if (kind === 'embedded')
        await expect(calls.get(owner, uuidv7())).rejects.toMatchObject({ code: 'not_found' })
      // Whoever looks again does it for 5 s.
      expect(Date.now() - began).toBeLessThan(4000)
      await calls.close()
    })

    it('says the same of an id that is not there and of one that is somebody else’s', async () => {
      const calls = log()
      const owner = uuidv7()
      const call = begin(calls, owner)
      void call.end(success)
      await calls.flush()
      const nobodys = [call.id, uuidv7(), 'nonsense', ''].map((id) =>
        expect(calls.get(uuidv7(), id)).rejects.toMatchObject({ code: 'not_found', message: 'Not found.' }),
      )
      await Promise.all(nobodys)
      await calls.close()
    })
  })
}
