import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

    // A token that was refused is not used again.
    standIn.next({ refuse: { status: 401 } })
    await expect(client.complete(request, { signal })).rejects.toMatchObject({ code: 'provider_auth_failed' })
    await client.complete(request, { signal })
    expect(bearers().at(-1)).toBe('Bearer entra-token-2')
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
