import { describe, expect, it } from 'vitest'
import { classify } from './classify.js'
import { MessageProblem } from './http1/response-parser.js'

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
    ['ETIMEDOUT', 'connect_timeout'],
    ['ECONNRESET', 'connect'],
  ] as const)('before the request is out: %s is %s', (code, kind) => {
    expect(classify(withCode(code), false)).toBe(kind)
  })

  it.each([
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['ETIMEDOUT', 'reset'],
    ['ERR_POOL_CLOSED', 'aborted'],
    ['ERR_SOMETHING_ELSE', 'protocol'],
  ] as const)('after it: %s is %s', (code, kind) => {
    expect(classify(withCode(code), true)).toBe(kind)
  })

  it('of a message tells one that broke off from one that is wrong', () => {
    expect(classify(new MessageProblem('cut', 'early_end'), true)).toBe('reset')
    expect(classify(new MessageProblem('long', 'too_large'), true)).toBe('too_large')
    expect(classify(new MessageProblem('wrong'), true)).toBe('protocol')
  })

  it('takes the first of several addresses that failed', () => {
    expect(classify(new AggregateError([withCode('ECONNREFUSED'), withCode('EHOSTUNREACH')]), false)).toBe(
      'connect',
    )
  })
})
