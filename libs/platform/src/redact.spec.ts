import { describe, expect, it } from 'vitest'
import { redact } from './redact.js'

describe('redaction', () => {
  const secrets = [
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    'Bearer abcdefghijklmnop',
    'sk-proj-0123456789abcdefghij',
    'xai-0123456789abcdefghij',
    'ghp_0123456789abcdefghij',
    'github_pat_0123456789abcdefghij',
    'AIzaSyA0123456789abcdefghijk',
    'AKIAIOSFODNN7EXAMPLE',
    'gh_0123456789abcdefghij',
  ]

  it.each(secrets)('T57: takes %s out, wherever it stands', (secret) => {
    for (const line of [secret, `before ${secret} after`, `{"x":"${secret}"}`, `/path?y=${secret}&z=1`]) {
      expect(redact(line)).not.toContain(secret)
    }
  })

  it('takes out what parameters and addresses of that name hold', () => {
    expect(redact('postgres://gatehouse:hunter2hunter2@db:5432/x')).toBe(
      'postgres://gatehouse:[redacted]@db:5432/x',
    )
    for (const name of [
      'access_token',
      'id_token',
      'client_secret',
      'refresh_token',
      'api_key',
      'apiKey',
      'password',
      'code',
      'key',
    ]) {
      expect(redact(`GET /callback?${name}=abcdef123456&x=1`)).not.toContain('abcdef123456')
      expect(redact(`{"${name}":"abcdef123456"}`)).not.toContain('abcdef123456')
    }
  })

  it('leaves everything else as it is', () => {
    const line =
      '{"level":"info","request_id":"req_0123456789abcdefghijklmn","method":"POST","route":"/v1/chat/completions","status":200}'
    expect(redact(line)).toBe(line)
  })
})
