import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@gatehouse/contracts'
import { createTransport, type Transport } from '@gatehouse/outbound'
import { type StandIn, startFederated } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ChatRequest } from '../chat.js'
import { createModels, type Models } from '../models.js'
import type { RelayClient, RelayRequest } from '../provider.js'

const signal = new AbortController().signal
const request: ChatRequest = { model: 'model-1', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 9 }
const platformToken = 'eyJhbGciOiJub25lIn0.platform-token.1'

/** What each vendor is configured by, where it is, and where it is asked. */
const vendors = {
  openai: {
    values: (url: string) => ({
      OPENAI_BASE_URL: `${url}/v1`,
      OPENAI_TOKEN_URL: `${url}/oauth/token`,
      OPENAI_IDENTITY_PROVIDER_ID: 'idp_1',
      OPENAI_SERVICE_ACCOUNT_ID: 'sa_1',
    }),
    key: 'OPENAI_API_KEY',
    exchange: 'POST /oauth/token',
    chat: 'POST /v1/chat/completions',
    list: 'GET /v1/models',
    path: '/chat/completions',
  },
  anthropic: {
    values: (url: string) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_FEDERATION_RULE_ID: 'fdrl_1',
      ANTHROPIC_ORGANIZATION_ID: '00000000-0000-4000-8000-000000000000',
      ANTHROPIC_SERVICE_ACCOUNT_ID: 'svac_1',
      ANTHROPIC_WORKSPACE_ID: 'wrkspc_1',
    }),
    key: 'ANTHROPIC_API_KEY',
    exchange: 'POST /v1/oauth/token',
    chat: 'POST /v1/messages',
    list: 'GET /v1/models?limit=1000',
    path: '/messages',
  },
  openrouter: {
    values: (url: string) => ({
      OPENROUTER_BASE_URL: `${url}/v1`,
      OPENROUTER_FEDERATION_POLICY_ID: '00000000-0000-4000-8000-000000000000',
    }),
    key: 'OPENROUTER_API_KEY',
    exchange: 'POST /v1/oauth/token',
    chat: 'POST /v1/chat/completions',
    list: 'GET /v1/models',
    path: '/chat/completions',
  },
}

let folder: string
let tokenFile: string
const closing: (() => Promise<void>)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
  tokenFile = join(folder, 'token')
  await writeFile(tokenFile, `${platformToken}\n`)
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await rm(folder, { recursive: true })
})

for (const [provider, vendor] of Object.entries(vendors))
  describe(`${provider} with the identity of the platform`, () => {
    let standIn: StandIn
    let models: Models
    const tokenName = vendor.key.replace('_API_KEY', '_IDENTITY_TOKEN_FILE')
    const valuesOf = (more: Record<string, string> = {}): Record<string, string> => ({
      ...vendor.values(standIn.url),
      [tokenName]: tokenFile,
      ...more,
    })
    const modelsOf = (values: Record<string, string>): Models => {
      const transport: Transport = createTransport()
      closing.push(() => transport.close())
      return createModels({ values, transport, production: true })
    }
    beforeEach(async () => {
      standIn = await startFederated(provider as keyof typeof vendors)
      closing.push(standIn.close)
      models = modelsOf(valuesOf())
    })

    const candidate = (of = models) => {
      const [first] = of.resolve(provider, request.model)
      if (!first) throw new Error('no candidate')
      return first
    }
    const relayed = (more: Partial<RelayRequest> = {}) => {
      const { relay, messages } = candidate()
      const client = relay ?? messages
      if (!client) throw new Error('no relay')
      return send(client, vendor.path, more)
    }
    const asked = () => standIn.requests.map(({ method, path }) => `${method} ${path}`)
    const bearers = () =>
      standIn.requests.flatMap(({ headers, path }) =>
        vendor.exchange.endsWith(path) ? [] : [headers.authorization],
      )

    it('calls, streams, relays and lists by one token, without any key', async () => {
      const { client } = candidate()
      await Promise.all(Array.from({ length: 5 }, () => client.complete(request, { signal })))
      for await (const _chunk of await client.stream(request, { signal }));
      expect(await relayed()).toBe(200)
      expect((await models.list()).length).toBeGreaterThan(0)
      expect(asked().filter((line) => line === vendor.exchange)).toHaveLength(1)
      expect(asked().filter((line) => line === vendor.chat)).toHaveLength(7)
      expect(asked()).toContain(vendor.list)
      expect(new Set(bearers())).toEqual(new Set([`Bearer for-${platformToken}`]))
      expect(await models.credentials()).toMatchObject([
        { provider, kind: 'workload_identity', file: tokenFile, variables: [tokenName], problem: null },
      ])
    })

    it('takes the token that the platform has written since, once the vendor refuses what the last one gave', async () => {
      await candidate().client.complete(request, { signal })
      await writeFile(tokenFile, 'renewed-token')
      standIn.next({ refuse: { status: 401 } })
      await candidate().client.complete(request, { signal })
      expect(await relayed()).toBe(200)
      expect(bearers()).toEqual([
        ...Array(2).fill(`Bearer for-${platformToken}`),
        ...Array(2).fill('Bearer for-renewed-token'),
      ])
    })

    it('relays what was refused once more, with another token', async () => {
      expect(await relayed()).toBe(200)
      await writeFile(tokenFile, 'renewed-token')
      standIn.next({ refuse: { status: 401 } })
      expect(await relayed()).toBe(200)
      expect(bearers().at(-1)).toBe('Bearer for-renewed-token')
    })

    it.each([
      [
        {
          answer: {
            status: 401,
            body: `{"error":"invalid_grant","error_description":"no rule fits ${platformToken}"}`,
          },
        },
        /http:\/\/127\.0\.0\.1:\d+ does not take the token in .*token: it answered 401, invalid_grant: no rule fits \[removed\]\./,
      ],
      [{ refuse: { status: 403, message: 'no such rule' } }, /it answered 403, .*no such rule\./],
      [
        { answer: { status: 503, body: '{"error":"temporarily_unavailable"}' } },
        /gave no token: it answered 503, temporarily_unavailable\.$/,
      ],
      [{ answer: { status: 200, body: '<html>' } }, /answered 200 without a bearer token\.$/],
      [{ answer: { status: 200, body: '{"access_token":"a\\r\\nb"}' } }, /without a bearer token\.$/],
      [
        { answer: { status: 200, body: '{"access_token":"abc","token_type":"mac"}' } },
        /without a bearer token\.$/,
      ],
    ])(
      'says to the log why there is no token, and asks the vendor nothing: %j',
      async (behaviour, reason) => {
        standIn.next(behaviour)
        const failed = await candidate()
          .client.complete(request, { signal })
          .catch((error: unknown) => error)
        expect(failed).toMatchObject({ code: 'upstream_auth_unavailable' })
        expect((failed as AppError).message).not.toMatch(/127\.0\.0\.1|token in/)
        const cause = (failed as AppError).cause as Error
        expect(cause.message).toMatch(reason)
        expect(cause.message).not.toContain(platformToken)
        expect(asked()).toEqual([vendor.exchange])
      },
    )

    it.each([
      ['', /there is no token in it/],
      ['two words', /what is in it is no token/],
      ['a'.repeat(20_000), /what is in it is no token/],
    ])('sends nothing that is no token: %.20s', async (text, reason) => {
      await writeFile(tokenFile, text)
      const failed = await relayed()
      expect(failed).toMatchObject({
        code: 'upstream_auth_unavailable',
        cause: { message: expect.stringMatching(reason) },
      })
      expect(standIn.requests).toEqual([])
    })

    it('lists by another token where the one at hand is refused', async () => {
      const fresh = modelsOf(valuesOf())
      await candidate(fresh).client.complete(request, { signal })
      await writeFile(tokenFile, 'renewed-token')
      standIn.next({ refuse: { status: 401 } })
      expect((await fresh.list()).every(({ status }) => status === 'ready')).toBe(true)
      expect(bearers().at(-1)).toBe('Bearer for-renewed-token')
    })

    it.each([
      ['3600', 3600],
      [3600, 3600],
      [null, 300],
      ['', 300],
      [0, 300],
      [true, 300],
    ])('holds a token whose life is said to be %j for about %d s', async (expiresIn, seconds) => {
      const body = { access_token: 'for-life', expires_in: expiresIn }
      standIn.next({ answer: { status: 200, body: JSON.stringify(body) } })
      vi.useFakeTimers({ toFake: ['Date'] })
      try {
        const { client } = candidate(modelsOf(valuesOf()))
        const began = Date.now()
        for (const part of [0, 0.4, 1.1]) {
          vi.setSystemTime(began + part * seconds * 1_000)
          await client.complete(request, { signal })
        }
      } finally {
        vi.useRealTimers()
      }
      expect(bearers()).toEqual([...Array(2).fill('Bearer for-life'), `Bearer for-${platformToken}`])
    })

    it('goes by the identity where a key is there too', async () => {
      const both = modelsOf(valuesOf({ [vendor.key]: 'sk-canary-0123456789' }))
      await candidate(both).client.complete(request, { signal })
      expect(bearers()).toEqual([`Bearer for-${platformToken}`])
      expect(JSON.stringify(standIn.requests.map(({ headers }) => headers))).not.toContain('canary')
    })

    it('is off and names what is missing where half of it is set, also beside a key', () => {
      const { [tokenName]: _file, ...rest } = valuesOf({ [vendor.key]: 'sk-canary-0123456789' })
      const state = modelsOf(rest)
        .status()
        .find(({ id }) => id === provider)
      expect(state).toMatchObject({ missing: [tokenName] })
    })
  })

it('A token that Anthropic has taken before and refuses now is left alone, until there is another', async () => {
  const strict = await startFederated('anthropic', { once: true })
  closing.push(strict.close)
  const transport = createTransport()
  closing.push(() => transport.close())
  const values = { ...vendors.anthropic.values(strict.url), ANTHROPIC_IDENTITY_TOKEN_FILE: tokenFile }
  const [candidate] = createModels({ values, transport, production: true }).resolve('anthropic', 'model-1')
  if (!candidate) throw new Error('no candidate')
  const { client } = candidate
  const exchanges = () => strict.requests.filter(({ path }) => path === '/v1/oauth/token').length
  await client.complete(request, { signal })
  // The vendor wants another one: the platform has none yet, and the one at hand is still good.
  strict.next({ refuse: { status: 401 } })
  const refused = await client.complete(request, { signal }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'provider_auth_failed' })
  await client.complete(request, { signal })
  await delay(1_600)
  await client.complete(request, { signal })
  expect(exchanges()).toBe(2)
  await writeFile(tokenFile, 'renewed-token')
  await expect
    .poll(async () => {
      await client.complete(request, { signal })
      return strict.requests.at(-1)?.headers.authorization
    })
    .toBe('Bearer for-renewed-token')
  expect(exchanges()).toBe(3)
})

it.each(['a folder', 'a pipe'])('Nothing is read of what is no file: %s', async (kind) => {
  const path = join(folder, 'odd')
  if (kind === 'a folder') await mkdir(path)
  else execFileSync('mkfifo', [path])
  const transport = createTransport()
  closing.push(() => transport.close())
  const values = { ...vendors.openai.values('http://127.0.0.1:9'), OPENAI_IDENTITY_TOKEN_FILE: path }
  const [candidate] = createModels({ values, transport, production: true }).resolve('openai', 'model-1')
  const failed = await candidate?.client.complete(request, { signal }).catch((error: unknown) => error)
  expect(failed).toMatchObject({ cause: { message: expect.stringMatching(/there is no token in it/) } })
})

it.each<[given: Record<string, string>, isMeant: boolean]>([
  [{ ANTHROPIC_ORGANIZATION_ID: 'o', ANTHROPIC_SERVICE_ACCOUNT_ID: 's', ANTHROPIC_API_KEY: 'k' }, false],
  [{ ANTHROPIC_FEDERATION_RULE_ID: 'f', ANTHROPIC_API_KEY: 'k' }, true],
  [{ OPENAI_SERVICE_ACCOUNT_ID: 's', OPENAI_API_KEY: 'k' }, false],
  [{ OPENAI_IDENTITY_PROVIDER_ID: 'i', OPENAI_API_KEY: 'k' }, true],
])('Half a federation turns a provider off, where nothing else is meant by it: %j', (given, isMeant) => {
  const transport = createTransport()
  closing.push(() => transport.close())
  const [provider = ''] = Object.keys(given)[0]?.toLowerCase().split('_') ?? []
  const states = createModels({ values: given, transport, production: true }).status()
  expect(states.find(({ id }) => id === provider)).toMatchObject(
    isMeant ? { state: 'not_configured' } : { state: 'ready', credential: 'api_key' },
  )
})

it('What a caller asks of Anthropic stays asked for beside our own', async () => {
  const standIn = await startFederated('anthropic')
  closing.push(standIn.close)
  const transport = createTransport()
  closing.push(() => transport.close())
  const values = { ...vendors.anthropic.values(standIn.url), ANTHROPIC_IDENTITY_TOKEN_FILE: tokenFile }
  const [candidate] = createModels({ values, transport, production: true }).resolve('anthropic', 'model-1')
  if (!candidate?.messages) throw new Error('no relay')
  const headers = {
    'anthropic-beta': ' context-1m-2025-08-07,,oauth-2025-04-20',
    authorization: 'Bearer of-the-caller',
  }
  expect(await send(candidate.messages, '/messages', { headers })).toBe(200)
  expect(standIn.requests.at(-1)?.headers).toMatchObject({
    'anthropic-beta': 'context-1m-2025-08-07,oauth-2025-04-20',
    authorization: `Bearer for-${platformToken}`,
    'anthropic-version': '2023-06-01',
  })
})

it('The identity of the gateway goes to no other machine without TLS', async () => {
  const transport = createTransport()
  closing.push(() => transport.close())
  const values = {
    OPENAI_IDENTITY_PROVIDER_ID: 'idp_1',
    OPENAI_SERVICE_ACCOUNT_ID: 'sa_1',
    OPENAI_IDENTITY_TOKEN_FILE: tokenFile,
    OPENAI_TOKEN_URL: 'http://auth.example.com/oauth/token',
  }
  const [candidate] = createModels({ values, transport, production: true }).resolve('openai', 'model-1')
  const failed = await candidate?.client.complete(request, { signal }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(AppError)
  expect(((failed as AppError).cause as Error).message).toMatch(/http:\/\/auth\.example\.com: .*https alone/)
})

/** The status of what was relayed, or why it was not. */
function send(client: RelayClient, path: string, more: Partial<RelayRequest>): Promise<unknown> {
  return new Promise((resolve) => {
    let answered: number | undefined
    const body = Buffer.from(JSON.stringify(request))
    client.send(
      { path, model: request.model, body, signal, ...more },
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
