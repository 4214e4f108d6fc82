import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGitHub, startOpenAi } from '@gatehouse/testing'
import { expect, it } from 'vitest'
import { CookieJar, signInLocally } from './browser.js'
import { adminEmail, spawnGateway, startPeople, until } from './harness.js'

it('T57: no credential and no prompt reaches a log, an error, a metric or the database', async () => {
  const people = await startPeople()
  const github = await startGitHub({ clientSecret: 'canary-github-secret-0123456789' })
  const openai = await startOpenAi()
  const logs = mkdtempSync(join(tmpdir(), 'gatehouse-logs-'))
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-data-'))
  const canaries: Record<string, string> = {
    providerKey: 'sk-canary-0123456789abcdefghijkl',
    clientSecret: people.issuer.clientSecret,
    githubSecret: 'canary-github-secret-0123456789',
    jwtSecret: 'canaryJwtSecret0123456789abcdefghijklmnop',
    prompt: 'canary-prompt-in-the-call',
  }
  const gateway = await spawnGateway({
    ...people.environment,
    GITHUB_CLIENT_ID: github.clientId,
    GITHUB_CLIENT_SECRET: canaries.githubSecret ?? '',
    GITHUB_URL: github.origin,
    GITHUB_API_URL: github.origin,
    OPENAI_API_KEY: canaries.providerKey ?? '',
    OPENAI_BASE_URL: `${openai.url}/v1`,
    JWT_SECRET: canaries.jwtSecret ?? '',
    LOG_LEVEL: 'trace',
    LOG_DIR: logs,
    DATA_DIR: dataDir,
    METRICS_TOKEN: 'canary-metrics-token-0123456789',
  })
  const answers: string[] = []
  const ask = async (path: string, asking = {}) => {
    const answer = await gateway.ask(path, asking)
    answers.push(`${answer.text} ${JSON.stringify([...answer.headers])}`)
    return answer
  }
  try {
    const root = await people.register(gateway, adminEmail)
    canaries.sessionToken = root.token
    const jar = new CookieJar()
    await signInLocally(gateway.url, '', jar, '/auth/google/start')
    canaries.cookie = jar.all().find(({ name }) => name === 'gatehouse_session')?.value ?? 'no cookie'
    canaries.idToken = people.idToken('late@example.com', { aud: 'another' })
    canaries.githubToken = github.issueToken('another-app')
    await ask('/auth/login', { body: { provider: 'google', id_token: canaries.idToken } })
    await ask('/auth/login', { body: { provider: 'github', id_token: canaries.githubToken } })
    await ask(`/auth/profile?access_token=${root.token}`)
    for (const model of ['gpt-4o-mini', 'error-401', 'error-500', 'html', 'reset', 'redirect']) {
      await ask('/api/v1/llm/call', {
        token: root.token,
        body: { provider: 'openai', model, prompt: canaries.prompt },
      })
    }
    openai.next({ refuse: { status: 400, message: 'echo', echoHeaders: true } })
    await ask('/api/v1/llm/call', {
      token: root.token,
      body: { provider: 'openai', model: 'gpt-4o-mini', prompt: canaries.prompt },
    })
    const made = await gateway.ask<{ key: string }>('/api/v1/keys', {
      token: root.token,
      body: { name: 'k', expires_at: new Date(Date.now() + 86_400_000).toISOString() },
    })
    const { key } = made.json
    expect(key).toMatch(/^gh_/)
    // The first characters of a key are what its owner knows it by.
    canaries.apiKey = key.slice(12)
    canaries.mistypedKey = `gh_${'canary'.repeat(8)}A`
    for (const token of [key, canaries.mistypedKey]) {
      const body = { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: canaries.prompt }] }
      await ask('/v1/chat/completions', { token, body })
      await ask('/v1/models', { headers: { 'x-api-key': token } })
      await ask(`/v1/models?api_key=${token}&key=${token}`)
      await gateway.ask(`/v1/models/${token}`, { token: root.token })
      await ask('/api/v1/admin/explain-token', { token: root.token, body: { token } })
      await ask('/auth/login', { body: { provider: 'google', id_token: token } })
    }
    openai.next({ refuse: { status: 400, message: 'echo', echoHeaders: true } })
    await ask('/v1/chat/completions', {
      token: key,
      body: { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'x' }] },
    })
    await ask('/api/v1/keys', { token: root.token })
    await ask('/metrics', { token: 'canary-metrics-token-0123456789' })
    await ask('/api/v1/admin/audit?limit=100', { token: root.token })
    await ask('/api/v1/admin/providers', { token: root.token })
    await until(() => readdirSync(logs).length > 0)
  } finally {
    await gateway.close()
    await Promise.all([people.close(), github.close(), openai.close()])
  }
  const log = readdirSync(logs)
    .map((file) => readFileSync(join(logs, file), 'utf8'))
    .join('')
  rmSync(logs, { recursive: true, force: true })
  expect(log).toContain('/api/v1/llm/call')
  const places = { 'the log': log, 'standard output': gateway.output(), 'an answer': answers.join('\n') }
  for (const [place, text] of Object.entries(places)) {
    for (const [name, canary] of Object.entries(canaries)) {
      expect(text.includes(canary), `${name} in ${place}`).toBe(false)
    }
  }
  // Every byte of the database and of what lies beside it; only what was said is kept, and said to be kept.
  const { prompt: _kept, ...credentials } = canaries
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  expect(files.length).toBeGreaterThan(100)
  for (const file of files) {
    const bytes = readFileSync(join(file.parentPath, file.name))
    for (const [name, canary] of Object.entries(credentials)) {
      expect(bytes.includes(canary), `${name} in ${file.name}`).toBe(false)
    }
  }
  rmSync(dataDir, { recursive: true, force: true })
})
