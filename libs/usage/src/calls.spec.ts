import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCallLog } from './index.js'
import { type CallEnd, unknownEnd } from './record.js'

for (const { title, skip, open } of databases()) {
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
    const begin = (calls: ReturnType<typeof log>, principalId: string, model = 'echo') =>
      calls.open({
        principalId,
        principalKind: 'user',
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

    it('finds a call under its id at once, in the list and in the sums within 2 s', async () => {
      const calls = log()
      const owner = uuidv7()
      const call = begin(calls, owner)
      call.end(success)
      call.end({ ...success, inputTokens: 999 })
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
          total_tokens: 15,
          total_cost: '0.0000012345',
        },
      ])
      expect(stats.by_model).toMatchObject([{ provider: 'demo', model: 'echo', total_calls: 1 }])
      expect(stats.by_provider).toMatchObject([{ provider: 'demo', total_calls: 1 }])
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
      call.end(success)
      await calls.close()
      expect(await database.client.call.findUnique({ where: { id: call.id } })).toMatchObject({
        status: 'success',
      })
    })

    it('writes a record twice without doubling it, and never takes an end back', async () => {
      const calls = log()
      const owner = uuidv7()
      const call = begin(calls, owner)
      call.end(success)
      await calls.flush()
      // What a second process would write that took the first one for dead.
      const again = log()
      const { openSpool } = await import('./spool.js')
      const { createWriter } = await import('./writer.js')
      const directory = mkdtempSync(join(tmpdir(), 'again-'))
      const spool = openSpool({ directory })
      const row = await database.client.call.findUniqueOrThrow({ where: { id: call.id } })
      const record = { ...row, createdAt: row.createdAt.toISOString(), principalKind: 'user' as const }
      spool.append({ call: record, end: null })
      spool.append({ call: record, end: unknownEnd })
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
      bad.end({ ...success, cost: 'not a number' })
      good.end(success)
      await calls.flush()
      expect((await calls.list(owner, page)).data.map(({ id }) => id)).toEqual([good.id])
      expect(readFileSync(join(dataDir, 'spool', 'refused.log'), 'utf8')).toContain(bad.id)
      expect(errors.length).toBeGreaterThan(0)
      await calls.close()
    })

    it('deletes what was said when its time is over, and keeps the figures', async () => {
      const calls = log()
      const owner = uuidv7()
      const call = begin(calls, owner)
      call.end(success)
      await calls.flush()
      await database.client.callContent.update({
        where: { callId: call.id },
        data: { createdAt: new Date(Date.now() - 31 * 86_400_000) },
      })
      expect(await calls.retain()).toBeGreaterThanOrEqual(1)
      expect(await calls.get(owner, call.id)).toMatchObject({
        prompt: null,
        response: null,
        usage: { total_tokens: 15 },
      })
      await calls.close()
    })

    it('says the same of an id that is not there and of one that is somebody else’s', async () => {
      const calls = log()
      const owner = uuidv7()
      const call = begin(calls, owner)
      call.end(success)
      await calls.flush()
      for (const id of [call.id, uuidv7(), 'nonsense', '']) {
        await expect(calls.get(uuidv7(), id)).rejects.toMatchObject({
          code: 'not_found',
          message: 'Not found.',
        })
      }
      await calls.close()
    })
  })
}
