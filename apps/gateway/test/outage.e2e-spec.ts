import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type PostgresServer,
  postgresMissing,
  type StandIn,
  startOpenAi,
  startPostgres,
} from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type People, spawnGateway, startGateway, startPeople, type TestGateway, until } from './harness.js'

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

    const call = (gateway: TestGateway, token: string, model = 'gpt-4o-mini', stream = false) =>
      gateway.ask<{ history_id: string }>('/api/v1/llm/call', {
        token,
        body: { provider: 'openai', model, prompt: 'x', stream },
      })

    it('F17: down at the start, the gateway waits, says so, and begins by itself when it is back', async () => {
      await postgres.stop()
      const gateway = await spawnGateway(environment, 'live')
      const ready = await gateway.ask('/ready')
      expect([ready.status, ready.json]).toEqual([503, { status: 'unavailable', missing: ['database'] }])
      expect(ready.headers.get('retry-after')).toBe('5')
      const { host } = new URL(environment.DATABASE_URL ?? '')
      await until(() =>
        gateway
          .output()
          .includes(`listens at ${gateway.url} and waits for the database at ${host} (DATABASE_URL)`),
      )
      expect(gateway.output().match(/cannot be reached/g)).toHaveLength(1)
      expect(gateway.output()).not.toContain('"stack"')
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

    it('F19: hanging, it delays one call of a known caller by a second and the others not at all', async () => {
      const { url, pause, resume, close } = await startBreakable(new URL(environment.DATABASE_URL ?? ''))
      const gateway = await startGateway({ ...environment, DATABASE_URL: url })
      try {
        const ada = await people.register(gateway, 'hanging@example.com')
        expect((await call(gateway, ada.token)).status).toBe(200)
        pause()
        // What is known of her is older than 5 s then, so that the database has to be asked.
        await delay(5500)
        const times: number[] = []
        for (let index = 0; index < 10; index++) {
          const began = performance.now()
          const { status } = await call(gateway, ada.token, index % 2 ? 'gpt-4o-mini' : 'gpt-4o')
          expect(status).toBe(200)
          times.push(performance.now() - began)
        }
        // A query that hangs is given up after 3 to 8 s.
        expect(Math.max(...times)).toBeLessThan(2800)
        expect(times.toSorted((a, b) => a - b)[4]).toBeLessThan(500)
        resume()
        await until(async () => {
          const { status, json } = await gateway.ask<{ data: unknown[] }>('/api/v1/history', {
            token: ada.token,
          })
          return status === 200 && json.data.length === 11
        }, 20_000)
      } finally {
        resume()
        await gateway.close()
        await close()
      }
    })
  },
)

/** A way to a Postgres server on which nothing moves any more while it is paused; no connection breaks. */
async function startBreakable(target: URL) {
  const sockets = new Set<Socket>()
  let paused = false
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    client.pipe(upstream)
    upstream.pipe(client)
    if (paused) for (const socket of [client, upstream]) socket.pause()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(typeof address === 'object' ? address?.port : '')
  return {
    url: url.href,
    pause() {
      paused = true
      for (const socket of sockets) socket.pause()
    },
    resume() {
      paused = false
      for (const socket of sockets) socket.resume()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}
