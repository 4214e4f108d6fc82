import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  startTokenEndpoint,
  startTokenGateway,
  type TokenEndpoint,
  type TokenGateway,
} from '../test/stand-ins.js'
import { fromEnv } from './from-env.js'

let endpoint: TokenEndpoint
let gateway: TokenGateway
let env: Record<string, string>

beforeEach(async () => {
  endpoint = await startTokenEndpoint()
  gateway = await startTokenGateway()
  env = {
    GATEWAY_API_URL: `${gateway.url}/v1`,
    OIDC_TOKEN_URL: endpoint.url,
    SERVICE_ACCOUNT_CLIENT_ID: endpoint.clientId,
    SERVICE_ACCOUNT_CLIENT_SECRET: endpoint.clientSecret,
  }
})
afterEach(() => Promise.all([endpoint.close(), gateway.close()]))

describe('a handler from the environment', () => {
  it('knows the gateway, and asks with what it is told besides', async () => {
    const { baseURL, fetch } = fromEnv({ env, scope: 'openid', audience: 'gatehouse' })
    expect(baseURL).toBe(`${gateway.url}/v1`)
    expect((await fetch(`${baseURL}/models`)).status).toBe(200)
    expect(gateway.requests[0]?.headers.authorization).toBe('Bearer token-1')
    expect(Object.fromEntries(endpoint.requests[0]?.form ?? [])).toMatchObject({
      scope: 'openid',
      audience: 'gatehouse',
    })
  })

  it('is a handler, and spreads into the options of a client without its secrets', async () => {
    const handler = fromEnv({ env })
    expect((await handler.getToken()).token).toBe('token-1')
    expect(await handler.getAuthHeaders()).toEqual({ Authorization: 'Bearer token-1' })
    expect(Object.keys({ ...handler }).sort()).toEqual(['apiKey', 'baseURL', 'fetch'])
    expect(inspect(handler, { depth: 9, showHidden: true })).not.toMatch(/token-1|sécret/)
  })

  it("reads the process's own variables unless it is given others", () => {
    expect(() => fromEnv()).toThrow('GATEWAY_API_URL')
    Object.assign(process.env, env)
    try {
      expect(fromEnv().baseURL).toBe(env.GATEWAY_API_URL)
    } finally {
      for (const name of Object.keys(env)) delete process.env[name]
    }
  })

  it('names every variable that is missing, and none that is there', () => {
    expect(() =>
      fromEnv({ env: { ...env, OIDC_TOKEN_URL: ' ', SERVICE_ACCOUNT_CLIENT_SECRET: '' } }),
    ).toThrow(/^OIDC_TOKEN_URL, SERVICE_ACCOUNT_CLIENT_SECRET must be set\.$/)
  })
})
