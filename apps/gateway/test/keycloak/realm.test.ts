import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type StandIn, startOpenAi } from '@gatehouse/testing'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OuterGateway, spawnGateway } from '../harness.js'
import { type Keycloak, startKeycloak } from './start-keycloak.js'

const home = process.env.KEYCLOAK_HOME ?? ''
const realm = { file: 'deploy/keycloak/realm.json', name: 'inference-gateway-realm' }
const client = 'inference-gateway-client'

/** What a shell prints for one of the lines that the how-to shows. */
async function shell(line: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', line])
  return stdout
}

/** As docs/how-to/keycloak.md shows it. */
const tokenLine = (
  keycloak: string,
  secret: string,
) => `curl -s -X POST -H "Host: keycloak.keycloak:8080" "${keycloak}/realms/inference-gateway-realm/protocol/openid-connect/token" \\
  -H "Content-Type: application/x-www-form-urlencoded" \\
  -d "client_id=inference-gateway-client" \\
  -d "client_secret=${secret}" \\
  -d "grant_type=client_credentials"`

/** @throws Error with what Keycloak said, where that is no token */
async function newToken(keycloak: Keycloak, secret: string): Promise<string> {
  const answer = await shell(tokenLine(keycloak.url, secret))
  const { access_token: token } = JSON.parse(answer) as { access_token?: string }
  if (token === undefined) throw new Error(answer)
  return token
}

describe('a real Keycloak with the realm of deploy/keycloak', () => {
  const secret = 'your-client-secret'
  let keycloak: Keycloak
  let token: string

  beforeAll(async () => {
    keycloak = await startKeycloak(home, realm, { OIDC_CLIENT_SECRET: secret })
    token = await newToken(keycloak, secret)
  })
  afterAll(() => keycloak?.close())

  it('gives a program a token by client credentials, as it was imported: no step in the admin console', () => {
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', typ: 'JWT' })
    expect(decodeJwt(token)).toMatchObject({ azp: client, typ: 'Bearer' })
  })

  it('names the gateway alone as the audience of the token', () => {
    expect([decodeJwt(token).aud].flat()).toEqual([client])
  })

  it('names one issuer, whatever host the caller asked it by', () => {
    expect(decodeJwt(token).iss).toBe(`${keycloak.url}/realms/inference-gateway-realm`)
  })

  it('gives the program the same subject after every import, so that the gateway knows it again', () => {
    expect(decodeJwt(token).sub).toBe('7d9f3c1e-5b0a-4a57-9c1d-2f6e8b4a1c30')
  })

  it('gives nothing for another secret, nor for the placeholder of the file', async () => {
    for (const wrong of ['another', '\\${OIDC_CLIENT_SECRET}']) {
      const answer = JSON.parse(await shell(tokenLine(keycloak.url, wrong))) as Record<string, unknown>
      expect(answer).toMatchObject({ error: 'unauthorized_client' })
      expect(answer.access_token).toBeUndefined()
    }
  })

  describe('and the gateway behind it', () => {
    let groq: StandIn
    let gateway: OuterGateway

    beforeAll(async () => {
      groq = await startOpenAi()
      gateway = await spawnGateway({
        ENABLE_AUTH: 'true',
        OIDC_ISSUER_URL: `${keycloak.url}/realms/inference-gateway-realm`,
        OIDC_CLIENT_ID: client,
        OIDC_CLIENT_SECRET: secret,
        GROQ_API_KEY: 'gsk-up-0123456789abcdefghijklmnop',
        GROQ_BASE_URL: `${groq.url}/openai/v1`,
      })
    })
    afterAll(async () => {
      await gateway?.close()
      await groq?.close()
    })

    it('turns a call without a token away', async () => {
      const answer = await shell(`curl -s -i -X GET ${gateway.url}/v1/models`)
      expect(answer).toMatch(/^HTTP\/1\.1 401 /)
      expect(answer).toMatch(/^www-authenticate: Bearer/im)
      expect(answer).toContain('Authorization header missing')
    })

    it('lists the models for a call with the token', async () => {
      const line = `curl -s -X GET -H "Authorization: Bearer ${token}" ${gateway.url}/v1/models`
      expect(JSON.parse(await shell(line))).toMatchObject({ object: 'list', data: expect.any(Array) })
    })

    it('brings a chat to Groq with the key of the gateway, and the answer back', async () => {
      const line = `curl -s -X POST -H "Authorization: Bearer ${token}" ${gateway.url}/v1/chat/completions?provider=groq -d '{"model": "llama-3.2-3b-preview", "messages": [{"role": "user", "content": "Explain the importance of fast language models. Keep it short and concise."}]}'`
      const answer = JSON.parse(await shell(line)) as { choices: { message: { content: string } }[] }
      expect(answer.choices[0]?.message.content).toBeTruthy()
      const asked = groq.requests.filter(({ path }) => path.endsWith('/chat/completions'))
      expect(asked).toHaveLength(1)
      expect(asked[0]?.headers.authorization).toBe('Bearer gsk-up-0123456789abcdefghijklmnop')
      expect(JSON.stringify(asked)).not.toContain(token)
    })

    it('takes no token that was changed', async () => {
      const [head = '', body = '', signature = ''] = token.split('.')
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
      const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody-else' })).toString('base64url')
      const line = `curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer ${head}.${forged}.${signature}" ${gateway.url}/v1/models`
      expect(await shell(line)).toBe('401')
    })

    it('takes a token that is new to it while Keycloak is away', async () => {
      const later = await newToken(keycloak, secret)
      await keycloak.close()
      const line = `curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer ${later}" ${gateway.url}/v1/models`
      expect(await shell(line)).toBe('200')
    })
  })
})
