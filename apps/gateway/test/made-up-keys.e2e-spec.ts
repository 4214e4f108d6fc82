import { randomInt } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  describeOnPostgres,
  type House,
  type InnerGateway,
  type Person,
  startGateway,
  startPair,
  type TestGateway,
} from './harness.js'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A key as anybody could make it up: of the right form, and its checksum fits. */
function madeUpKey(): string {
  const text = `gh_${Array.from({ length: 43 }, () => digits[randomInt(62)]).join('')}`
  let check = ''
  for (let rest = crc32(text); check.length < 6; rest = Math.floor(rest / 62))
    check = digits[rest % 62] + check
  return text + check
}

describeOnPostgres('made-up API keys at two gateways on one Postgres', () => {
  let house: House & { one: InnerGateway; two: InnerGateway }
  let ways: Awaited<ReturnType<typeof startCountedWay>>[]
  let ada: Person

  beforeAll(async () => {
    ways = []
    house = await startPair(async (environment) => {
      const way = await startCountedWay(new URL(environment.DATABASE_URL ?? ''))
      ways.push(way)
      return startGateway({ ...environment, DATABASE_URL: way.url })
    })
    ada = await house.people.register(house.one, 'ada@example.com')
  })
  afterAll(async () => {
    await house?.close()
    await Promise.all((ways ?? []).map((way) => way.close()))
  })
  /** What both have asked about keys so far. */
  const asked = () => ways.reduce((sum, way) => sum + way.asked(), 0)
  const ask = (at: TestGateway, token: string) => at.ask('/v1/models', { token })
  const makeKey = async () => {
    const body = { name: 'k', expires_at: new Date(Date.now() + 86_400_000).toISOString() }
    const { json } = await house.one.ask<{ id: string; key: string }>('/api/v1/keys', {
      token: ada.token,
      body,
    })
    return json
  }
  const flood = (at: TestGateway, count: number) =>
    Promise.all(Array.from({ length: count }, () => ask(at, madeUpKey())))

  it('T36: one is asked about, as often as it comes, once', async () => {
    const key = madeUpKey()
    const before = asked()
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(house.one, key)))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(401))
    expect(asked() - before).toBe(1)
  })

  it('T36: a flood of them costs each gateway a few queries, and who has a key comes in from the same address', async () => {
    const [known, fresh] = [await makeKey(), await makeKey()]
    for (const at of [house.one, house.two]) expect((await ask(at, known.key)).status).toBe(200)
    const before = asked()
    const flooding = Promise.all([flood(house.one, 400), flood(house.two, 400)])
    // Nobody has seen it at either of them.
    const [here, there] = await Promise.all([ask(house.one, fresh.key), ask(house.two, fresh.key)])
    expect([here.status, there.status]).toEqual([200, 200])
    for (const at of [house.one, house.two]) expect((await ask(at, known.key)).status).toBe(200)
    const answers = (await flooding).flat()
    for (const { status, headers } of answers) {
      expect([401, 429]).toContain(status)
      if (status === 429) expect(headers.get('retry-after')).toBe('1')
    }
    // Of each twenty alone, and then two in a second; a busy machine takes some seconds for 800 requests.
    expect(answers).toHaveLength(800)
    expect(asked() - before).toBeLessThan(200)
  })

  it('T37: a key that is revoked on one is out on the other in the midst of a flood', async () => {
    const { id, key } = await makeKey()
    for (const at of [house.one, house.two]) expect((await ask(at, key)).status).toBe(200)
    const flooding = flood(house.two, 200)
    const revoked = await house.one.ask(`/api/v1/keys/${id}`, { method: 'DELETE', token: ada.token })
    expect(revoked.status).toBe(204)
    await expect
      .poll(async () => (await ask(house.two, key)).status, { timeout: 10_000, interval: 50 })
      .toBe(401)
    await flooding
  })
})

/** A way to a Postgres server that counts the queries about keys. */
async function startCountedWay(target: URL) {
  const query = 'FROM "public"."ApiKey" WHERE'
  const sockets = new Set<Socket>()
  let asked = 0
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    let rest = ''
    client.on('data', (chunk: Buffer) => {
      const pieces = (rest + chunk.toString('latin1')).split(query)
      asked += pieces.length - 1
      rest = (pieces.at(-1) ?? '').slice(1 - query.length)
    })
    client.pipe(upstream)
    upstream.pipe(client)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(typeof address === 'object' ? address?.port : '')
  return {
    url: url.href,
    asked: () => asked,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}
