import { createTransport, type Transport } from '@gatehouse/outbound'
import { type StandIn, startOpenAi } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Candidate } from './models.js'
import { createModels } from './models.js'

describe('what a provider answers, as those hear it who may ask again', () => {
  let transport: Transport
  let standIn: StandIn
  let candidate: Candidate
  beforeAll(async () => {
    transport = createTransport()
    standIn = await startOpenAi()
    const values = { OPENAI_API_KEY: 'sk-0123456789', OPENAI_BASE_URL: `${standIn.url}/v1` }
    const [found] = createModels({ values, transport, production: true }).resolve('openai', 'gpt-test')
    if (!found) throw new Error('no candidate')
    candidate = found
  })
  afterAll(async () => {
    await transport.close()
    await standIn.close()
  })

  const { signal } = new AbortController()
  const request = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Hi' }] }
  const translated = () => candidate.client.complete(request, { signal })
  const relayed = () =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(JSON.stringify(request))
      const handler = {
        onHead: () => {},
        onData: () => true,
        onEnd: () => resolve(undefined),
        onError: reject,
      }
      candidate.relay?.send({ path: '/chat/completions', body, signal }, handler)
    })

  it.each<[status: number, headers: Record<string, string>, heard: object]>([
    // No credit: a wait mends nothing.
    [402, {}, { code: 'provider_error', shouldRetry: false }],
    [408, {}, { code: 'provider_timeout', shouldRetry: true }],
    [409, {}, { code: 'provider_error', shouldRetry: undefined }],
    [424, {}, { code: 'provider_error', shouldRetry: undefined }],
    [422, {}, { code: 'provider_rejected' }],
    [429, { 'retry-after': '7' }, { code: 'provider_rate_limited', retryAfterSeconds: 7 }],
    [503, { 'retry-after-ms': '1500' }, { code: 'provider_error', retryAfterSeconds: 1.5 }],
    [529, { 'retry-after': '86400' }, { code: 'provider_error', retryAfterSeconds: 60 }],
    [500, {}, { code: 'provider_error', retryAfterSeconds: undefined }],
  ])('F01, F02: %i with %j', async (status, headers, heard) => {
    for (const ask of [translated, relayed]) {
      standIn.next({ refuse: { status, headers } })
      await expect(ask()).rejects.toMatchObject(heard)
    }
  })
})
