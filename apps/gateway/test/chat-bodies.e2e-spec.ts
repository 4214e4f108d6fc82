import { type StandIn, startAnthropic, startGemini } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InnerGateway, type People, type Person, startGateway, startPeople } from './harness.js'

interface ErrorAnswer {
  error: { message: string; type: string; param: string | null; code: string }
}

const messages = [{ role: 'user', content: 'Hi' }]

/** Bodies that no provider could make sense of, and the field at fault. */
const malformed: [body: Record<string, unknown>, param: string][] = [
  [{ messages: undefined }, 'messages'],
  [{ messages: null }, 'messages'],
  [{ messages: 'hi' }, 'messages'],
  [{ messages: {} }, 'messages'],
  [{ messages: [] }, 'messages'],
  [{ messages: [null] }, 'messages[0]'],
  [{ messages: ['hi'] }, 'messages[0]'],
  [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
  [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
  [{ messages: [{ content: 'x' }] }, 'messages[0].role'],
  [{ stop: 5 }, 'stop'],
  [{ temperature: '1' }, 'temperature'],
  [{ max_tokens: '5' }, 'max_tokens'],
]

describe('a body of /v1/chat/completions that is wrong', () => {
  let people: People
  let gateway: InnerGateway
  let demo: InnerGateway
  let ada: Person
  let gemini: StandIn
  let anthropic: StandIn

  beforeAll(async () => {
    people = await startPeople()
    gemini = await startGemini()
    anthropic = await startAnthropic()
    gateway = await startGateway({
      ...people.environment,
      GOOGLE_API_KEY: 'gemini-key-000000000000',
      GOOGLE_GEMINI_BASE_URL: gemini.url,
      ANTHROPIC_API_KEY: 'anthropic-key-00000000',
      ANTHROPIC_BASE_URL: anthropic.url,
      DEMO_PROVIDER: 'true',
    })
    demo = await startGateway(people.environment)
    ada = await people.register(gateway, 'ada@example.com')
  })
  afterAll(async () => {
    await gateway.close()
    await demo.close()
    await Promise.all([gemini.close(), anthropic.close(), people.close()])
  })

  const chat = (body: object, at = gateway, token = ada.token) =>
    at.ask<ErrorAnswer>('/v1/chat/completions', { token, body })

  for (const model of ['demo/echo', 'google/gemini-2.5-flash', 'anthropic/claude-sonnet-4-5']) {
    it(`is 400 with the field at fault, streamed or not, before ${model} is asked`, async () => {
      const asked = gemini.requests.length + anthropic.requests.length
      for (const [change, param] of malformed) {
        for (const stream of [false, true]) {
          const { status, json, headers } = await chat({ model, messages, stream, ...change })
          const what = `${JSON.stringify(change)} ${stream}`
          expect(headers.get('content-type'), what).toMatch(/^application\/json/)
          expect([status, json.error.param], what).toEqual([400, param])
          expect(json.error.type, what).toBe('invalid_request_error')
        }
      }
      expect(gemini.requests.length + anthropic.requests.length).toBe(asked)
    })
  }

  it('is refused by the demo provider as OpenAI would refuse it', async () => {
    const wrong: [body: Record<string, unknown>, param: string][] = [
      [{ temperature: 9 }, 'temperature'],
      [{ temperature: -1 }, 'temperature'],
      [{ top_p: 2 }, 'top_p'],
      [{ max_tokens: -1 }, 'max_tokens'],
      [{ max_tokens: 1.5 }, 'max_tokens'],
      [{ max_completion_tokens: 0 }, 'max_completion_tokens'],
      [{ presence_penalty: 3 }, 'presence_penalty'],
      [{ frequency_penalty: -3 }, 'frequency_penalty'],
      [{ top_logprobs: 21 }, 'top_logprobs'],
      [{ stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
      [{ stream: 'yes' }, 'stream'],
      [{ stream: 1 }, 'stream'],
    ]
    for (const [change, param] of wrong) {
      const { status, json } = await chat({ model: 'demo/echo', messages, ...change })
      expect([status, json.error?.param], JSON.stringify(change)).toEqual([400, param])
    }
    for (const fine of [{ temperature: 2 }, { max_tokens: 1 }, { top_p: null }, { stream: null }])
      expect((await chat({ model: 'demo/echo', messages, ...fine })).status, JSON.stringify(fine)).toBe(200)
  })

  it('names the model where its provider is not configured, or does not exist', async () => {
    const person = await people.register(demo, 'newcomer@example.com')
    for (const [at, token] of [
      [gateway, ada.token],
      [demo, person.token],
    ] as const) {
      const off = await chat({ model: 'openai/gpt-4o', messages }, at, token)
      expect(off.status).toBe(400)
      expect(off.json.error).toMatchObject({
        code: 'provider_not_configured',
        param: 'model',
        message: expect.stringContaining('OPENAI_API_KEY'),
      })
      const unknown = await chat({ model: 'nope/x', messages }, at, token)
      expect(unknown.status).toBe(at === demo ? 404 : 400)
      expect(unknown.json.error).toMatchObject({
        param: 'model',
        message: expect.stringMatching(/^There is no provider "nope"/),
      })
    }
    const asked = await gateway.ask<ErrorAnswer>('/v1/chat/completions?provider=openai', {
      token: ada.token,
      body: { model: 'gpt-4o', messages },
    })
    expect(asked.json.error).toMatchObject({ code: 'provider_not_configured', param: 'provider' })
  })
})
