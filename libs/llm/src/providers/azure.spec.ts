import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createTransport, type Transport } from '@gatehouse/outbound'
import {
  createCertificate,
  type EntraStandIn,
  type StandIn,
  startAzure,
  startEntra,
} from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChatRequest } from '../chat.js'
import { createModels, type Models } from '../models.js'
import type { RelayClient, RelayRequest } from '../provider.js'

const signal = new AbortController().signal
const request: ChatRequest = { model: 'deployment-1', messages: [{ role: 'user', content: 'Hi' }] }
const tenantId = '11111111-2222-3333-4444-555555555555'
const clientId = '66666666-7777-8888-9999-000000000000'

let standIn: StandIn
let folder: string
const closing: (() => Promise<void>)[] = []

beforeEach(async () => {
  standIn = await startAzure()
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await standIn.close()
  await rm(folder, { recursive: true })
})

async function entraWith(options: Partial<Parameters<typeof startEntra>[0]>): Promise<EntraStandIn> {
  const entra = await startEntra({ tenantId, clientId, ...options })
  closing.push(entra.close)
  return entra
}

function modelsWith(values: Record<string, unknown>, certificateAuthorities: string[] = []): Models {
  const transport: Transport = createTransport({ certificateAuthorities })
  closing.push(() => transport.close())
  return createModels({
    values: { AZURE_OPENAI_ENDPOINT: standIn.url, ...values },
    transport,
    production: true,
  })
}

function clientOf(models: Models) {
  const [candidate] = models.resolve('azure', request.model)
  if (!candidate) throw new Error('no candidate')
  return candidate.client
}

const bearers = () => standIn.requests.map(({ headers }) => headers.authorization)

describe('Azure OpenAI', () => {
  it('is asked in a version that is not a preview, unless another is set', async () => {
    await clientOf(modelsWith({ AZURE_OPENAI_API_KEY: 'k' })).complete(request, { signal })
    const newer = { AZURE_OPENAI_API_KEY: 'k', AZURE_OPENAI_API_VERSION: '2025-04-01-preview' }
    await clientOf(modelsWith(newer)).complete(request, { signal })
    expect(standIn.requests.map(({ path }) => path.split('?')[1])).toEqual([
      'api-version=2024-10-21',
      'api-version=2025-04-01-preview',
    ])
  })

  it('T56: writes the deployment into one segment of the path', async () => {
    await clientOf(modelsWith({ AZURE_OPENAI_API_KEY: 'k' })).complete(
      { ...request, model: 'a/b' },
      { signal },
    )
    expect(standIn.requests[0]?.path).toMatch(/^\/openai\/deployments\/a%2Fb\/chat\/completions\?/)
  })

  it.each([
    "Unsupported parameter: 'max_completion_tokens' is not supported with this model. Use 'max_tokens' instead.",
    'Unrecognized request argument supplied: max_completion_tokens',
  ])('finds out once under which name a deployment takes the limit: %s', async (message) => {
    const client = clientOf(modelsWith({ AZURE_OPENAI_API_KEY: 'k' }))
    standIn.next({ refuse: { status: 400, message, code: 'unsupported_parameter' } })
    await client.complete({ ...request, max_tokens: 5 }, { signal })
    for await (const _chunk of await client.stream({ ...request, max_tokens: 5 }, { signal }));
    const names = standIn.requests.map(({ json }) =>
      Object.keys(json as object).find((name) => name.startsWith('max_')),
    )
    expect(names).toEqual(['max_completion_tokens', 'max_tokens', 'max_tokens'])
  })

  it('does not ask twice for any other refusal', async () => {
    const client = clientOf(modelsWith({ AZURE_OPENAI_API_KEY: 'k' }))
    standIn.next({ refuse: { status: 400, message: 'max_completion_tokens is too large: 5.' } })
    await expect(client.complete({ ...request, max_tokens: 5 }, { signal })).rejects.toMatchObject({
      code: 'provider_rejected',
    })
    expect(standIn.requests).toHaveLength(1)
  })
})

describe('Azure OpenAI by its v1 surface', () => {
  const values = { AZURE_OPENAI_API_KEY: 'key-of-the-resource', AZURE_OPENAI_API_VERSION: 'v1' }

  it("has OpenAI's own paths, with the deployment in the body", async () => {
    const models = modelsWith(values)
    await clientOf(models).complete(request, { signal })
    for await (const _chunk of await clientOf(models).stream(request, { signal }));
    expect(standIn.requests).toMatchObject([
      { path: '/openai/v1/chat/completions', json: { model: 'deployment-1' } },
      { path: '/openai/v1/chat/completions', json: { model: 'deployment-1' } },
    ])
    expect(standIn.requests[0]?.headers['api-key']).toBe('key-of-the-resource')
    expect(standIn.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  it('is relayed to by the same paths', async () => {
    const relay = relayOf(modelsWith(values))
    expect(await relayed(relay, {})).toBe(200)
    expect(await relayed(relay, { path: '/embeddings' })).toBe(200)
    expect(await relayed(relay, { path: '/models', method: 'GET', model: undefined, body: undefined })).toBe(
      200,
    )
    expect(standIn.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /openai/v1/chat/completions',
      'POST /openai/v1/embeddings',
      'GET /openai/v1/models',
    ])
  })
})

describe('the relay of Azure OpenAI', () => {
  it('T56: writes the deployment into one segment of the path, and the version behind any query', async () => {
    const relay = relayOf(modelsWith({ AZURE_OPENAI_API_KEY: 'k' }))
    await relayed(relay, { model: 'a/b' })
    await relayed(relay, { path: '/responses' })
    await relayed(relay, { path: '/files?limit=2', method: 'GET', model: undefined, body: undefined })
    expect(standIn.requests.map(({ path }) => path)).toEqual([
      '/openai/deployments/a%2Fb/chat/completions?api-version=2024-10-21',
      '/openai/responses?api-version=2024-10-21',
      '/openai/files?limit=2&api-version=2024-10-21',
    ])
  })

  it('waits for the first token, then sends at once, and asks for one token for many calls', async () => {
    const { models, entra } = await certified()
    const relay = relayOf(models)
    expect(await Promise.all(Array.from({ length: 500 }, () => relayed(relay, {})))).toEqual(
      Array(500).fill(200),
    )
    expect(new Set(bearers())).toEqual(new Set(['Bearer entra-token-1']))
    expect(entra.requests).toHaveLength(1)
    expect(standIn.requests[0]?.headers).not.toHaveProperty('api-key')

    // With the token at hand the request is under way when `send` returns.
    const dispatched: string[] = []
    const watching: Transport = {
      ...transport,
      dispatch: (outbound, handler) => {
        dispatched.push(String(outbound.headers?.authorization))
        return transport.dispatch(outbound, handler)
      },
    }
    const watched = relayOf(
      createModels({ values: certifiedValues(entra), transport: watching, production: true }),
    )
    await relayed(watched, {})
    const before = dispatched.length
    const second = relayed(watched, {})
    expect(dispatched.length).toBe(before + 1)
    expect(await second).toBe(200)
  })

  it('sends once more with a new token after a 401, and no more than once', async () => {
    const { models, entra } = await certified()
    const relay = relayOf(models)
    await relayed(relay, {})
    standIn.next({ refuse: { status: 401 } })
    expect(await relayed(relay, {})).toBe(200)
    expect(bearers()).toEqual(['Bearer entra-token-1', 'Bearer entra-token-1', 'Bearer entra-token-2'])
    expect(standIn.requests[1]?.text).toBe(standIn.requests[2]?.text)
    standIn.next({ refuse: { status: 401 } }, { refuse: { status: 401 } })
    expect(await relayed(relay, {})).toMatchObject({ code: 'provider_auth_failed' })
    expect(await relayed(relay, {})).toMatchObject({ code: 'provider_auth_failed' })
    expect(standIn.requests).toHaveLength(5)
    expect(entra.requests).toHaveLength(2)
  })

  it('sends a body that is a stream once, whatever comes of it', async () => {
    const { models } = await certified()
    const relay = relayOf(models)
    standIn.next({ refuse: { status: 401 } })
    const body = Readable.from([Buffer.from('{"model":"deployment-1"}')])
    expect(await relayed(relay, { body })).toMatchObject({ code: 'provider_auth_failed' })
    expect(standIn.requests).toHaveLength(1)
    expect(standIn.requests[0]?.text).toBe('{"model":"deployment-1"}')
    // The token was refused all the same.
    expect(await relayed(relay, {})).toBe(200)
    expect(bearers()).toEqual(['Bearer entra-token-1', 'Bearer entra-token-2'])
  })

  it('a token that cannot be had ends the call, and the provider is not asked', async () => {
    const { models, entra } = await certified()
    entra.failNext(500, 500)
    const relay = relayOf(models)
    const body = Readable.from([Buffer.from('{}')])
    expect(await relayed(relay, { body })).toMatchObject({ code: 'upstream_auth_unavailable' })
    expect(body.readableDidRead).toBe(false)
    expect(standIn.requests).toHaveLength(0)
  })

  it('a body that breaks while the token is waited for ends the call, and nothing else', async () => {
    const { models } = await certified()
    const body = new Readable({ read() {} })
    const outcome = relayed(relayOf(models), { body })
    body.destroy(new Error('the caller broke'))
    expect(await outcome).toMatchObject({ code: 'invalid_request' })
  })

  it('F12: a caller who leaves while the token is waited for is told so', async () => {
    const { models } = await certified()
    const leave = new AbortController()
    const outcome = relayed(relayOf(models), { signal: leave.signal })
    const reason = new Error('the caller left')
    leave.abort(reason)
    expect(await outcome).toBe(reason)
    expect(standIn.requests).toHaveLength(0)
  })

  let transport: Transport

  const certifiedValues = (entra: EntraStandIn) => ({
    AZURE_OPENAI_ENDPOINT: standIn.url,
    AZURE_TENANT_ID: tenantId,
    AZURE_CLIENT_ID: clientId,
    AZURE_CERTIFICATE_PATH: join(folder, 'client.pem'),
    AZURE_AUTHORITY_HOST: entra.url,
  })

  /** A gateway that proves itself by a certificate. */
  async function certified() {
    const certificate = createCertificate()
    await writeFile(join(folder, 'client.pem'), certificate.cert + certificate.key)
    const entra = await entraWith({ certificate })
    transport = createTransport()
    closing.push(() => transport.close())
    return { entra, models: createModels({ values: certifiedValues(entra), transport, production: true }) }
  }
})

function relayOf(models: Models): RelayClient {
  const [candidate] = models.resolve('azure', request.model)
  if (!candidate?.relay) throw new Error('no relay')
  return candidate.relay
}

/** The status of what was relayed, or why it was not. */
function relayed(relay: RelayClient, more: Partial<RelayRequest>): Promise<unknown> {
  return new Promise((resolve) => {
    let answered: number | undefined
    relay.send(
      {
        path: '/chat/completions',
        model: request.model,
        body: Buffer.from(JSON.stringify(request)),
        signal,
        ...more,
      },
      {
        onHead: (status) => {
          answered = status
        },
        onData: () => true,
        onEnd: () => resolve(answered),
        onError: resolve,
      },
    )
  })
}

it('What is passed on to Azure says the limit as its caller did, and is refused as it would be without us', async () => {
  const message =
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
  standIn.next({ refuse: { status: 400, message } })
  const body = Buffer.from(JSON.stringify({ ...request, max_tokens: 9 }))
  const relay = relayOf(modelsWith({ AZURE_OPENAI_API_KEY: 'key-1' }))
  expect(await relayed(relay, { body })).toMatchObject({
    code: 'provider_rejected',
    message: expect.stringContaining('max_completion_tokens'),
  })
  expect(standIn.requests.map(({ text }) => text)).toEqual([body.toString()])
})

describe('Azure OpenAI with Entra ID', () => {
  it('proves itself by a certificate, and asks for a token once for many calls', async () => {
    const certificate = createCertificate()
    const path = join(folder, 'client.pem')
    await writeFile(path, certificate.cert + certificate.key)
    const entra = await entraWith({ certificate })
    const models = modelsWith({
      AZURE_TENANT_ID: tenantId,
      AZURE_CLIENT_ID: clientId,
      AZURE_CERTIFICATE_PATH: path,
      AZURE_AUTHORITY_HOST: entra.url,
    })
    const client = clientOf(models)
    await Promise.all(Array.from({ length: 20 }, () => client.complete(request, { signal })))
    expect(new Set(bearers())).toEqual(new Set(['Bearer entra-token-1']))
    expect(entra.requests).toEqual([`POST /${tenantId}/oauth2/v2.0/token`])
    expect(standIn.requests[0]?.headers).not.toHaveProperty('api-key')

    // A token that was refused is not used again, and the call is sent once more with another.
    standIn.next({ refuse: { status: 401 } })
    for await (const _chunk of await client.stream(request, { signal }));
    expect(bearers().slice(-2)).toEqual(['Bearer entra-token-1', 'Bearer entra-token-2'])

    // A second one within seconds is the resource's word: it wants none of this identity's tokens.
    standIn.next({ refuse: { status: 401 } })
    await expect(client.complete(request, { signal })).rejects.toMatchObject({ code: 'provider_auth_failed' })
    standIn.next({ refuse: { status: 403 } })
    await expect(client.complete(request, { signal })).rejects.toMatchObject({ code: 'provider_auth_failed' })
    expect(bearers().slice(-2)).toEqual(['Bearer entra-token-2', 'Bearer entra-token-2'])
    expect(entra.requests).toHaveLength(2)
  })

  it('that cannot be had says so, and the provider is not asked', async () => {
    const entra = await entraWith({ certificate: createCertificate() })
    const models = modelsWith({
      AZURE_TENANT_ID: tenantId,
      AZURE_CLIENT_ID: clientId,
      AZURE_CERTIFICATE_PATH: join(folder, 'missing.pem'),
      AZURE_AUTHORITY_HOST: entra.url,
    })
    await expect(clientOf(models).complete(request, { signal })).rejects.toMatchObject({
      code: 'upstream_auth_unavailable',
    })
    expect(standIn.requests).toHaveLength(0)
  })

  it('proves itself by the token of a workload, over our transport', async () => {
    const tls = createCertificate()
    const entra = await entraWith({ federatedToken: 'federated-1', tls })
    const path = join(folder, 'token')
    await writeFile(path, 'federated-1')
    const values = {
      AZURE_TENANT_ID: tenantId,
      AZURE_CLIENT_ID: clientId,
      AZURE_FEDERATED_TOKEN_FILE: path,
      AZURE_AUTHORITY_HOST: entra.url,
    }
    // Nothing but our transport trusts this certificate.
    await clientOf(modelsWith(values, [tls.cert])).complete(request, { signal })
    expect(bearers()).toEqual(['Bearer entra-token-1'])
    await expect(clientOf(modelsWith(values)).complete(request, { signal })).rejects.toMatchObject({
      code: 'upstream_auth_unavailable',
    })
  })

  it('proves itself by the identity of the machine, where that has one', async () => {
    const before = process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST
    const entra = await entraWith({})
    process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = entra.url
    try {
      const models = modelsWith({})
      expect(models.status().find(({ id }) => id === 'azure')?.state).toBe('not_configured')
      await models.check(signal)
      expect(models.status().find(({ id }) => id === 'azure')).toMatchObject({
        state: 'ready',
        credential: 'managed_identity',
      })
      await clientOf(models).complete(request, { signal })
      expect(bearers()).toEqual(['Bearer entra-token-1'])
      expect(entra.requests).toEqual(['GET /metadata/identity/oauth2/token/'])

      await entra.close()
      // Another identity, since the library keeps the token of the first one for the whole process.
      const without = modelsWith({ AZURE_CLIENT_ID: clientId })
      await without.check(signal)
      expect(without.status().find(({ id }) => id === 'azure')).toMatchObject({
        state: 'not_configured',
        missing: ['AZURE_OPENAI_API_KEY'],
        problem: expect.any(String),
      })
    } finally {
      if (before === undefined) delete process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST
      else process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = before
    }
  })
})
