import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Anthropic } from '@anthropic-ai/sdk'
import { startFederated } from '@gatehouse/testing'
import { OpenAI } from 'openai'
import { expect, it } from 'vitest'
import { adminEmail, spawnGateway, startPeople, until } from './harness.js'

it('To OpenAI and Anthropic without a key: official clients, and no token where it may not be', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  const [people, openai, anthropic] = await Promise.all([
    startPeople(),
    startFederated('openai'),
    startFederated('anthropic'),
  ])
  const canary = 'eyJhbGciOiJub25lIn0.canary-of-the-platform'
  const file = (name: string) => join(folder, name)
  writeFileSync(file('anthropic'), `${canary}.anthropic`)
  const gateway = await spawnGateway({
    ...people.environment,
    LOG_LEVEL: 'trace',
    OPENAI_BASE_URL: `${openai.url}/v1`,
    OPENAI_TOKEN_URL: `${openai.url}/oauth/token`,
    OPENAI_IDENTITY_TOKEN_FILE: file('openai'),
    OPENAI_IDENTITY_PROVIDER_ID: 'idp_1',
    OPENAI_SERVICE_ACCOUNT_ID: 'sa_1',
    OPENAI_API_KEY: 'sk-forgotten-0123456789',
    ANTHROPIC_BASE_URL: anthropic.url,
    ANTHROPIC_IDENTITY_TOKEN_FILE: file('anthropic'),
    ANTHROPIC_FEDERATION_RULE_ID: 'fdrl_1',
    ANTHROPIC_ORGANIZATION_ID: '00000000-0000-4000-8000-000000000000',
    ANTHROPIC_SERVICE_ACCOUNT_ID: 'svac_1',
    ANTHROPIC_WORKSPACE_ID: 'wrkspc_1',
  })
  const said: string[] = []
  try {
    const { token } = await people.register(gateway, adminEmail)
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const body = { model: 'openai/gpt-4o-mini', messages }
    const ask = async () => {
      const answer = await gateway.ask<{ error?: { code: string } }>('/v1/chat/completions', { token, body })
      said.push(answer.text)
      return [answer.status, answer.json.error?.code]
    }

    // The platform has not written its token yet: the log says so, and nothing has to be started again.
    expect(await ask()).toEqual([503, 'upstream_auth_unavailable'])
    expect(gateway.output()).toContain(`${file('openai')}: it cannot be read (ENOENT).`)
    writeFileSync(file('openai'), `${canary}.openai`)
    await until(async () => (await ask())[0] === 200)

    const program = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: token, maxRetries: 0 })
    const answer = await program.chat.completions.create({ model: 'openai/gpt-4o-mini', messages })
    expect(answer.choices[0]?.message.content).toBeTruthy()
    // Translated, by the way that the vendor's SDK goes.
    const claude = await program.chat.completions.create({ model: 'anthropic/claude-haiku-4-5', messages })
    expect(claude.choices[0]?.message.content).toBeTruthy()
    // And passed on as it came.
    const native = new Anthropic({ baseURL: gateway.url, authToken: token, maxRetries: 0 })
    const own = await native.messages.create({ model: 'claude-haiku-4-5', max_tokens: 9, messages })
    expect(own.content[0]).toMatchObject({ type: 'text' })

    const credentials = await gateway.ask<{ data: object[] }>('/api/v1/admin/credentials?limit=100', {
      token,
    })
    for (const provider of ['openai', 'anthropic'])
      expect(credentials.json.data).toContainEqual(
        expect.objectContaining({
          id: `outbound:${provider}:default`,
          kind: 'platform_token',
          keyless: true,
          source: `${provider.toUpperCase()}_IDENTITY_TOKEN_FILE, ${file(provider)}`,
          problem: null,
        }),
      )

    // The platform's token has ended, and the vendor says so.
    const refusal = { error: 'invalid_grant', error_description: `expired: ${canary}.openai` }
    openai.next({ refuse: { status: 401 } }, { answer: { status: 400, body: JSON.stringify(refusal) } })
    expect(await ask()).toEqual([502, 'provider_auth_failed'])
    said.push(credentials.text)
  } finally {
    await gateway.close()
    await Promise.all([people.close(), openai.close(), anthropic.close()])
    rmSync(folder, { recursive: true })
  }
  const output = gateway.output()
  expect(output).toContain('OPENAI_API_KEY is set, and nothing uses it')
  for (const text of [output, ...said]) {
    expect(text).not.toContain('canary-of-the-platform')
    expect(text).not.toContain('sk-forgotten')
  }
  const upstream = JSON.stringify([...openai.requests, ...anthropic.requests].map(({ headers }) => headers))
  expect(upstream).not.toContain('sk-forgotten')
})
