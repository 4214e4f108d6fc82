import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCertificate, type EntraStandIn, startEntra, type TestCertificate } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CertificateError, type CertificateProblem } from './certificate-file.js'
import { entraCertificateToken, TokenRequestError } from './entra-certificate.js'
import { createTransport, type Transport } from './transport.js'

const tenantId = '11111111-2222-3333-4444-555555555555'
const clientId = '66666666-7777-8888-9999-000000000000'
const day = 86_400_000

let folder: string
let path: string
let certificate: TestCertificate
let entra: EntraStandIn
let transport: Transport

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
  path = join(folder, 'client.pem')
  certificate = createCertificate()
  entra = await startEntra({ tenantId, clientId, certificate })
  transport = createTransport()
})
afterEach(async () => {
  await transport.close()
  await entra.close()
  await rm(folder, { recursive: true })
})

const acquire = () =>
  entraCertificateToken({
    transport,
    tenantId,
    clientId,
    certificatePath: path,
    scope: 'https://cognitiveservices.azure.com/.default',
    authority: `${entra.url}/`,
  })(new AbortController().signal)

describe('a token of Entra ID by certificate', () => {
  it('comes for an assertion that the certificate signed, and nothing else is contacted', async () => {
    await writeFile(path, certificate.cert + certificate.key)
    expect(await acquire()).toEqual({ value: 'entra-token-1', expiresInSeconds: 3600 })
    expect(entra.refusal()).toBeUndefined()
    expect(entra.requests).toEqual([`POST /${tenantId}/oauth2/v2.0/token`])
  })

  it('takes key and certificate in any order, with others of the chain between them', async () => {
    await writeFile(path, certificate.key + createCertificate().cert + certificate.cert)
    expect(await acquire()).toMatchObject({ value: 'entra-token-1' })
  })

  it('reads the file again each time, so that a replaced one needs no restart', async () => {
    const other = createCertificate()
    await writeFile(path, other.cert + other.key)
    const refused = await acquire().catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(TokenRequestError)
    expect(refused).toMatchObject({ status: 401, message: expect.stringContaining('unknown certificate') })
    // The trace ids of the following lines are nobody's business.
    expect(String(refused)).not.toContain('Trace ID')
    await writeFile(path, certificate.cert + certificate.key)
    expect(await acquire()).toMatchObject({ value: 'entra-token-1' })
  })

  it('says what is wrong with a file, with its path and none of its content', async () => {
    const other = createCertificate()
    const ecKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    })
    const locked = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    })
    const old = createCertificate({ notBefore: new Date(0), notAfter: new Date(Date.now() - day) })
    const young = createCertificate({
      notBefore: new Date(Date.now() + day),
      notAfter: new Date(Date.now() + 2 * day),
    })
    const files: [CertificateProblem, string | undefined][] = [
      ['missing_file', undefined],
      ['no_key', ''],
      ['no_key', certificate.cert],
      ['no_key', `${certificate.cert}-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----`],
      ['encrypted_key', certificate.cert + locked],
      ['unsuitable_key', certificate.cert + ecKey],
      ['no_certificate', certificate.key],
      [
        'no_certificate',
        `${certificate.key}-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----`,
      ],
      ['mismatch', certificate.cert + other.key],
      ['expired', old.cert + old.key],
      ['not_yet_valid', young.cert + young.key],
    ]
    for (const [problem, content] of files) {
      if (content !== undefined) await writeFile(path, content)
      const error = await acquire().catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(CertificateError)
      expect(error).toMatchObject({ problem, path, message: expect.stringContaining(path) })
      expect(String(error)).not.toContain('BEGIN')
    }
    expect(entra.requests).toEqual([])
  })

  it('fails with the status of an endpoint that is down', async () => {
    await writeFile(path, certificate.cert + certificate.key)
    entra.failNext(503)
    await expect(acquire()).rejects.toMatchObject({ name: 'TokenRequestError', status: 503 })
  })
})
