import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { AppError } from '@gatehouse/contracts'
import { describe, expect, it } from 'vitest'
import { readCredential } from './credential.js'

const outcome = (read: () => string | null): string | number | null => {
  try {
    return read()
  } catch (error) {
    return error instanceof AppError ? error.status : 'another error'
  }
}

describe('readCredential', () => {
  it.each(['Bearer', 'bearer', 'BEARER'])('T26: takes the scheme as %s', (scheme) => {
    expect(readCredential({ authorization: `${scheme} abc.DEF-123_~+/==` })).toBe('abc.DEF-123_~+/==')
    expect(readCredential(['Host', 'a', 'AUTHORIZATION', `${scheme} x`])).toBe('x')
  })

  it('T26: says that there is none', () => {
    expect(readCredential({})).toBeNull()
    expect(readCredential({ authorization: undefined })).toBeNull()
    expect(readCredential(['Host', 'authorization'])).toBeNull()
  })

  it.each([
    ['a tab', 'Bearer\tx'],
    ['two spaces', 'Bearer  x'],
    ['no token', 'Bearer'],
    ['a space alone', 'Bearer '],
    ['another scheme', 'Basic eDp5'],
    ['no scheme', 'abc.def.ghi'],
    ['two credentials in one', 'Bearer a, Bearer b'],
    ['padding inside', 'Bearer a=b'],
    ['a space inside', 'Bearer a b'],
    ['a quote', "Bearer ' OR 1=1--"],
    ['a letter that is not ASCII', 'Bearer \u0430bc'],
    ['a line break', 'Bearer a\n'],
    ['20 kB', `Bearer ${'a'.repeat(20_000)}`],
    ['an empty value', ''],
  ])('T26: refuses %s', (_, authorization) => {
    expect(outcome(() => readCredential({ authorization }))).toBe(401)
    expect(outcome(() => readCredential(['authorization', authorization]))).toBe(401)
  })

  it('T26: refuses a repeated header', () => {
    expect(outcome(() => readCredential(['Authorization', 'Bearer a', 'authorization', 'Bearer a']))).toBe(
      400,
    )
    expect(outcome(() => readCredential({ authorization: ['Bearer a', 'Bearer b'] }))).toBe(400)
    expect(outcome(() => readCredential({ authorization: 'Bearer a', Authorization: 'Bearer b' }))).toBe(400)
  })

  it('T43: takes a token from x-api-key, and two carriers of one from nobody', () => {
    expect(readCredential({ 'x-api-key': 'abc.DEF-123_~+/==' })).toBe('abc.DEF-123_~+/==')
    expect(readCredential(['Host', 'a', 'X-Api-Key', 'x'])).toBe('x')
    for (const value of ['Bearer x', 'a b', 'a,b', 'a\n', '', 'a'.repeat(20_000)])
      expect(outcome(() => readCredential({ 'x-api-key': value }))).toBe(401)
    for (const two of [
      ['Authorization', 'Bearer a', 'x-api-key', 'b'],
      ['x-api-key', 'a', 'Authorization', 'Bearer a'],
      ['x-api-key', 'a', 'X-API-KEY', 'a'],
    ])
      expect(outcome(() => readCredential(two))).toBe(400)
    expect(outcome(() => readCredential({ authorization: 'Bearer a', 'x-api-key': 'b' }))).toBe(400)
  })

  it('T26: refuses a token in the query, and never takes one from there', () => {
    expect(outcome(() => readCredential({}, '/v1/models?access_token=abc'))).toBe(400)
    expect(outcome(() => readCredential({ authorization: 'Bearer a' }, '/v1/models?x=1&access_token='))).toBe(
      400,
    )
    expect(readCredential({}, '/v1/models?key=abc')).toBeNull()
  })

  it('T26: sees both headers of a real request, of which Node keeps the first', async () => {
    const seen = new Promise<IncomingMessage>((resolve) => {
      const server = createServer((request, response) => {
        response.end()
        server.close()
        resolve(request)
      })
      server.listen(0, '127.0.0.1', () => {
        const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
        socket.end(
          'GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nauthorization: Bearer b\r\nConnection: close\r\n\r\n',
        )
      })
    })
    const request = await seen
    expect(request.headers.authorization).toBe('Bearer a')
    expect(outcome(() => readCredential(request.rawHeaders))).toBe(400)
  })
})
