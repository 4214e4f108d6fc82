import { describe, expect, it } from 'vitest'
import { ConfigError, parseVariables } from './parse.js'
import { coreVariables } from './variables.js'

const read = (environment: Record<string, string>) => parseVariables(coreVariables, environment)

describe('the variables of the server', () => {
  it('TRUST_PROXY takes addresses and ranges of both kinds', () => {
    const entries = [
      '10.0.0.0/8',
      '192.0.2.1',
      '192.0.2.1/32',
      '::1',
      'fd00::/8',
      '2001:db8::1/128',
      '::ffff:10.0.0.1',
    ]
    expect(read({ TRUST_PROXY: entries.join(', ') }).TRUST_PROXY).toEqual(entries)
    for (const entry of [
      '10.0.0.0/99',
      '10.0.0.0/33',
      '0.0.0.0/0',
      '::/129',
      '10.0.0',
      '10.0.0.256',
      'fd00::1::2',
      'loopback',
    ])
      expect(() => read({ TRUST_PROXY: `10.0.0.0/8,${entry}` }), entry).toThrow(/^TRUST_PROXY: must be/)
  })

  it('METRICS_TOKEN is one that an Authorization header can hold, and is not printed', () => {
    expect(read({ METRICS_TOKEN: 'AZaz09-._~+/abcd==' }).METRICS_TOKEN).toBe('AZaz09-._~+/abcd==')
    for (const token of ['with spaces and $igns', 'quoted"quoted"quoted', 'equals=inside=equals=', 'short']) {
      expect(() => read({ METRICS_TOKEN: token }), token).toThrow(ConfigError)
      expect(() => read({ METRICS_TOKEN: token }), token).not.toThrow(token)
    }
  })
})
