import {
  type PostgresServer,
  postgresMissing,
  type StandIn,
  startOpenAi,
  startPostgres,
} from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OuterGateway, type People, spawnGateway, startPeople, until } from './harness.js'

const missing = postgresMissing()

describe.skipIf(missing !== undefined)(
  `a Postgres that goes away${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let people: People
    let openai: StandIn
    let postgres: PostgresServer
    let environment: Record<string, string>

    beforeAll(async () => {
      people = await startPeople()
      openai = await startOpenAi()
      postgres = await startPostgres()
      environment = {
        ...people.environment,
        DATABASE_URL: postgres.url(await postgres.createDatabase()),
        OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
        OPENAI_BASE_URL: `${openai.url}/v1`,
      }
    })
    afterAll(async () => {
      await Promise.all([people?.close(), openai?.close(), postgres?.remove()])
    })

    const call = (gateway: OuterGateway, token: string, model = 'gpt-4o-mini', stream = false) =>
      gateway.ask<{ history_id: string }>('/api/v1/llm/call', {
        token,
        body: { provider: 'openai', model, prompt: 'x', stream },
      })

    it('F17: down at the start, the gateway waits, says so, and begins by itself when it is back', async () => {
      await postgres.stop()
      const gateway = await spawnGateway(environment, 'live')
      const ready = await gateway.ask('/ready')
      expect([ready.status, ready.json]).toEqual([503, { status: 'unavailable', missing: ['database'] }])
      const refused = await gateway.ask('/auth/register', {
        body: { provider: 'google', id_token: people.idToken('early@example.com') },
      })
      expect(refused.status).toBe(503)
      expect(refused.headers.get('retry-after')).not.toBeNull()
      await postgres.start()
      await until(async () => (await gateway.ask('/ready')).status === 200, 15_000)
      expect((await people.register(gateway, 'early@example.com')).id).toBeTruthy()
      await gateway.close()
    })

    it('F18: killed in the middle, running streams end well, known callers go on, and every call is written once it is back', async () => {
      const gateway = await spawnGateway(environment)
      const ada = await people.register(gateway, 'ada@example.com')
      await call(gateway, ada.token)
      const stream = call(gateway, ada.token, 'slow', true) as Promise<{ text: string }>
      await new Promise((resolve) => setTimeout(resolve, 200))
      await postgres.stop('immediate')
      expect((await stream).text).toContain('"finish_reason":"stop"')
      const during = await call(gateway, ada.token)
      expect(during.status).toBe(200)
      expect((await gateway.ask('/ready')).status).toBe(503)
      expect((await gateway.ask('/api/v1/history', { token: ada.token })).status).toBe(503)
      await postgres.start()
      await until(async () => {
        const { status, json } = await gateway.ask<{ data: { id: string }[] }>('/api/v1/history', {
          token: ada.token,
        })
        return status === 200 && json.data.length === 3
      }, 15_000)
      const { json } = await gateway.ask<{ data: { id: string; status: string }[] }>('/api/v1/history', {
        token: ada.token,
      })
      expect(json.data.map(({ status }) => status)).toEqual(['success', 'success', 'success'])
      expect(json.data.map(({ id }) => id)).toContain(during.json.history_id)
      await gateway.close()
    })
  },
)
