import { createTransport, type Transport } from '@gatehouse/outbound'
import { type RecordedRequest, type StandIn, startBedrock, startGemini } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createModels } from '../models.js'
import type { EmbeddingClient } from '../provider.js'

/** What the suite needs to know of a model that embeds. */
interface Subject {
  provider: string
  start: () => Promise<StandIn>
  values: (url: string) => Record<string, unknown>
  model: string
  /** Texts in one request. */
  batch: number
  /** A length that it can be told; undefined where it has one alone. */
  dimensions: number | undefined
  countsTokens: boolean
  /** A body for one text. */
  body: (text: string, dimensions: number | undefined) => object
}

const google = {
  provider: 'google',
  start: startGemini,
  values: (url: string) => ({ GEMINI_API_KEY: 'AIza-test', GOOGLE_GEMINI_BASE_URL: url }),
  batch: 100,
  dimensions: 256,
}
const gemini = (model: string) => (text: string, dimensions: number | undefined) => ({
  requests: [
    {
      content: { role: 'user', parts: [{ text }] },
      model: `models/${model}`,
      ...(dimensions ? { outputDimensionality: dimensions } : {}),
    },
  ],
})
const bedrock = {
  provider: 'bedrock',
  start: startBedrock,
  values: (url: string) => ({
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
    AWS_BEARER_TOKEN_BEDROCK: 'ABSK-test',
  }),
  countsTokens: true,
}
const cohere = (texts: string, dimensions: number | undefined) => ({
  texts: [texts],
  input_type: 'search_document',
  truncate: 'NONE',
  ...(dimensions ? { output_dimension: dimensions } : {}),
})

const subjects: Subject[] = [
  { ...google, model: 'gemini-embedding-001', countsTokens: false, body: gemini('gemini-embedding-001') },
  { ...google, model: 'gemini-embedding-2', countsTokens: true, body: gemini('gemini-embedding-2') },
  {
    ...bedrock,
    model: 'amazon.titan-embed-text-v2:0',
    batch: 1,
    dimensions: 256,
    body: (inputText, dimensions) => ({ inputText, ...(dimensions ? { dimensions } : {}) }),
  },
  {
    ...bedrock,
    model: 'amazon.titan-embed-text-v1',
    batch: 1,
    dimensions: undefined,
    body: (inputText) => ({ inputText }),
  },
  { ...bedrock, model: 'cohere.embed-multilingual-v3', batch: 96, dimensions: undefined, body: cohere },
  { ...bedrock, model: 'eu.cohere.embed-v4:0', batch: 96, dimensions: 256, body: cohere },
  {
    ...bedrock,
    model: 'amazon.nova-2-multimodal-embeddings-v1:0',
    batch: 1,
    dimensions: 256,
    body: (value, dimensions) => ({
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: 'GENERIC_INDEX',
        ...(dimensions ? { embeddingDimension: dimensions } : {}),
        text: { truncationMode: 'NONE', value },
      },
    }),
  },
]
const signal = new AbortController().signal

let transport: Transport
let standIn: StandIn
afterEach(async () => {
  await transport.close()
  await standIn.close()
})

async function open({ start, values, provider, model }: Subject): Promise<EmbeddingClient> {
  standIn = await start()
  transport = createTransport()
  const models = createModels({ values: values(standIn.url), transport, production: true })
  const [candidate] = models.resolve(provider, model)
  if (!candidate?.embed) throw new Error('no client')
  return candidate.embed
}

const letters = (text: string) => Array.from(text).map((letter) => (letter.codePointAt(0) ?? 0) / 1_000)

describe.each(subjects)('$model', (subject) => {
  const { model, batch, dimensions, countsTokens, body } = subject
  let client: EmbeddingClient
  beforeEach(async () => {
    client = await open(subject)
  })

  it('gives a vector for a text', async () => {
    const { data, usage } = await client.create({ model, input: ['Grüße'] }, { signal })
    expect(data).toEqual([letters('Grü')])
    expect(usage).toEqual({ promptTokens: countsTokens ? 1 : null })
    expect(standIn.requests.map(({ json }) => json)).toEqual([body('Grüße', undefined)])
  })

  it('keeps the order of many texts, however many requests they take', async () => {
    const input = Array.from({ length: 230 }, (_, index) => `${String(index).padStart(3, '0')} is the number`)
    // The first ones are slow.
    standIn.next({ headDelayMs: 50 }, { headDelayMs: 30 })
    const { data, usage } = await client.create({ model, input }, { signal })
    expect(data).toEqual(input.map((text) => letters(text.slice(0, 3))))
    expect(usage).toEqual({ promptTokens: countsTokens ? 4 * 230 : null })
    expect(standIn.requests).toHaveLength(Math.ceil(230 / batch))
    expect(standIn.sockets()).toBeLessThanOrEqual(6)
  })

  it('is told how long the vectors are, or refuses to be', async () => {
    const call = client.create({ model, input: ['a'], dimensions: dimensions ?? 256 }, { signal })
    if (dimensions === undefined) {
      await expect(call).rejects.toMatchObject({ code: 'unsupported_by_provider', param: 'dimensions' })
      expect(standIn.requests).toHaveLength(0)
      return
    }
    expect((await call).data[0]).toHaveLength(dimensions)
    expect(standIn.requests[0]?.json).toEqual(body('a', dimensions))
  })

  it('names the user as left out, and asks nobody where that is refused', async () => {
    const told: unknown[] = []
    const onDropped = (names: readonly string[]) => void told.push(names)
    await client.create({ model, input: ['a'], user: 'ann' }, { signal, onDropped })
    expect(told).toEqual([['user']])
    const refusal = new Error('strict')
    const refused = client.create(
      { model, input: ['a'], user: 'ann' },
      {
        signal,
        onDropped: () => {
          throw refusal
        },
      },
    )
    await expect(refused).rejects.toThrow()
    expect(standIn.requests).toHaveLength(1)
  })

  it.each([
    [400, 'provider_rejected'],
    [403, 'provider_auth_failed'],
    [404, 'model_not_found'],
    [429, 'provider_rate_limited'],
    [500, 'provider_error'],
  ])('F01: maps %i, and ends what else was asked', async (status, code) => {
    standIn.next({ refuse: { status } }, ...Array.from({ length: 5 }, () => ({ hang: true })))
    const call = client.create({ model, input: Array.from({ length: 600 }, () => 'a') }, { signal })
    await expect(call).rejects.toMatchObject({ code })
    const others = standIn.requests.slice(1).map(({ left }) => left)
    await Promise.all(others)
  })

  it('F08: an answer without vectors is a bad one', async () => {
    standIn.next({ answer: { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' } })
    const call = client.create({ model, input: ['a'] }, { signal })
    await expect(call).rejects.toMatchObject({ code: 'bad_upstream_response' })
  })

  it('F08: an answer with a vector too few is a bad one', async () => {
    const input = Array.from({ length: Math.min(batch, 2) }, () => 'a')
    standIn.next({
      answer: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ embeddings: input.length > 1 ? [{ values: [1] }] : [], embedding: [] }),
      },
    })
    await expect(client.create({ model, input }, { signal })).rejects.toMatchObject({
      code: 'bad_upstream_response',
    })
  })

  it('stops when its caller leaves', async () => {
    standIn.next({ hang: true })
    const leaving = new AbortController()
    const call = client.create({ model, input: ['a'] }, { signal: leaving.signal })
    const reason = new Error('left')
    await expect.poll(() => standIn.requests.length).toBe(1)
    leaving.abort(reason)
    await expect(call).rejects.toBe(reason)
    await (standIn.requests[0] as RecordedRequest).left
  })
})

it('A model that does not embed is refused by its name', async () => {
  const [subject] = subjects.filter(({ provider }) => provider === 'bedrock')
  if (!subject) throw new Error('no subject')
  const client = await open(subject)
  await expect(
    client.create({ model: 'meta.llama3-3-70b-instruct-v1:0', input: ['a'] }, { signal }),
  ).rejects.toMatchObject({ code: 'unsupported_by_provider', param: 'model' })
})
