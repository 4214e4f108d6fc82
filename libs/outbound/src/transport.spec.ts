import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import {
  createCertificate,
  type RunningServer,
  type ServerCertificate,
  startServer,
} from '@gatehouse/testing'
import { afterEach, describe, expect, it } from 'vitest'
import type { OutboundRequest } from './exchange.js'
import { createTransport, type Transport, type TransportOptions } from './transport.js'
import { TransportError } from './transport-error.js'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function serve(listener: RequestListener, tls?: ServerCertificate): Promise<RunningServer> {
  const server = await startServer(listener, tls)
  closing.push(server.close)
  return server
}

function transportWith(options: TransportOptions = {}): Transport {
  const transport = createTransport(options)
  closing.push(() => transport.close())
  return transport
}

/** A TCP server that does what it likes with each connection. */
async function serveTcp(onConnection: (socket: Socket) => void): Promise<string> {
  const server: Server = createTcpServer(onConnection)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => void server.close(() => resolve())))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const get = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  method: 'GET',
  url,
  signal: new AbortController().signal,
  ...more,
})

async function read(transport: Transport, request: OutboundRequest): Promise<string> {
  const { body } = await transport.request(request)
  return Buffer.concat(await body.toArray()).toString()
}

async function failureOf(call: Promise<unknown>): Promise<TransportError> {
  const error = await call.then(
    () => new Error('The request did not fail.'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(TransportError)
  return error as TransportError
}

const short = { timeouts: { connectMs: 300, firstByteMs: 200, idleMs: 200 } }

describe('a request', () => {
  it('carries method, path, headers and body, and brings status, headers and body back', async () => {
    const server = await serve(async (request, response) => {
      const chunks = await request.toArray()
      const seen = { method: request.method, url: request.url, body: Buffer.concat(chunks).toString() }
      response.writeHead(201, { 'x-seen': request.headers['x-sent'] }).end(JSON.stringify(seen))
    })
    const request = get(`${server.url}/a%2Fb?c=d`, {
      method: 'POST',
      headers: { 'x-sent': 'yes' },
      body: 'grüße',
    })
    const response = await transportWith().request(request)
    expect(response.status).toBe(201)
    expect(response.headers['x-seen']).toBe('yes')
    const text = Buffer.concat(await response.body.toArray()).toString()
    expect(JSON.parse(text)).toEqual({ method: 'POST', url: '/a%2Fb?c=d', body: 'grüße' })
  })

  it('carries a body in several pieces as one, whatever its size', async () => {
    const server = await serve(async (request, response) => {
      const body = Buffer.concat(await request.toArray())
      response.end(
        `${request.headers['content-length']} ${body.length} ${createHash('sha1').update(body).digest('hex')}`,
      )
    })
    const transport = transportWith()
    for (const sizes of [
      [],
      [0],
      [3, 0, 4],
      [60_000, 5_535, 1],
      [60_000, 5_537],
      [1, 2_000_000, 2, 300_000],
    ]) {
      const pieces = sizes.map((size) => randomBytes(size))
      const whole = Buffer.concat(pieces)
      const seen = await read(transport, get(server.url, { method: 'POST', body: pieces }))
      expect(seen, sizes.join()).toBe(
        `${whole.length} ${whole.length} ${createHash('sha1').update(whole).digest('hex')}`,
      )
    }
    expect(server.sockets()).toBe(1)
  })

  it('keeps the connection for the next one', async () => {
    const server = await serve((_request, response) => response.end('ok'))
    const transport = transportWith()
    for (let count = 0; count < 5; count++) {
      await read(transport, get(server.url))
      await delay(10)
    }
    expect(server.sockets()).toBe(1)
  })

  it.each([false, true])('leaves the other side waiting while nobody reads; over TLS: %j', async (secure) => {
    const certificate = secure ? createCertificate() : undefined
    // Every piece another one: nothing may come twice, or in another order.
    const pieceOf = (index: number) => Buffer.alloc(64 * 1024, index % 251)
    const total = 40 * 1024 * 1024
    let written = 0
    const server = await serve(async (_request, response) => {
      while (written < total) {
        const piece = pieceOf(written / (64 * 1024))
        written += piece.length
        if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve))
      }
      response.end()
    }, certificate)
    const { body } = await transportWith(
      certificate && { certificateAuthorities: [certificate.cert] },
    ).request(get(server.url))
    await delay(300)
    // What the system's buffers on both sides hold; far from everything.
    expect(written).toBeLessThan(total / 2)
    let received = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += 997)
        expect(chunk[at]).toBe(Math.floor((received + at) / (64 * 1024)) % 251)
      received += chunk.length
    }
    expect(received).toBe(total)
  })

  it('does not take a slow reader for a server that stalls', async () => {
    const server = await serve((_request, response) => response.end(Buffer.alloc(2_000_000, 'x')))
    const { body } = await transportWith(short).request(get(server.url))
    await delay(500)
    let received = 0
    for await (const chunk of body) received += chunk.length
    expect(received).toBe(2_000_000)
  })

  it('T52: refuses every redirect, and the other address hears nothing', async () => {
    let visits = 0
    const other = await serve((_request, response) => {
      visits++
      response.end()
    })
    const transport = transportWith()
    for (const status of [300, 301, 302, 303, 304, 307, 308]) {
      const server = await serve((_request, response) =>
        response.writeHead(status, { location: other.url }).end(),
      )
      expect(await failureOf(transport.request(get(server.url)))).toMatchObject({ kind: 'redirect', status })
      expect(await failureOf(transport.fetch(server.url, { redirect: 'follow' }))).toMatchObject({
        kind: 'redirect',
      })
    }
    expect(visits).toBe(0)
  })

  it('T67: asks for no encoding, and refuses one that comes all the same', async () => {
    const asked: unknown[] = []
    const server = await serve((request, response) => {
      asked.push(request.headers['accept-encoding'])
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('a'.repeat(1_000_000)))
    })
    const transport = transportWith()
    expect(await failureOf(transport.request(get(server.url)))).toMatchObject({ kind: 'protocol' })
    expect(await failureOf(transport.fetch(server.url))).toMatchObject({ kind: 'protocol' })
    expect(asked).toEqual(['identity', 'identity'])
  })

  it('writes no header and no path that holds a line break', async () => {
    let requests = 0
    const server = await serve((_request, response) => {
      requests++
      response.end()
    })
    const transport = transportWith()
    const headers = { 'x-user': 'a\r\nx-admin: yes' }
    expect(await failureOf(transport.request(get(server.url, { headers })))).toMatchObject({
      kind: 'protocol',
      requestSent: false,
    })
    // A URL drops line breaks by itself.
    await read(transport, get(`${server.url}/a\r\nb`))
    expect(requests).toBe(1)
  })

  it.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'http://user:pass@127.0.0.1/'])(
    'does not go to %s',
    async (url) => {
      expect(await failureOf(transportWith().request(get(url)))).toMatchObject({
        kind: 'protocol',
        requestSent: false,
      })
    },
  )
})

describe('a connection', () => {
  it('carries a body of unknown length, at the pace of the other side', async () => {
    const server = await serve(async (request, response) => {
      await delay(100)
      let size = 0
      for await (const chunk of request) size += chunk.length
      response.end(`${request.headers['transfer-encoding']} ${size}`)
    })
    let made = 0
    const body = Readable.from(
      (function* () {
        for (; made < 500; made++) yield Buffer.alloc(64 * 1024)
      })(),
      { objectMode: false },
    )
    const transport = transportWith()
    const answer = read(transport, get(server.url, { method: 'POST', body }))
    await delay(50)
    expect(made).toBeLessThan(400)
    expect(await answer).toBe(`chunked ${500 * 64 * 1024}`)
    expect(await read(transport, get(server.url, { method: 'POST', body: 'x' }))).toBe('undefined 1')
    expect(server.sockets()).toBe(1)
  })

  it('carries a stream whose length is known as such, and breaks where it is another one', async () => {
    const server = await serve(async (request, response) => {
      const chunks = await request.toArray().catch(() => [])
      response.end(`${request.headers['content-length']} ${Buffer.concat(chunks)}`)
    })
    const transport = transportWith()
    const post = (length: string) =>
      get(server.url, {
        method: 'POST',
        headers: { 'content-length': length },
        body: Readable.from([Buffer.from('ab'), Buffer.from('c')], { objectMode: false }),
      })
    expect(await read(transport, post('3'))).toBe('3 abc')
    await failureOf(transport.request(post('2')))
    await failureOf(transport.request(post('4')))
  })

  it('on which the answer comes before the request is whole is used for no other', async () => {
    const server = await serve((_request, response) => response.writeHead(413).end('no'))
    const body = new Readable({ read() {} })
    body.push('begin')
    const transport = transportWith()
    expect(await read(transport, get(server.url, { method: 'POST', body }))).toBe('no')
    expect(body.destroyed).toBe(true)
    expect(await read(transport, get(server.url))).toBe('no')
    expect(await settled(() => server.sockets() === 1)).toBe(true)
  })

  it('ends when the body of the request breaks', async () => {
    const server = await serve((request) => request.on('error', () => {}).resume())
    const body = new Readable({ read() {} })
    body.push('begin')
    const call = transportWith().request(get(server.url, { method: 'POST', body }))
    setTimeout(() => body.destroy(new Error('broken')), 50)
    await failureOf(call)
    expect(await settled(() => server.sockets() === 0)).toBe(true)
  })

  it('is given up before the other side would close it', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'keep-alive': 'timeout=1' }).end('ok'),
    )
    const transport = transportWith()
    await read(transport, get(server.url))
    const idle = server.sockets()
    await read(transport, get(server.url))
    expect(idle).toBe(1)
    expect(await settled(() => server.sockets() <= 1)).toBe(true)
  })

  it('that says something unasked is never used again', async () => {
    const address = await serveTcp((socket) => {
      socket.on('error', () => {})
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmine')
        setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nothers'), 10)
      })
    })
    const transport = transportWith()
    for (let round = 0; round < 3; round++) {
      expect(await read(transport, get(`http://${address}/`))).toBe('mine')
      await delay(40)
    }
  })

  it('of an answer that is paused as it ends serves the next one', async () => {
    const server = await serve((_request, response) => response.end('x'.repeat(100_000)))
    const transport = transportWith()
    for (let round = 0; round < 3; round++) {
      const { body } = await transport.request(get(server.url))
      await delay(20)
      expect(Buffer.concat(await body.toArray())).toHaveLength(100_000)
    }
    expect(server.sockets()).toBe(1)
  })
})

describe('limits', () => {
  it('F04: a connection that does not come about is a connect timeout', async () => {
    // Accepts, and never says a word of TLS.
    const address = await serveTcp((socket) => void closing.push(async () => void socket.destroy()))
    const error = await failureOf(transportWith(short).request(get(`https://${address}/`)))
    expect(error).toMatchObject({ kind: 'connect_timeout', requestSent: false })
  })

  it('F05: silence before the head, and after it, is a first-byte timeout', async () => {
    const silent = await serve(() => {})
    const transport = transportWith(short)
    expect(await failureOf(read(transport, get(silent.url)))).toMatchObject({
      kind: 'first_byte_timeout',
      requestSent: true,
      headReceived: false,
    })
    const headOnly = await serve((_request, response) => response.flushHeaders())
    expect(await failureOf(read(transport, get(headOnly.url)))).toMatchObject({
      kind: 'first_byte_timeout',
      headReceived: true,
    })
    expect(await settled(() => silent.sockets() + headOnly.sockets() === 0)).toBe(true)
  })

  it('F06: silence in the middle is an idle timeout', async () => {
    const server = await serve((_request, response) => response.write('half'))
    expect(await failureOf(read(transportWith(short), get(server.url)))).toMatchObject({
      kind: 'idle_timeout',
    })
    expect(await settled(() => server.sockets() === 0)).toBe(true)
  })

  it('F05: the same way out may be had with other times, which a request overrules', async () => {
    const { url } = await serve((_request, response) => void setTimeout(() => response.end('late'), 400))
    const transport = transportWith({ timeouts: { firstByteMs: 100 } })
    const patient = transport.withTimeouts({ firstByteMs: 600_000 })
    const hasty = patient.withTimeouts({ idleMs: 1 }).withTimeouts({ firstByteMs: 50 })
    expect((await failureOf(transport.request(get(url)))).message).toContain('100 ms')
    expect((await failureOf(hasty.request(get(url)))).message).toContain('50 ms')
    const own = await failureOf(patient.request(get(url, { timeouts: { firstByteMs: 60 } })))
    expect(own.message).toContain('60 ms')
    expect(await read(patient, get(url))).toBe('late')
    expect(await (await patient.fetch(url)).text()).toBe('late')
    await patient.close()
    expect((await failureOf(Promise.resolve().then(() => transport.request(get(url))))).kind).toBe('aborted')
  })

  it('F05: a request may have more time than the others', async () => {
    const server = await serve(async (_request, response) => {
      await delay(500)
      response.end('late')
    })
    const transport = transportWith(short)
    await failureOf(read(transport, get(server.url)))
    expect(await read(transport, get(server.url, { timeouts: { firstByteMs: 600_000 } }))).toBe('late')
  })

  it('pieces that keep coming never time out', async () => {
    const server = await serve(async (_request, response) => {
      for (let count = 0; count < 6; count++) {
        response.write('x')
        await delay(80)
      }
      response.end()
    })
    expect(await read(transportWith(short), get(server.url))).toBe('xxxxxx')
  })

  it('T69: a body over the cap ends the exchange, whether its length was said or not', async () => {
    const said = await serve((_request, response) => response.end('x'.repeat(5_000)))
    const unsaid = await serve((_request, response) => {
      response.write('x'.repeat(2_500))
      response.end('x'.repeat(2_500))
    })
    const transport = transportWith({ maxResponseBytes: 4_999 })
    expect(await failureOf(read(transport, get(said.url)))).toMatchObject({ kind: 'too_large' })
    expect(await failureOf(read(transport, get(unsaid.url)))).toMatchObject({ kind: 'too_large' })
    expect(await read(transport, get(said.url, { maxResponseBytes: 5_000 }))).toHaveLength(5_000)
  })

  it('an event stream has no length to cap', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('x'.repeat(5_000)),
    )
    expect(await read(transportWith({ maxResponseBytes: 100 }), get(server.url))).toHaveLength(5_000)
  })

  it('T54: a head of megabytes is refused', async () => {
    const address = await serveTcp((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(3_000_000)}\r\n\r\n`))
    })
    expect(await failureOf(transportWith().request(get(`http://${address}/`)))).toMatchObject({
      kind: 'too_large',
    })
  })
})

describe('a connection that fails', () => {
  it('F04: that is refused was never sent', async () => {
    const server = await startServer(() => {})
    await server.close()
    expect(await failureOf(transportWith().request(get(server.url)))).toMatchObject({
      kind: 'connect',
      requestSent: false,
    })
  })

  it('F07: that breaks tells whether the head was there', async () => {
    const before = await serve((request) => void request.socket.resetAndDestroy())
    const after = await serve((request, response) => {
      response.write('half')
      setTimeout(() => request.socket.resetAndDestroy(), 20)
    })
    const transport = transportWith()
    expect(await failureOf(read(transport, get(before.url)))).toMatchObject({
      kind: 'reset',
      requestSent: true,
      headReceived: false,
    })
    expect(await failureOf(read(transport, get(after.url)))).toMatchObject({
      kind: 'reset',
      headReceived: true,
    })
  })

  it('F07: that ends inside a body is not the end of the body', async () => {
    const heads = ['content-length: 100', 'transfer-encoding: chunked']
    for (const head of heads) {
      const address = await serveTcp((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n5\r\nhello\r\n`))
      })
      expect(await failureOf(read(transportWith(), get(`http://${address}/`)))).toMatchObject({
        kind: 'reset',
      })
    }
  })

  it('F08: that speaks something else is a protocol error', async () => {
    const address = await serveTcp((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end('220 mail.example.com ESMTP\r\n'))
    })
    expect(await failureOf(transportWith().request(get(`http://${address}/`)))).toMatchObject({
      kind: 'protocol',
    })
  })

  it('F15: that died while it was idle is replaced, and the request arrives once', async () => {
    let requests = 0
    const server = await serve((_request, response) => {
      requests++
      response.end('ok')
    })
    const transport = transportWith()
    for (let round = 1; round <= 5; round++) {
      expect(await read(transport, get(server.url, { method: 'POST', body: 'x' }))).toBe('ok')
      expect(requests).toBe(round)
      server.resetAll()
      await delay(20)
    }
  })

  it('F15: a request that was taken is never sent again', async () => {
    let requests = 0
    const server = await serve((request, response) => {
      requests++
      if (requests === 1) response.end('ok')
      else request.socket.resetAndDestroy()
    })
    const transport = transportWith()
    await read(transport, get(server.url))
    await delay(20)
    expect(await failureOf(read(transport, get(server.url)))).toMatchObject({
      kind: 'reset',
      requestSent: true,
    })
    await delay(50)
    expect(requests).toBe(2)
  })
})

describe('TLS', () => {
  const ok = (_request: IncomingMessage, response: ServerResponse) => void response.end('ok')
  const yesterday = new Date(Date.now() - 86_400_000)

  it('F16: goes on with a certificate that is trusted', async () => {
    const certificate = createCertificate()
    const server = await serve(ok, certificate)
    expect(await read(transportWith({ certificateAuthorities: [certificate.cert] }), get(server.url))).toBe(
      'ok',
    )
  })

  it('F16: stops at one that signed itself, one that has expired, and one of another name', async () => {
    const selfSigned = await serve(ok, createCertificate())
    expect(await failureOf(transportWith().request(get(selfSigned.url)))).toMatchObject({
      kind: 'tls',
      requestSent: false,
    })

    for (const certificate of [
      createCertificate({ notBefore: new Date(0), notAfter: yesterday }),
      createCertificate({ dnsNames: ['elsewhere.example'] }),
    ]) {
      const server = await serve(ok, certificate)
      const transport = transportWith({ certificateAuthorities: [certificate.cert] })
      expect(await failureOf(transport.request(get(server.url)))).toMatchObject({
        kind: 'tls',
        requestSent: false,
      })
    }
  })
})

describe('giving up', () => {
  it('before the start sends nothing', async () => {
    let requests = 0
    const server = await serve(() => void requests++)
    const error = await failureOf(transportWith().request(get(server.url, { signal: AbortSignal.abort() })))
    expect(error).toMatchObject({ kind: 'aborted', requestSent: false })
    expect(requests).toBe(0)
  })

  it('while waiting, and in the middle, closes the socket', async () => {
    const silent = await serve(() => {})
    const endless = await serve(
      (_request, response) => void setInterval(() => response.write('x'), 10).unref(),
    )
    const transport = transportWith()
    for (const server of [silent, endless]) {
      const leave = new AbortController()
      const reading = read(transport, get(server.url, { signal: leave.signal }))
      setTimeout(() => leave.abort(), 100)
      expect(await failureOf(reading)).toMatchObject({ kind: 'aborted' })
      expect(await settled(() => server.sockets() === 0)).toBe(true)
    }
  })

  it('while connecting leaves nothing behind that sends', async () => {
    let requests = 0
    const server = await serve(() => void requests++)
    const leave = new AbortController()
    const call = failureOf(transportWith().request(get(server.url, { signal: leave.signal })))
    leave.abort()
    expect(await call).toMatchObject({ kind: 'aborted', requestSent: false })
    await delay(100)
    expect(requests).toBe(0)
  })

  it('of many at once leaves no idle connections behind, and the next request goes through', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/ok') response.end('ok')
    })
    const transport = transportWith()
    const leave = new AbortController()
    const calls = Array.from({ length: 50 }, () =>
      failureOf(transport.request(get(server.url, { signal: leave.signal }))),
    )
    await settled(() => server.sockets() === 50)
    leave.abort()
    await Promise.all(calls)
    expect(await read(transport, get(`${server.url}/ok`))).toBe('ok')
    expect(await settled(() => server.sockets() === 1)).toBe(true)
  })

  it('by dropping the body closes the socket', async () => {
    const server = await serve(
      (_request, response) => void setInterval(() => response.write('x'), 10).unref(),
    )
    const { body } = await transportWith().request(get(server.url))
    body.destroy()
    expect(await settled(() => server.sockets() === 0)).toBe(true)
  })

  it('on a body that nobody reads yet does not end the process', async () => {
    const server = await serve((_request, response) => void response.write('x'))
    const leave = new AbortController()
    const { body } = await transportWith().request(get(server.url, { signal: leave.signal }))
    leave.abort()
    await delay(50)
    expect(await failureOf(body.toArray())).toMatchObject({ kind: 'aborted' })
  })

  it('of everything ends what runs, and what would begin', async () => {
    const server = await serve(() => {})
    const transport = transportWith()
    const running = failureOf(transport.request(get(server.url)))
    await delay(50)
    await transport.close()
    expect(await running).toMatchObject({ kind: 'aborted' })
    expect(await failureOf(transport.request(get(server.url)))).toMatchObject({ kind: 'aborted' })
  })
})

describe('dispatch', () => {
  it('passes bytes on as they come, encoded ones too, and stops while it is told to', async () => {
    const packed = gzipSync('hello')
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
    )
    const chunks: Buffer[] = []
    await new Promise<void>((resolve, reject) => {
      const exchange = transportWith().dispatch(get(server.url), {
        onHead: (status) => expect(status).toBe(200),
        onData(chunk) {
          chunks.push(chunk)
          setTimeout(() => exchange.resume(), 20)
          return false
        },
        onEnd: resolve,
        onError: reject,
      })
    })
    expect(Buffer.concat(chunks)).toEqual(packed)
  })

  it('forgets a request and whoever waited for it, though the connection goes on', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const connections = new Set<Socket>()
    const { url } = await serve((request, response) => {
      connections.add(request.socket)
      request.resume().on('end', () => response.end('ok'))
    })
    const transport = transportWith()
    const asked = async () => {
      const body = Buffer.alloc(1 << 20)
      const { signal } = new AbortController()
      expect(await read(transport, get(url, { method: 'POST', body, signal }))).toBe('ok')
      return [new WeakRef(body), new WeakRef(signal)]
    }
    const held = [...(await asked()), ...(await asked())]
    // What is running may hold it still.
    await delay(20)
    collect()
    expect(held.map((each) => each.deref())).toEqual([undefined, undefined, undefined, undefined])
    expect(connections.size).toBe(1)
  })
})

async function settled(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 100 && !condition(); tries++) await delay(10)
  return condition()
}
