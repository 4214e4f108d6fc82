import { describe, expect, it } from 'vitest'
import { redact } from './redact.js'

describe('redaction', () => {
  const names = [
    'access_token',
    'id_token',
    'client_secret',
    'client_assertion',
    'refresh_token',
    'api_key',
    'apiKey',
    'password',
  ]
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
    const texts = ['\n', '\t', '\u001b'].map((before) => JSON.stringify({ msg: `x${before}${secret}` }))
    for (const line of [
      ...texts,
      secret,
      `before ${secret} after`,
      `{"x":"${secret}"}`,
      `/path?y=${secret}&z=1`,
    ]) {
      expect(redact(line)).not.toContain(secret)
    }
  })

  it('takes out what parameters and addresses of that name hold', () => {
    expect(redact('postgres://gatehouse:hunter2hunter2@db:5432/x')).toBe(
      'postgres://gatehouse:[redacted]@db:5432/x',
    )
    expect(redact('redis://:hunter2hunter2@cache:6379')).toBe('redis://:[redacted]@cache:6379')
    for (const name of names) {
      for (const line of [
        `GET /callback?${name}=abcdef123456&x=1`,
        `{"${name}":"abcdef123456"}`,
        `{"${name}": "abc\\"def123456"}`,
        `${name}="abcdef123456"`,
        `${name}: abcdef123456`,
        `{'${name}': 'abcdef123456'}`,
        `OTHER_${name.toUpperCase()}=abcdef123456`,
        JSON.stringify({ msg: JSON.stringify({ [name]: 'abc"\\\ndef123456', x: 1 }) }),
      ]) {
        expect(redact(line), line).not.toContain('def123456')
      }
    }
    for (const name of ['code', 'key']) {
      expect(redact(`GET /callback?${name}=abcdef123456&x=1`)).toBe(`GET /callback?${name}=[redacted]&x=1`)
      expect(redact(`GET /callback?x=1&${name}=abcdef123456`)).toBe(`GET /callback?x=1&${name}=[redacted]`)
    }
  })

  it('leaves the codes of errors readable, and words that only look like names of credentials', () => {
    for (const line of [
      '{"level":"error","code":"provider_auth_failed","err":{"code":"ECONNREFUSED"}}',
      '{"status_code":1234567,"statusCode":1234567,"exit code":"SIGTERM-received"}',
      'status code=internal_error code: provider_unreachable',
      'WWW-Authenticate: Basic authentication is not offered',
      'monkey: business, keyboard=qwertyuiop',
      '{"key":"value-of-no-secret","keys":["principal_id"]}',
    ]) {
      expect(redact(line)).toBe(line)
    }
  })

  it('leaves a line of JSON a line of JSON, whatever stands in it', () => {
    const texts = [
      'enter your password:',
      'password=',
      'api_key: ',
      'Bearer ',
      'Basic dXNlcjpwYXNzd29yZHBhc3N3b3Jk',
      'http://localhost',
      'ada@example.com',
      'postgres://u:p"ss\\word@db/x',
      'password="hunter2 \\" hunter3"',
      "password='hunter2",
      'password=C:\\secrets\\file',
      '/callback?code=abcdef\\',
      'client_secret=\\"\\"\\"\\"\\"\\"',
      JSON.stringify({ password: 'a"b\\c\nd', api_key: 1234567 }),
      JSON.stringify({ x: JSON.stringify({ password: 'a"b\\c\nd' }) }),
    ]
    const values = [...texts, 1234567, null, true, texts, { password: texts, api_key: 1234567, key: {} }]
    const members = [...names, 'code', 'key', 'status_code', 'email', ...texts]
    for (const [index, name] of members.entries()) {
      for (const value of values) {
        for (const other of values) {
          const line = JSON.stringify({ [name]: value, [members[index - 1] ?? 'x']: other, msg: value })
          expect(() => JSON.parse(redact(line)), redact(line)).not.toThrow()
        }
      }
    }
  })

  it('takes a token out behind a hyphen, and what stands before it stays', () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'
    expect(redact(`session-${token}, a-b-eyJ-${token} x.${token}`)).toBe(
      'session-[token], a-b-[token] x.[token]',
    )
  })

  it.each(['-eyJAAAA', '-eyJAAAAAAAA.A', 'password ', 'bearer ', '://a:b', '?key=a', 'api_key:'])(
    'T69: reads a megabyte of %s in one go',
    (unit) => {
      const began = performance.now()
      redact(unit.repeat(2 ** 20 / unit.length))
      // Milliseconds as a rule; read anew from each beginning it is minutes.
      expect(performance.now() - began).toBeLessThan(5000)
    },
  )

  it('leaves everything else as it is', () => {
    const line =
      '{"level":"info","request_id":"req_0123456789abcdefghijklmn","method":"POST","route":"/v1/chat/completions","status":200}'
    expect(redact(line)).toBe(line)
  })
})
