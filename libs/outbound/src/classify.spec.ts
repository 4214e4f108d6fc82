import { describe, expect, it } from 'vitest'
import { classify } from './classify.js'

const withCode = (code: string) => Object.assign(new Error(code), { code })

describe('the kind of a failure', () => {
  it.each([
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['ECONNREFUSED', 'connect'],
    ['EHOSTUNREACH', 'connect'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['EPROTO', 'tls'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connect_timeout'],
    ['ETIMEDOUT', 'connect_timeout'],
    ['ECONNRESET', 'connect'],
  ] as const)('before the request is out: %s is %s', (code, kind) => {
    expect(classify(withCode(code), false)).toBe(kind)
  })

  it.each([
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['ETIMEDOUT', 'reset'],
    ['UND_ERR_SOCKET', 'reset'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'reset'],
    ['HPE_INVALID_CONSTANT', 'protocol'],
  ] as const)('after it: %s is %s', (code, kind) => {
    expect(classify(withCode(code), true)).toBe(kind)
  })

  it('takes the first of several addresses that failed', () => {
    expect(classify(new AggregateError([withCode('ECONNREFUSED'), withCode('EHOSTUNREACH')]), false)).toBe(
      'connect',
    )
  })
})
