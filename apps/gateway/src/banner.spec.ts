import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProviderState } from '@gatehouse/llm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BannerFacts, banner } from './banner.js'
import { loadConfig } from './config.js'

const production = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://gatehouse.example.com',
  JWT_SECRET: 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo',
}

const model = (id: string, name: string, more: Partial<ProviderState> = {}): ProviderState => ({
  id,
  name,
  state: 'not_configured',
  missing: [],
  credential: 'none',
  defaultModel: undefined,
  problem: undefined,
  ...more,
})

describe('the banner', () => {
  let dataDir: string
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  })
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

  const print = (environment: Record<string, string>, facts: Partial<BannerFacts> = {}) =>
    banner({
      config: loadConfig({ DATA_DIR: dataDir, ...environment }),
      version: '1.0.0',
      seconds: 1,
      signIn: [],
      models: [],
      database: 'embedded',
      token: null,
      ...facts,
    })

  it('says in production that the database is embedded and that nobody can sign in, and asks nobody to', () => {
    const text = print(production)
    expect(text).toMatch(/Warning +DATABASE_URL is not set/)
    expect(text).toMatch(/Warning +Nobody can sign in.* Set GOOGLE_CLIENT_ID or MICROSOFT_CLIENT_ID/)
    expect(text).toMatch(/Next +configure a way to sign in/)
    expect(text).not.toContain('and sign in')
  })

  it('asks to sign in where that can be done', () => {
    const signIn = [{ id: 'google', name: 'Google', browser: false }]
    const text = print(production, { signIn })
    expect(text).toContain('Google (by token; the redirect needs GOOGLE_CLIENT_SECRET)')
    expect(text).toMatch(/Next +open https:\/\/gatehouse\.example\.com, sign in|and sign in/)
    expect(text).not.toContain('Nobody can sign in')
  })

  it('tells why a provider that was asked for is off, and names the others in one short line', () => {
    const models = [
      model('openai', 'OpenAI', { state: 'ready', credential: 'api_key' }),
      model('bedrock', 'Amazon Bedrock', { problem: 'No AWS credentials were found: no role.' }),
      model('ollama', 'Ollama', { problem: 'Nothing answers.' }),
      model('groq', 'Groq', { missing: ['GROQ_API_KEY'] }),
    ]
    const text = print({ OPENAI_API_KEY: 'sk-1' }, { models })
    expect(text).toContain('Models     OpenAI (openai, api key)')
    expect(text).toContain('\n             bedrock, ollama and groq are off: see .env.example\n')
    const wanted = banner({
      config: { ...loadConfig({ DATA_DIR: dataDir }), wantedModels: new Set(['bedrock']) },
      version: '1.0.0',
      seconds: 1,
      signIn: [],
      models,
      database: 'embedded',
      token: null,
    })
    expect(wanted).toContain('Amazon Bedrock is off: No AWS credentials were found: no role.')
    expect(wanted).toContain('\n             ollama and groq are off: see .env.example\n')
    const off = (count: number) =>
      print({}, { models: Array.from({ length: count }, (_, index) => model(`p${index}`, `P ${index}`)) })
    expect(off(1)).toContain(' p0 is off: see .env.example\n')
    expect(off(4)).toContain(' p0, p1, p2 and p3 are off: see .env.example\n')
    expect(off(20)).toContain(' p0, p1, p2 and 17 more are off: see .env.example\n')
    for (const line of off(20).split('\n')) expect(line.length).toBeLessThan(160)
  })
})
