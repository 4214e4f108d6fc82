import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  createCertificate,
  defaultText,
  type OpenIdIssuer,
  type RunningServer,
  type StandIn,
  startOpenAi,
  startOpenIdIssuer,
  startServer,
} from '@gatehouse/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type InnerGateway, startGateway } from '../harness.js'
import { pythonWith } from '../python.js'

/** The programs of the page, by the heading that each stands below. */
const programs = Object.fromEntries(
  readFileSync('docs/how-to/python.md', 'utf8')
    .split(/^## /m)
    .map((part) => [part.split('\n')[0], /^```python\n([\s\S]+?)^```$/m.exec(part)?.[1] ?? '']),
)
const [short, projected, long] = ['Short', 'In Kubernetes, without a secret', 'As an `httpx.Auth`']

const withLiteLlm = pythonWith('litellm')
// One that has both.
const python = pythonWith('openai') === pythonWith('requests_oauthlib') ? pythonWith('openai') : undefined
const missing = python ? '' : ' (skipped: there is no Python with the packages openai and requests_oauthlib)'

describe.skipIf(!python)(`the programs of the Python page${missing}`, () => {
  let folder: string
  let issuer: OpenIdIssuer
  let tokenEndpoint: RunningServer
  let openai: StandIn
  let gateway: InnerGateway
  let environment: Record<string, string>
  let tokenRequests: number
  const claims = {
    sub: 'service-1',
    azp: 'my-service',
    aud: 'gatehouse-api',
    email: undefined,
    name: undefined,
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'python-'))
    issuer = await startOpenIdIssuer()
    openai = await startOpenAi()
    const certificate = createCertificate()
    writeFileSync(join(folder, 'authority.pem'), certificate.cert)
    // By form or by header: the two programs differ in it (RFC 6749, section 2.3.1).
    tokenEndpoint = await startServer(async (request, response) => {
      tokenRequests++
      let form = ''
      for await (const piece of request) form += piece
      const { authorization = '' } = request.headers
      const basic = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()
      const fields = new URLSearchParams(form)
      const client = authorization ? basic : `${fields.get('client_id')}:${fields.get('client_secret')}`
      const good = client === 'my-service:s3cret' && fields.get('grant_type') === 'client_credentials'
      const answer = good
        ? { access_token: issuer.mint({ claims }), token_type: 'Bearer', expires_in: 300 }
        : { error: 'invalid_client' }
      response.writeHead(good ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    }, certificate)
    gateway = await startGateway({
      OIDC_ISSUER_URL: issuer.issuer,
      OIDC_AUDIENCE: 'gatehouse-api',
      OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
      OPENAI_BASE_URL: `${openai.url}/v1`,
    })
    environment = {
      GATEWAY_API_URL: `${gateway.url}/v1`,
      OIDC_TOKEN_URL: `${tokenEndpoint.url}/token`,
      SERVICE_ACCOUNT_CLIENT_ID: 'my-service',
      SERVICE_ACCOUNT_CLIENT_SECRET: 's3cret',
      GATEWAY_TOKEN_FILE: join(folder, 'token'),
      REQUESTS_CA_BUNDLE: join(folder, 'authority.pem'),
      SSL_CERT_FILE: join(folder, 'authority.pem'),
    }
  })
  afterAll(async () => {
    await gateway.close()
    await Promise.all([issuer, tokenEndpoint, openai].map((part) => part.close()))
    rmSync(folder, { recursive: true })
  })
  beforeEach(() => {
    openai.requests.length = 0
    tokenRequests = 0
  })

  /** What a program printed to both of its outputs. */
  const run = async (code: string | undefined, changes: Record<string, string> = {}): Promise<string> => {
    const settings = { PYTHONIOENCODING: 'utf-8', LITELLM_LOCAL_MODEL_COST_MAP: 'True' }
    const { stdout, stderr } = await promisify(execFile)(python ?? '', ['-c', code ?? ''], {
      timeout: 90_000,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings, ...environment, ...changes },
    })
    return stdout + stderr
  }
  /** The provider was asked by the gateway, as the gateway. */
  const expectAskedByGateway = () =>
    expect(openai.requests.map(({ headers, json }) => [headers.authorization, json])).toEqual([
      ['Bearer sk-up-0123456789abcdefghijklmnop', expect.objectContaining({ model: 'gpt-4-turbo' })],
    ])

  it('the short one gets a token and calls the gateway with it', async () => {
    expect(await run(programs[short])).toBe(`${defaultText}\n`)
    expect(tokenRequests).toBe(1)
    expectAskedByGateway()
  }, 120_000)

  it('the one with httpx.Auth does too, unchanged, with its variables set', async () => {
    const printed = await run(programs[long])
    expect(printed).toContain('Gateway token expired or not found. Fetching a new one...')
    expect(printed).toContain('Successfully fetched new gateway token.')
    expect(printed).toContain(`SUCCESS! Response: ${defaultText}`)
    expect(tokenRequests).toBe(1)
    expectAskedByGateway()
  }, 120_000)

  it('the one in Kubernetes reads the token that the platform put in a file', async () => {
    writeFileSync(join(folder, 'token'), `${issuer.mint({ claims })}\n`)
    expect(await run(programs[projected])).toBe(`${defaultText}\n`)
    expect(tokenRequests).toBe(0)
    expectAskedByGateway()
  }, 120_000)

  const noLiteLlm = withLiteLlm ? '' : ' (skipped: there is no Python with the package litellm)'
  it.skipIf(!withLiteLlm)(
    `LiteLLM’s SDK gets a token by proxy_auth${noLiteLlm}`,
    async () => {
      expect(await run(programs["LiteLLM's SDK"])).toContain(defaultText)
      expect(tokenRequests).toBe(1)
      expectAskedByGateway()
    },
    120_000,
  )

  it('none of them calls the gateway without a token', async () => {
    const wrong = { SERVICE_ACCOUNT_CLIENT_SECRET: 'wrong' }
    await expect(run(programs[short], wrong)).rejects.toThrow('401')
    expect(await run(programs[long], wrong)).toContain('Failed to fetch gateway token: (invalid_client)')
    expect(openai.requests).toEqual([])
  }, 120_000)
})
