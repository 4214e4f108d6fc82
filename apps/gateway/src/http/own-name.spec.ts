import type { FastifyRequest } from 'fastify'
import { describe, expect, it } from 'vitest'
import { atOwnName } from './own-name.js'

describe('the name that a browser came by', () => {
  const came = (host: string | undefined, publicUrl: string, production = false) =>
    atOwnName({ headers: { host }, raw: { url: '/a?b' } } as unknown as FastifyRequest, {
      production,
      publicUrl,
    })

  it('is mended where it is another name of this machine', () => {
    expect(came('127.0.0.1:8000', 'http://localhost:8000')).toBe('http://localhost:8000/a?b')
    expect(came('[::1]:8000', 'http://localhost:8000')).toBe('http://localhost:8000/a?b')
    expect(came('localhost:8000', 'http://127.0.0.1:8000')).toBe('http://127.0.0.1:8000/a?b')
    expect(came('127.0.0.1', 'https://localhost')).toBe('https://localhost/a?b')
  })

  it('is left as it is where it is right, not of this machine, at another port, or in production', () => {
    expect(came('localhost:8000', 'http://localhost:8000')).toBeNull()
    expect(came('LOCALHOST:8000', 'http://localhost:8000')).toBeNull()
    expect(came('evil.test:8000', 'http://localhost:8000')).toBeNull()
    expect(came('127.0.0.1:8000', 'http://gate.test:8000')).toBeNull()
    expect(came('127.0.0.1:8080', 'http://localhost:8000')).toBeNull()
    expect(came('127.0.0.1:8000', 'http://localhost:8000', true)).toBeNull()
    expect(came(undefined, 'http://localhost:8000')).toBeNull()
    expect(came('a b', 'http://localhost:8000')).toBeNull()
  })
})
