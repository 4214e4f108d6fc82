import { authenticatedFetch, ProxyAuthHandler } from '@gatehouse/client'
import {
  defaultText,
  type OpenIdIssuer,
  type StandIn,
  startOpenAi,
  startOpenIdIssuer,
} from '@gatehouse/testing'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type InnerGateway, startGateway } from '../harness.js'

let issuer: OpenIdIssuer
let openai: StandIn
let gateway: InnerGateway

beforeAll(async () => {
  issuer = await startOpenIdIssuer()
  openai = await startOpenAi()
  gateway = await startGateway({
    OIDC_ISSUER_URL: issuer.issuer,
    OIDC_AUDIENCE: 'gatehouse-api',
    OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
    OPENAI_BASE_URL: `${openai.url}/v1`,
  })
})
afterAll(async () => {
  await gateway.close()
  await Promise.all([issuer.close(), openai.close()])
})
beforeEach(() => {
  openai.requests.length = 0
})

const seconds = () => Math.floor(Date.now() / 1000)
const claims = {
  sub: 'service-1',
  azp: 'my-service',
  aud: 'gatehouse-api',
  email: undefined,
  name: undefined,
}

/** A client whose tokens are minted by the claims given, one after another; the last ones over and over. */
function clientWith(...minted: Record<string, unknown>[]) {
  let count = 0
  const getToken = async () => {
    const token = issuer.mint({ claims: { ...claims, ...minted[Math.min(count++, minted.length - 1)] } })
    return { token, expiresOnTimestamp: Date.now() + 3_600_000 }
  }
  const handler = new ProxyAuthHandler({ credential: { getToken } })
  const baseURL = `${gateway.url}/v1`
  const fetch = authenticatedFetch(handler, { baseUrl: baseURL })
  return { client: new OpenAI({ baseURL, apiKey: 'unused', maxRetries: 0, fetch }), asked: () => count }
}
const question = { model: 'openai/gpt-5', messages: [{ role: 'user' as const, content: 'Hi' }] }

describe('the client kit at the gateway', { timeout: 90_000 }, () => {
  it('talks whole and in pieces, lists models and embeds, all with one token', async () => {
    const { client, asked } = clientWith({})
    const whole = await client.chat.completions.create(question)
    expect(whole.choices[0]?.message.content).toBe(defaultText)
    const stream = client.chat.completions.stream(question)
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe(defaultText)
    expect((await client.models.list()).data.length).toBeGreaterThan(0)
    const input = { model: 'openai/embed', input: 'abc' }
    expect((await client.embeddings.create(input)).data[0]?.embedding).toEqual([0.25, -0.5])
    expect(asked()).toBe(1)
  })

  it.each([
    ['has ended, though its issuer said otherwise', { exp: seconds() - 600, iat: seconds() - 4_000 }],
    ['was made for somebody else', { aud: 'another-api' }],
  ])('gets another token when the one it has %s, and the provider is asked once', async (_, wrong) => {
    const { client, asked } = clientWith(wrong, {})
    const answer = await client.chat.completions.create(question)
    expect(answer.choices[0]?.message.content).toBe(defaultText)
    expect(asked()).toBe(2)
    expect(openai.requests).toHaveLength(1)
  })

  it('raises the 401 of a gateway that takes none of its tokens', async () => {
    const { client, asked } = clientWith({ aud: 'another-api' })
    await expect(client.chat.completions.create(question)).rejects.toMatchObject({
      status: 401,
      code: 'invalid_token',
    })
    expect(asked()).toBe(2)
    expect(openai.requests).toEqual([])
  })
})
