import type { Database } from '@gatehouse/platform'
import { databases } from '@gatehouse/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countCalls, forgetPrincipal } from './forget.js'
import { ownCalls, ownObjects } from './own-data.js'
import { type SpoolRecord, unknownEnd } from './record.js'
import { LinePages } from './record-line.js'
import { textOf } from './record-text.js'
import { writeRecords as writeLines } from './write-records.js'

const pages = new LinePages()
const writeRecords = (to: Parameters<typeof writeLines>[0], records: SpoolRecord[]) =>
  writeLines(
    to,
    records.map((record) => pages.write(textOf(record))),
  )

const secret = 'what only she knows'
const open = new AbortController().signal

for (const { title, skip, open: openDatabase } of databases()) {
  describe.skipIf(skip)(`what is kept of somebody's calls on ${title}`, () => {
    let database: Database
    beforeAll(async () => {
      database = await openDatabase()
    })
    afterAll(() => database.close())

    const record = (principalId: string, over: Partial<SpoolRecord['call']> = {}): SpoolRecord => ({
      call: {
        id: uuidv7(),
        createdAt: new Date().toISOString(),
        principalId,
        principalKind: 'user',
        keyId: null,
        sessionId: uuidv7(),
        requestId: `req of ${secret}`,
        endpoint: '/api/v1/llm/call',
        provider: 'demo',
        connection: 'default',
        askedModel: `alias of ${secret}`,
        model: 'echo',
        streamed: false,
        ...over,
      },
      end: {
        ...unknownEnd,
        status: 'error',
        inputTokens: 10,
        cost: '0.0000012345',
        errorCode: 'provider_rejected',
        errorMessage: `The provider cannot take "${secret}".`,
        content: {
          prompt: [{ role: 'user', content: secret }],
          response: secret,
          parameters: { stop: secret },
        },
      },
    })
    const dump = async () =>
      JSON.stringify(
        await Promise.all([
          database.client.call.findMany(),
          database.client.callContent.findMany(),
          database.client.providerObject.findMany(),
        ]),
      )
    const sums = (principalId: string) =>
      database.client.usageHour.findMany({ where: { principalId }, omit: { hour: true } })
    const all = async (pages: AsyncGenerator<object[]>) => {
      const items: object[] = []
      for await (const page of pages) items.push(...page)
      return items
    }

    it('T90: of who is removed no word stays, the sums stay, and of others nothing is touched', async () => {
      const [ada, bob] = [uuidv7(), uuidv7()]
      const lines = [...Array(1100).keys()].map(() => record(ada))
      for (let at = 0; at < lines.length; at += 500) await writeRecords(database, lines.slice(at, at + 500))
      await writeRecords(database, [record(bob)])
      for (const principalId of [ada, bob]) {
        await database.client.providerObject.create({
          data: { connection: 'openai', objectId: `file-${principalId}`, principalId },
        })
      }
      expect(await countCalls(database, ada)).toEqual({ calls: 1100, contents: 1100 })
      const [sumsBefore, ofBob] = [await sums(ada), JSON.stringify(await all(ownCalls(database, bob)))]

      expect(await forgetPrincipal(database, ada, open)).toBe(true)
      expect(await countCalls(database, ada)).toEqual({ calls: 0, contents: 0 })
      expect(JSON.stringify(await all(ownCalls(database, ada)))).not.toContain(secret)
      expect(await all(ownObjects(database, ada))).toEqual([])
      expect(await sums(ada)).toEqual(sumsBefore)
      expect(JSON.stringify(await all(ownCalls(database, bob)))).toBe(ofBob)
      expect(await all(ownObjects(database, bob))).toHaveLength(1)

      // What a spool still holds brings nothing of it back.
      await writeRecords(database, lines.slice(0, 3))
      expect(JSON.stringify(await all(ownCalls(database, ada)))).not.toContain(secret)
      expect(await forgetPrincipal(database, bob, open)).toBe(true)
      expect(await dump()).not.toContain(secret)
    })

    it('is broken off when the gateway stops, and says so; two at once do not hinder each other', async () => {
      const eve = uuidv7()
      await writeRecords(
        database,
        [...Array(300).keys()].map(() => record(eve)),
      )
      expect(await forgetPrincipal(database, eve, AbortSignal.abort())).toBe(false)
      expect(await countCalls(database, eve)).toEqual({ calls: 300, contents: 300 })
      const both = [forgetPrincipal(database, eve, open), forgetPrincipal(database, eve, open)]
      expect(await Promise.all(both)).toEqual([true, true])
      expect(await countCalls(database, eve)).toEqual({ calls: 0, contents: 0 })
    })

    it('every call that has ended is exported once, in order, with what was said where it is kept', async () => {
      const gil = uuidv7()
      const lines = [...Array(1200).keys()].map((index) => {
        const line = record(gil)
        if (index % 100 !== 0 && line.end) line.end.content = null
        return line
      })
      await writeRecords(database, lines)
      await writeRecords(database, [{ ...record(gil), end: null }])
      const items = (await all(ownCalls(database, gil))) as { id: string; prompt?: unknown; cost: unknown }[]
      expect(items.map(({ id }) => id)).toEqual(lines.map(({ call }) => call.id).sort())
      expect(items.filter(({ prompt }) => prompt !== undefined)).toHaveLength(12)
      expect(JSON.parse(JSON.stringify(items[0]))).toMatchObject({
        request_id: `req of ${secret}`,
        prompt: [{ role: 'user', content: secret }],
        response: secret,
        cost: '0.0000012345',
        error_code: 'provider_rejected',
      })
    })
  })
}
