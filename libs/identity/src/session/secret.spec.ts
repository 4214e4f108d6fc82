import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sessionSecretProblem, sessionVariables } from './secret.js'

describe('the secret of the session tokens', () => {
  it.each([
    ['', 'is 0 bytes long'],
    ['x', 'is 1 bytes long'],
    ['secret', 'is 6 bytes long'],
    ['k7Qp2vXz9LmN4bWc8TyR1sDf6GhJ3aE', 'is 31 bytes long'],
    ['replace-with-a-secure-random-string', 'an example'],
    ['Replace With A Secure Random String!', 'an example'],
    ['change-me-change-me-change-me-change-me', 'an example'],
    ['your-super-secret-jwt-key-your-super', 'an example'],
    ['a'.repeat(64), 'repeats'],
    ['ab'.repeat(32), 'repeats'],
  ])('T17: refuses %j, and does not print it', (secret, reason) => {
    const problem = sessionSecretProblem(secret) ?? ''
    expect(problem).toContain(reason)
    if (secret.length > 1 && secret !== 'secret') expect(problem).not.toContain(secret)
    const read = sessionVariables.JWT_SECRET.schema.safeParse(secret)
    expect(read.success).toBe(false)
  })

  it('T17: counts bytes, not characters', () => {
    expect(sessionSecretProblem('ключ-от-дома-из-кириллицы')).toBeNull()
  })

  it.each(['base64', 'hex', 'base64url'] as const)('takes 32 random bytes as %s', (encoding) => {
    expect(sessionSecretProblem(randomBytes(32).toString(encoding))).toBeNull()
  })

  it('T17: refuses every algorithm but HS256', () => {
    for (const alg of ['none', 'None', 'RS256', 'HS512', 'hs256'])
      expect(sessionVariables.JWT_ALG.schema.safeParse(alg).success).toBe(false)
    expect(sessionVariables.JWT_ALG.schema.parse(undefined)).toBe('HS256')
  })

  it('takes a lifetime of 1 to 1440 minutes, 60 unless set', () => {
    const { schema } = sessionVariables.ACCESS_TOKEN_EXPIRE_MINUTES
    expect(schema.parse(undefined)).toBe(60)
    expect(schema.parse('15')).toBe(15)
    for (const wrong of ['0', '-5', '1441', '1.5', 'an hour', '1e9'])
      expect(schema.safeParse(wrong).success).toBe(false)
  })
})
