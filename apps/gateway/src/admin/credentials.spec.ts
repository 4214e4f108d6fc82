import type { OutboundCredential } from '@gatehouse/llm'
import { describe, expect, it } from 'vitest'
import { keyCredential, keylessScore, outboundCredential } from './credentials.js'

const credential = (provider: string, kind: OutboundCredential['kind'], connection = 'default') => ({
  provider,
  name: provider,
  connection,
  kind,
  variables: [],
  file: null,
  createdAt: null,
  expiresAt: null,
  problem: null,
})
const traffic = (provider: string, calls: number, keyless: number) => ({
  provider,
  calls,
  keyless,
  lastHour: new Date('2026-11-22T13:00:00Z'),
})

describe('the keyless score', () => {
  it('is null where there were no calls, and never a division by zero', () => {
    const none = { calls: 0, keyless_calls: 0, share: null }
    expect(keylessScore([], [credential('azure', 'certificate')])).toEqual({ inbound: none, outbound: none })
  })

  it('counts what came without a key, and what went out by a credential that is none', () => {
    const calls = [traffic('azure', 6, 3), traffic('openai', 2, 2), traffic('ollama', 2, 1)]
    const credentials = [
      credential('azure', 'managed_identity'),
      credential('openai', 'api_key'),
      credential('ollama', 'none'),
    ]
    expect(keylessScore(calls, credentials)).toEqual({
      inbound: { calls: 10, keyless_calls: 6, share: 0.6 },
      outbound: { calls: 10, keyless_calls: 8, share: 0.8 },
    })
  })

  it('takes a provider with a key among its credentials for one with a key, and leaves out who is no more', () => {
    const calls = [traffic('azure', 6, 6), traffic('gone', 4, 4)]
    const credentials = [credential('azure', 'certificate'), credential('azure', 'api_key', 'eu')]
    expect(keylessScore(calls, credentials).outbound).toEqual({ calls: 6, keyless_calls: 0, share: 0 })
  })
})

describe('a credential', () => {
  it('of a provider says who gives it where no variable and no file does', () => {
    const source = (kind: OutboundCredential['kind']) => outboundCredential(credential('x', kind), []).source
    expect([source('managed_identity'), source('aws_chain'), source('none')]).toEqual([
      'managed identity',
      'AWS credential chain',
      null,
    ])
  })

  it('that is a key ends where it ends first: at its expiry, or with the overlap of its rotation', () => {
    const key = {
      id: '019a3f6c-2d41-7b8e-9c05-6f1e2a7d4b30',
      name: 'k',
      prefix: 'gh_1234567',
      status: 'active' as const,
      models: null,
      created_at: '2026-11-01T00:00:00.000Z',
      expires_at: '2026-12-01T00:00:00.000Z',
      revoked_at: null,
      replaces: null,
      last_used: null,
      owner: { id: '019a3f6c-2d41-7b8e-9c05-6f1e2a7d4b31', kind: 'user' as const },
    }
    const end = (revoked_at: string | null) => keyCredential({ ...key, revoked_at }).expires_at
    expect([end(null), end('2026-11-23T00:00:00.000Z'), end('2026-12-05T00:00:00.000Z')]).toEqual([
      '2026-12-01T00:00:00.000Z',
      '2026-11-23T00:00:00.000Z',
      '2026-12-01T00:00:00.000Z',
    ])
  })
})
