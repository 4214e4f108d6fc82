import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createTransport, type Transport } from '@gatehouse/outbound'
import {
  defaultText,
  type GoogleIdentityOptions,
  type GoogleIdentityStandIn,
  type StandIn,
  startGoogleIdentity,
  startVertex,
} from '@gatehouse/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ChatRequest } from '../chat.js'
import { createModels } from '../models.js'
import { vertexAddress } from './google-vertex.js'

const signal = new AbortController().signal
const model = 'gemini-2.5-flash'
const request: ChatRequest = { model, messages: [{ role: 'user', content: 'Hi' }] }
const email = 'gateway@stand-in-project.iam.gserviceaccount.com'
const audience = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q'

let keys: { publicKey: string; privateKey: string }
beforeAll(() => {
  keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
})

let folder: string
let transport: Transport
let identity: GoogleIdentityStandIn
let vertex: StandIn
/** Every address that was asked, in order. */
let asked: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vertex-'))
  asked = []
  transport = toStandIns(createTransport())
})
afterEach(async () => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  await transport.close()
  await vertex.close()
  await identity.close()
  await rm(folder, { recursive: true })
})

/** Leads what is meant for Google's own token endpoint, whose address is fixed, to the stand-in. */
function toStandIns(real: Transport): Transport {
  return {
    ...real,
    request: (outbound) => {
      asked.push(String(outbound.url))
      return real.request(outbound)
    },
    fetch: (input, init) => {
      const address = String(input instanceof Request ? input.url : input)
      asked.push(address)
      return real.fetch(address.replace('https://oauth2.googleapis.com', identity.url), init)
    },
  }
}

async function start(options: GoogleIdentityOptions): Promise<void> {
  identity = await startGoogleIdentity(options)
  vertex = await startVertex(identity.accepts)
}

async function write(name: string, content: object | string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const keyFile = () => ({
  type: 'service_account',
  project_id: 'another-project',
  private_key_id: 'k1',
  private_key: keys.privateKey,
  client_email: email,
  token_uri: 'https://oauth2.googleapis.com/token',
})
const federation = async () => ({
  type: 'external_account',
  audience,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: `${identity.url}/v1/token`,
  credential_source: { file: await write('subject-token', 'the-pod-token') },
})

function build(values: Record<string, unknown> = {}) {
  const usual = {
    GOOGLE_GENAI_USE_VERTEXAI: true,
    GOOGLE_CLOUD_PROJECT: 'stand-in-project',
    GOOGLE_VERTEX_BASE_URL: vertex.url,
    CLOUDSDK_CONFIG: folder,
    GCE_METADATA_HOST: identity.host,
  }
  const models = createModels({ values: { ...usual, ...values }, transport, production: true })
  const candidate = () => {
    const [first] = models.resolve('google', model)
    if (!first) throw new Error('no candidate')
    return first
  }
  const state = () => models.status().find(({ id }) => id === 'google')
  const complete = async (more: object = {}) => {
    const { choices } = await candidate().client.complete({ ...request, ...more }, { signal })
    return choices[0]?.message.content
  }
  const stream = async () => {
    let text = ''
    for await (const { choices } of await candidate().client.stream(request, { signal })) {
      text += choices[0]?.delta.content ?? ''
    }
    return text
  }
  const embed = (name: string, input: string[], dimensions?: number) => {
    const { embed: client } = candidate()
    return client?.create({ model: name, input, ...(dimensions ? { dimensions } : {}) }, { signal })
  }
  return { models, state, complete, stream, embed }
}

const withKey = async () => build({ GOOGLE_APPLICATION_CREDENTIALS: await write('key.json', keyFile()) })

describe('a credential of Google', () => {
  it('is the key of a service account, which is long-lived', async () => {
    await start({ serviceAccount: { email, publicKey: keys.publicKey } })
    const { complete, stream, state } = await withKey()
    expect(await complete()).toBe(defaultText)
    expect(await stream()).toBe(defaultText)
    expect(identity.requests).toEqual(['POST /token'])
    expect(identity.refusal()).toBeUndefined()
    expect(state()).toMatchObject({ credential: 'api_key' })
    const path = `/v1beta1/projects/stand-in-project/locations/global/publishers/google/models/${model}`
    expect(vertex.requests.map((one) => one.path)).toEqual([
      `${path}:generateContent`,
      `${path}:streamGenerateContent?alt=sse`,
    ])
    expect(asked).toHaveLength(3)
  })

  it('is the file of gcloud, whose project is billed', async () => {
    await start({ refreshToken: '1//refresh' })
    await write('application_default_credentials.json', {
      type: 'authorized_user',
      client_id: 'gcloud',
      client_secret: 'secret',
      refresh_token: '1//refresh',
      quota_project_id: 'billed-project',
    })
    const { complete, state } = build()
    expect(await complete()).toBe(defaultText)
    expect(vertex.requests[0]?.headers['x-goog-user-project']).toBe('billed-project')
    expect(state()).toMatchObject({ credential: 'api_key' })
  })

  it('is what a workload of elsewhere brings, by our transport alone', async () => {
    await start({ federated: { audience, subjectToken: 'the-pod-token' } })
    const { complete, state } = build({
      GOOGLE_APPLICATION_CREDENTIALS: await write('federation.json', await federation()),
    })
    expect(await complete()).toBe(defaultText)
    expect(identity.requests).toEqual(['POST /v1/token'])
    // The library has a way out of its own, which is closed to it.
    expect(asked[0]).toBe(`${identity.url}/v1/token`)
    expect(state()).toMatchObject({ credential: 'workload_identity' })
  })

  it('is the role of a machine of AWS', async () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')
    await start({ federated: { audience, subjectToken: /GetCallerIdentity.*AWS4-HMAC-SHA256/ } })
    const credential_source = {
      environment_id: 'aws1',
      regional_cred_verification_url:
        'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15',
    }
    const file = { ...(await federation()), credential_source }
    const { complete, state } = build({ GOOGLE_APPLICATION_CREDENTIALS: await write('aws.json', file) })
    expect(await complete()).toBe(defaultText)
    expect(asked[0]).toBe(`${identity.url}/v1/token`)
    expect(state()).toMatchObject({ credential: 'workload_identity' })
  })

  it('is what an address gives to the workload, by our transport alone', async () => {
    await start({ federated: { audience, subjectToken: 'the-pod-token' } })
    vertex.next({ answer: { status: 200, body: '{"token":"the-pod-token"}' } })
    const credential_source = {
      url: `${vertex.url}/subject`,
      format: { type: 'json', subject_token_field_name: 'token' },
    }
    const file = { ...(await federation()), credential_source }
    const { complete } = build({ GOOGLE_APPLICATION_CREDENTIALS: await write('address.json', file) })
    expect(await complete()).toBe(defaultText)
    expect(asked.slice(0, 2)).toEqual([`${vertex.url}/subject`, `${identity.url}/v1/token`])
  })

  it('is the service account of the machine', async () => {
    await start({ isMachine: true })
    const { complete, state } = build()
    expect(await complete()).toBe(defaultText)
    expect(identity.requests).toHaveLength(1)
    expect(state()).toMatchObject({ credential: 'workload_identity' })
  })

  it('is read when a token is asked for, and again for the next one', async () => {
    await start({ serviceAccount: { email, publicKey: keys.publicKey } })
    const path = await write('key.json', 'not there yet')
    const { complete } = build({ GOOGLE_APPLICATION_CREDENTIALS: path })
    expect(identity.requests).toEqual([])
    await write('key.json', keyFile())
    expect(await complete()).toBe(defaultText)
  })
})

describe('a token of Google', () => {
  it('is asked for once by many calls', async () => {
    await start({ isMachine: true })
    const { complete } = build()
    await Promise.all(Array.from({ length: 20 }, () => complete()))
    expect(identity.requests).toHaveLength(1)
  })

  it('is another one once it has ended', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    await start({ serviceAccount: { email, publicKey: keys.publicKey } })
    const { complete } = await withKey()
    await complete()
    vi.setSystemTime(Date.now() + 3_600_000)
    await complete()
    const sent = vertex.requests.map(({ headers }) => headers.authorization)
    expect(sent).toEqual(identity.issued.map((token) => `Bearer ${token}`))
    expect(new Set(sent).size).toBe(2)
  })

  it.each(['complete', 'stream'] as const)('is another one where it is refused: %s', async (way) => {
    await start({ serviceAccount: { email, publicKey: keys.publicKey } })
    const client = await withKey()
    await client.complete()
    identity.revoke()
    expect(await client[way]()).toBe(defaultText)
    expect(identity.issued).toHaveLength(2)
    expect(vertex.requests).toHaveLength(3)
  })

  it('is asked for once more only, where every one is refused', async () => {
    await start({ isMachine: true })
    vertex.next({ refuse: { status: 401 } }, { refuse: { status: 401 } }, { refuse: { status: 401 } })
    const { complete } = build()
    await expect(complete()).rejects.toMatchObject({ code: 'provider_auth_failed' })
    await expect(complete()).rejects.toMatchObject({ code: 'provider_auth_failed' })
    expect(identity.issued).toHaveLength(2)
    expect(vertex.requests).toHaveLength(3)
  })

  it('is not asked for again where the right is missing', async () => {
    await start({ isMachine: true })
    vertex.next({ refuse: { status: 403, message: "Permission 'aiplatform.endpoints.predict' denied" } })
    const error = await build()
      .complete()
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'provider_auth_failed' })
    expect(vertex.requests).toHaveLength(1)
  })

  it.each([400, 401, 404])('that is not given (%i) is a failure of ours', async (status) => {
    await start({ serviceAccount: { email, publicKey: keys.publicKey } })
    const { complete, state, models } = await withKey()
    identity.failNext(status, status)
    const error = await complete().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'upstream_auth_unavailable' })
    expect(vertex.requests).toHaveLength(0)
    await models.check(signal)
    expect(state()).toMatchObject({ problem: 'Google Vertex AI: no token from Google.' })
  })

  it('T57: that is refused leaves no key and no assertion in the log', async () => {
    await start({ serviceAccount: { email: 'other@example.com', publicKey: keys.publicKey } })
    const { complete } = await withKey()
    const error = await complete().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'upstream_auth_unavailable' })
    const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true, maxStringLength: null })
    expect(shown).toContain('invalid_grant')
    for (const line of keys.privateKey.split('\n').slice(1, 5)) expect(shown).not.toContain(line)
    expect(shown).not.toMatch(/assertion=|eyJ[\w-]{8}/)
  })
})

describe('the look for a credential', () => {
  it('finds one', async () => {
    await start({ isMachine: true })
    const { models, state } = build({ GOOGLE_MODEL_ID: model })
    expect(state()).toMatchObject({ state: 'not_configured' })
    await models.check(signal)
    expect(state()).toMatchObject({ state: 'ready', problem: undefined, defaultModel: model })
    expect((await models.list()).map(({ id }) => id)).toEqual([`google/${model}`])
    expect(vertex.requests).toHaveLength(0)
  })

  it.each<[string, boolean]>([
    ['no metadata server', false],
    ['a machine without a service account', true],
  ])('tells the administrator of %s', async (_what, isThere) => {
    await start({})
    if (!isThere) await identity.close()
    const { models, state, complete } = build()
    await models.check(signal)
    expect(state()).toMatchObject({
      state: 'not_configured',
      missing: ['GOOGLE_APPLICATION_CREDENTIALS'],
      problem: expect.stringContaining('No Google credentials were found'),
    })
    await expect(complete()).rejects.toMatchObject({ code: 'provider_not_configured' })
  })

  it('believes nobody but Google to be the metadata server', async () => {
    await start({ isMachine: true })
    const { models, state } = build({ GCE_METADATA_HOST: new URL(vertex.url).host })
    vertex.next({ answer: { status: 200, body: '{"access_token":"of-somebody","expires_in":3600}' } })
    await models.check(signal)
    expect(state()).toMatchObject({ problem: expect.stringContaining('No Google credentials were found') })
  })

  it.each<[string, object | string | undefined, RegExp]>([
    ['that is not there', undefined, /names cannot be read/],
    ['that is no JSON', 'hush-hush-secret', /is not one of Google's/],
    ['that is not whole', { type: 'service_account', client_email: email }, /is not whole/],
    [
      'that starts a program',
      { type: 'external_account', audience, credential_source: { executable: {} } },
      /kind/,
    ],
    [
      'of a certificate',
      { type: 'external_account', audience, credential_source: { certificate: {} } },
      /kind/,
    ],
    ['of another vendor', { type: 'other' }, /kind/],
  ])('tells the administrator of a file %s', async (_what, content, problem) => {
    await start({})
    const path = content === undefined ? join(folder, 'nothing') : await write('file.json', content)
    const { models, state, complete } = build({ GOOGLE_APPLICATION_CREDENTIALS: path })
    await models.check(signal)
    expect(state()?.problem).toMatch(problem)
    const error = await complete().catch((reason: unknown) => reason)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hush')
    expect(identity.requests).toEqual([])
  })
})

describe('Vertex AI', () => {
  it('is asked where the switch says so, whatever keys there are', async () => {
    await start({ isMachine: true })
    const { complete } = build({ GOOGLE_API_KEY: 'AIza-key' })
    await complete()
    expect(vertex.requests[0]?.headers['x-goog-api-key']).toBeUndefined()
    const without = createModels({
      values: { GOOGLE_GENAI_USE_VERTEXAI: true, GOOGLE_API_KEY: 'AIza-key' },
      transport,
      production: true,
    })
    expect(without.status().find(({ id }) => id === 'google')).toMatchObject({
      state: 'not_configured',
      missing: ['GOOGLE_CLOUD_PROJECT'],
    })
  })

  it.each([
    ['global', 'https://aiplatform.googleapis.com'],
    ['europe-west4', 'https://europe-west4-aiplatform.googleapis.com'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com'],
  ])('is at the address of its location: %s', async (location, address) => {
    await start({ isMachine: true })
    expect(vertexAddress(location)).toBe(address)
    const reached = new Error('reached')
    transport = {
      ...transport,
      fetch: async (input) => {
        asked.push(String(input))
        throw reached
      },
    }
    const { complete } = build({ GOOGLE_CLOUD_LOCATION: location, GOOGLE_VERTEX_BASE_URL: undefined })
    await expect(complete()).rejects.toThrow()
    expect(asked.at(-1)).toBe(
      `${address}/v1beta1/projects/stand-in-project/locations/${location}/publishers/google/models/${model}:generateContent`,
    )
  })

  it.each([
    ['gemini-2.5-flash', 'publishers/google/models/gemini-2.5-flash'],
    ['models/gemini-2.5-flash', 'publishers/google/models/gemini-2.5-flash'],
    ['google/gemini-2.5-flash', 'publishers/google/models/gemini-2.5-flash'],
    ['publishers/google/models/gemini-2.5-flash', 'publishers/google/models/gemini-2.5-flash'],
    ['gemini-2.5-flash@001', 'publishers/google/models/gemini-2.5-flash@001'],
    ['publishers/meta/models/llama-4-maas', 'publishers/meta/models/llama-4-maas'],
    ['endpoints/123', 'endpoints/123'],
  ])('is asked for %s', async (name, path) => {
    await start({ isMachine: true })
    expect(await build().complete({ model: name })).toBe(defaultText)
    expect(vertex.requests[0]?.path).toBe(
      `/v1beta1/projects/stand-in-project/locations/global/${path}:generateContent`,
    )
  })

  it.each([
    'projects/other/locations/global/endpoints/1',
    'publishers/google/models/../x',
    'a:b',
    'a?b',
    'publishers/google/models/a/b',
  ])('is not led elsewhere by %s', async (name) => {
    await start({ isMachine: true })
    await expect(build().complete({ model: name })).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'model',
    })
    expect(asked).toEqual([])
  })

  it('thinks as the model of that name does', async () => {
    await start({ isMachine: true })
    const name = 'publishers/google/models/gemini-2.5-flash'
    await build().complete({ model: name, reasoning_effort: 'low' })
    expect(vertex.requests[0]?.json).toMatchObject({
      generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } },
    })
  })

  it('is told calls and their answers without the ids that it refuses', async () => {
    await start({ isMachine: true })
    const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }
    const messages = [
      ...request.messages,
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: 'done' },
    ]
    expect(await build().complete({ messages })).toBe(defaultText)
    expect(vertex.requests[0]?.json).toMatchObject({
      contents: [
        {},
        { parts: [{ functionCall: { name: 'f', args: {} } }] },
        { parts: [{ functionResponse: { name: 'f', response: { output: 'done' } } }] },
      ],
    })
  })

  it('is not made to read a bucket with the rights of the project', async () => {
    await start({ isMachine: true })
    const image = { type: 'image_url', image_url: { url: 'gs://bucket/secret.png' } }
    await expect(build().complete({ messages: [{ role: 'user', content: [image] }] })).rejects.toMatchObject({
      code: 'unsupported_by_provider',
      param: 'messages[0].content[0]',
    })
    expect(vertex.requests).toHaveLength(0)
  })

  it.each([
    ['text-embedding-005', 'predict', 3],
    ['publishers/google/models/text-embedding-005', 'predict', 3],
    ['gemini-embedding-001', 'predict', 20],
    ['publishers/google/models/gemini-embedding-001', 'predict', 20],
    ['gemini-embedding-2', 'embedContent', 20],
  ])('gives vectors of %s by %s, in order, and cuts no text', async (name, method, requests) => {
    await start({ isMachine: true })
    const input = Array.from({ length: 20 }, (_, index) => `${index} words`)
    const answer = await build().embed(name, input, 2)
    const codes = (text: string) =>
      Array.from(text.slice(0, 2)).map((one) => (one.codePointAt(0) ?? 0) / 1_000)
    expect(answer?.data).toEqual(input.map(codes))
    expect(answer?.usage).toEqual({ promptTokens: 40 })
    expect(vertex.requests).toHaveLength(requests)
    for (const { path } of vertex.requests) expect(path).toMatch(new RegExp(`/models/[^/]+:${method}$`))
  })
})
