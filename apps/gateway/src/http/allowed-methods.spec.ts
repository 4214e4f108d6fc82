import { expect, it } from 'vitest'
import { createAllowedMethods } from './allowed-methods.js'

it('tells the methods of an address that came with another one, and nothing of one that nobody serves', () => {
  const allowed = createAllowedMethods(() => [
    { method: 'GET', url: '/' },
    { method: 'GET', url: '/things' },
    { method: 'POST', url: '/things' },
    { method: 'GET', url: '/things/:id' },
    { method: 'DELETE', url: '/things/:id' },
    { method: 'GET', url: '/files/*' },
    { method: 'OPTIONS', url: '*' },
  ])
  const asked: [method: string, address: string, methods: string[]][] = [
    ['PUT', '/things', ['GET', 'POST']],
    ['PUT', '/things/', ['GET', 'POST']],
    ['PUT', '/%74hings?x=/nowhere', ['GET', 'POST']],
    ['PUT', '/things/1', ['DELETE', 'GET']],
    ['PUT', '/files/a/b', ['GET']],
    ['POST', '/', ['GET']],
    ['PUT', '/things/1/2', []],
    ['PUT', '/nowhere', []],
    ['PUT', '//things', []],
    ['PUT', '/Things', []],
    ['PUT', '/%', []],
    // The method is served: something else is wrong with the address.
    ['GET', '/things/1', []],
  ]
  for (const [method, address, methods] of asked)
    expect(allowed(method, address), `${method} ${address}`).toEqual(methods)
})
