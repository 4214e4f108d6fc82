import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTransport } from '@gatehouse/outbound'
import { createCertificate } from '@gatehouse/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { createModels } from './models.js'

const transport = createTransport()
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await transport.close()
})

const secret = 'sk-canary-0123456789abcdef'

describe('the credentials by which the gateway goes out', () => {
  it('are told by the names of their variables, a connection each, and never by their values', async () => {
    const models = createModels({
      values: { OPENAI_API_KEY: secret, GROQ_API_KEY: `${secret}2`, MISTRAL_API_KEY: '' },
      transport,
      production: true,
      connections: [
        { id: 'other', provider: 'openai', values: { OPENAI_API_KEY: `${secret}3` } },
        { id: 'open', provider: 'ollama', values: { OLLAMA_BASE_URL: 'http://127.0.0.1:9/v1' } },
      ],
    })
    const list = await models.credentials()
    expect(JSON.stringify(list)).not.toContain('canary')
    const brief = list.map(({ provider, connection, kind, variables }) => [
      provider,
      connection,
      kind,
      variables,
    ])
    expect(brief.sort()).toEqual([
      ['groq', 'default', 'api_key', ['GROQ_API_KEY']],
      ['ollama', 'open', 'none', []],
      ['openai', 'default', 'api_key', ['OPENAI_API_KEY']],
      ['openai', 'other', 'api_key', ['OPENAI_API_KEY']],
    ])
  })

  it('in files are told with the variable that names the file, its age, and what is wrong with it', async () => {
    const file = join(folder, 'token')
    writeFileSync(file, 'a token')
    const application = {
      AZURE_OPENAI_ENDPOINT: 'https://one.openai.azure.com',
      AZURE_TENANT_ID: 'tenant',
      AZURE_CLIENT_ID: 'client',
    }
    const missing = join(folder, 'missing.pem')
    const models = createModels({
      values: { ...application, AZURE_FEDERATED_TOKEN_FILE: file },
      transport,
      production: true,
      connections: [
        { id: 'eu', provider: 'azure', values: { ...application, AZURE_CLIENT_CERTIFICATE_PATH: missing } },
      ],
    })
    expect(await models.credentials()).toMatchObject([
      {
        provider: 'azure',
        kind: 'workload_identity',
        variables: ['AZURE_FEDERATED_TOKEN_FILE'],
        file,
        createdAt: statSync(file).mtime,
        expiresAt: null,
        problem: null,
      },
      {
        connection: 'eu',
        kind: 'certificate',
        variables: ['AZURE_CLIENT_CERTIFICATE_PATH'],
        file: missing,
        createdAt: null,
        expiresAt: null,
        problem: `${missing}: the certificate file cannot be read.`,
      },
    ])
  })

  it('that are certificates are told with their dates, also where they have expired', async () => {
    const file = join(folder, 'expired.pem')
    const [notBefore, notAfter] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-02-01T00:00:00Z')]
    const { cert, key } = createCertificate({ notBefore, notAfter })
    writeFileSync(file, `${cert}\n${key}`)
    const models = createModels({
      values: {
        AZURE_OPENAI_ENDPOINT: 'https://one.openai.azure.com',
        AZURE_TENANT_ID: 'tenant',
        AZURE_CLIENT_ID: 'client',
        AZURE_CERTIFICATE_PATH: file,
      },
      transport,
      production: true,
    })
    const list = await models.credentials()
    expect(list).toMatchObject([
      { kind: 'certificate', createdAt: notBefore, expiresAt: notAfter, problem: null },
    ])
    expect(JSON.stringify(list)).not.toContain('PRIVATE')
  })

  it('of the demo are none', async () => {
    const models = createModels({ values: {}, transport, production: false })
    expect((await models.credentials()).filter(({ provider }) => provider === 'demo')).toMatchObject([
      { kind: 'none', variables: [] },
    ])
  })
})
