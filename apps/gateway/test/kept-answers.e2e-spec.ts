import type { StandIn } from '@gatehouse/testing'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeOnPostgres, type InnerGateway, type Person, startGateway, startPair } from './harness.js'

const model = 'openai/gpt-5'

describeOnPostgres('what a provider keeps of /v1/responses, two gateways on one Postgres', () => {
  let house: Awaited<ReturnType<typeof startPair<InnerGateway>>>
  let openai: StandIn
  let one: InnerGateway
  let two: InnerGateway
  let root: Person
  let ada: Person
  let bob: Person

  beforeAll(async () => {
    house = await startPair(startGateway)
    ;({ openai, one, two, root } = house)
    ada = await house.people.register(one, 'ada@example.com')
    bob = await house.people.register(one, 'bob@example.com')
  })
  afterAll(() => house?.close())
  beforeEach(() => {
    openai.requests.length = 0
  })

  const client = ({ url }: InnerGateway, { token }: Person) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
  const goOn = (gateway: InnerGateway, person: Person, id: string) =>
    client(gateway, person)
      .responses.create({ model, input: 'And then?', previous_response_id: id })
      .then(
        () => 200,
        (error: InstanceType<typeof OpenAI.APIError>) => error.status,
      )

  it('T42: is gone on from by whoever asked alone, on every replica, and the provider is not asked for others', async () => {
    const { id } = await client(one, ada).responses.create({ model, input: 'Hello' })
    openai.requests.length = 0
    expect(await goOn(one, bob, id)).toBe(404)
    expect(await goOn(two, bob, id)).toBe(404)
    expect(await goOn(two, bob, 'resp_that_is_nobodys')).toBe(404)
    expect(openai.requests).toHaveLength(0)
    expect(await goOn(two, ada, id)).toBe(200)
    expect(openai.requests.at(-1)?.json).toMatchObject({ previous_response_id: id })
    // Admins reach what everybody keeps.
    expect(await goOn(two, root, id)).toBe(200)
  })

  it('T42: is a stream’s as well, by its own id and by those of its items', async () => {
    const ids: string[] = []
    for await (const event of await client(two, ada).responses.create({
      model,
      input: 'Hello',
      stream: true,
    })) {
      if (event.type === 'response.created') ids.push(event.response.id)
      if (event.type === 'response.output_item.added' && event.item.id) ids.push(event.item.id)
    }
    expect(ids.length).toBeGreaterThan(0)
    openai.requests.length = 0
    for (const id of ids) {
      const refer = (person: Person) =>
        one.ask('/v1/responses', {
          method: 'POST',
          token: person.token,
          body: { model, input: [{ type: 'item_reference', id }] },
        })
      expect((await refer(bob)).status).toBe(404)
      expect(openai.requests).toHaveLength(0)
      expect((await refer(ada)).status).toBe(200)
      openai.requests.length = 0
    }
  })

  it.each([
    ['/v1/responses', { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }] }],
    ['/v1/responses', { input: 'Hi', conversation: 'conv_1' }],
    [
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }] },
    ],
    ['/proxy/openai/responses', { input: 'Hi', previous_response_id: 'resp_of_somebody' }],
    ['/proxy/openai/responses', { input: [{ type: 'item_reference', id: 'msg_of_somebody' }] }],
  ])('T42: %s refuses a member what was made elsewhere, and lets an admin: %j', async (path, body) => {
    const ask = (person: Person) =>
      one.ask<{ error: { code: string } }>(path, {
        method: 'POST',
        token: person.token,
        body: { model: path.startsWith('/v1') ? model : 'gpt-5', ...body },
      })
    const refused = await ask(ada)
    expect([refused.status, refused.json.error?.code]).toEqual([404, 'not_found'])
    expect(openai.requests).toHaveLength(0)
    expect((await ask(root)).status).toBe(200)
  })
})
