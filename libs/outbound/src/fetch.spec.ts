import { setTimeout as delay } from 'node:timers/promises'
import { type RunningServer, startServer } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTransport, type Transport } from './transport.js'

let server: RunningServer
let transport: Transport

beforeEach(async () => {
  transport = createTransport()
  server = await startServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('latin1')
    if (request.url === '/204') return response.writeHead(204).end()
    if (request.url === '/cookies') return response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end()
    if (request.url === '/hang') return
    if (request.url === '/endless') return void setInterval(() => response.write('x'), 5).unref()
    const { method, url, headers } = request
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ method, url, headers, body }))
  })
})
afterEach(async () => {
  await transport.close()
  await server.close()
})

/** What the server saw. */
async function echo(...args: Parameters<typeof fetch>) {
  const response = await transport.fetch(...args)
  return (await response.json()) as {
    method: string
    url: string
    headers: Record<string, string>
    body: string
  }
}

describe('fetch', () => {
  it('takes the bodies that fetch takes', async () => {
    const url = `${server.url}/echo`
    const post = { method: 'POST' }
    expect(await echo(url)).toMatchObject({ method: 'GET', url: '/echo', body: '' })
    expect(await echo(new URL(url), { ...post, body: 'text' })).toMatchObject({
      method: 'POST',
      body: 'text',
    })
    expect(await echo(url, { ...post, body: new Uint8Array([97, 98]) })).toMatchObject({ body: 'ab' })
    expect(await echo(url, { ...post, body: new Uint8Array([97, 98]).buffer })).toMatchObject({ body: 'ab' })
    expect(await echo(url, { ...post, body: new Blob(['blob']) })).toMatchObject({ body: 'blob' })
    expect(await echo(new Request(url, { ...post, body: 'request' }))).toMatchObject({ body: 'request' })

    const form = await echo(url, { ...post, body: new URLSearchParams({ a: '1 2' }) })
    expect(form).toMatchObject({ body: 'a=1+2' })
    expect(form.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/)

    const multipart = new FormData()
    multipart.set('file', new Blob(['content']), 'a.txt')
    const sent = await echo(url, { ...post, body: multipart })
    expect(sent.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(sent.body).toContain('filename="a.txt"')

    const stream = ReadableStream.from([Buffer.from('one '), Buffer.from('two')])
    expect(await echo(url, { ...post, body: stream, duplex: 'half' })).toMatchObject({ body: 'one two' })
  })

  it('gives answers without a body, and several headers of one name', async () => {
    const empty = await transport.fetch(`${server.url}/204`)
    expect([empty.status, empty.body]).toEqual([204, null])
    const cookies = await transport.fetch(`${server.url}/cookies`)
    expect(cookies.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  it("rejects with the signal's own reason, before the head and after it", async () => {
    const reason = new Error('gone')
    await expect(transport.fetch(server.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)

    const leave = new AbortController()
    const waiting = transport.fetch(`${server.url}/hang`, { signal: leave.signal })
    setTimeout(() => leave.abort(reason), 30)
    await expect(waiting).rejects.toBe(reason)

    const later = new AbortController()
    const response = await transport.fetch(`${server.url}/endless`, { signal: later.signal })
    setTimeout(() => later.abort(reason), 30)
    await expect(response.text()).rejects.toBe(reason)
  })

  it('closes the socket when the body is cancelled', async () => {
    const response = await transport.fetch(`${server.url}/endless`)
    await response.body?.cancel()
    for (let tries = 0; tries < 100 && server.sockets() > 0; tries++) await delay(10)
    expect(server.sockets()).toBe(0)
  })
})
