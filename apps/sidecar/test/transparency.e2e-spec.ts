import { createHash, randomBytes } from 'node:crypto'
import { request as ask, type IncomingHttpHeaders, METHODS } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { call, serve, serveTcp, sidecarTo, until } from './harness.js'

/** An upstream that reads one request, keeps its bytes, and answers with bytes. */
async function scripted(answer: string | Buffer, ending = '\r\n\r\n') {
  const seen = { bytes: '' }
  const url = await serveTcp((socket) => {
    let bytes = ''
    socket.on('data', (piece: Buffer) => {
      bytes += piece.toString('latin1')
      if (!bytes.endsWith(ending)) return
      seen.bytes = bytes
      bytes = ''
      socket.write(answer)
    })
  })
  return { url, seen }
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('T85: a request goes through as it is', () => {
  it('T85: with its path, its query and its headers byte for byte, repeated ones in their order', async () => {
    const { url, seen } = await scripted(ok, 'body')
    const sidecar = await sidecarTo(url)
    const line = 'POST /a%2Fb/%2e%C3%A4;v=1/c+d//e?b=2&a=1&b=%20+;x=%252F HTTP/1.1\r\n'
    const headers = [
      'Content-Type: application/json',
      'X-Repeated: one',
      'x-other:  spaced out  ',
      'X-Repeated: two',
      'Accept-Encoding: gzip, br',
      'Cookie: a=b; c=d',
      'X-Latin: caf\xe9',
    ]
    const own = 'Host: localhost\r\nConnection: keep-alive\r\nContent-Length: 4\r\n'
    const caller = call(
      sidecar.url,
      Buffer.from(`${line}${own}${headers.join('\r\n')}\r\n\r\nbody`, 'latin1'),
    )
    await caller.until('ok')
    expect(seen.bytes).toBe(
      `${line}host: ${new URL(url).host}\r\nconnection: keep-alive\r\n${headers
        .join('\r\n')
        .replace(
          ':  spaced out  ',
          ': spaced out',
        )}\r\nauthorization: Bearer entra-token-1\r\ncontent-length: 4\r\n\r\nbody`,
    )
  })

  it('T85: by every method that HTTP/1.1 servers know', async () => {
    const upstream = await serve((request, response) => {
      response.setHeader('x-method', request.method ?? '')
      request.resume().on('end', () => response.end(request.method === 'HEAD' ? undefined : request.method))
    })
    const sidecar = await sidecarTo(upstream.url)
    for (const method of METHODS.filter((name) => name !== 'CONNECT')) {
      const { status, headers, body } = await exchange(sidecar.url, { method })
      expect([method, status, headers['x-method'], body]).toEqual([
        method,
        200,
        method,
        method === 'HEAD' ? '' : method,
      ])
    }
  })

  it('T85: chunked with trailers, and without', async () => {
    const { url, seen } = await scripted(ok, 'X-Sum: 900\r\n\r\n')
    const sidecar = await sidecarTo(url)
    const head = 'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n'
    const caller = call(sidecar.url, head)
    await delay(20)
    caller.socket.write('3\r\nabc\r\n0\r\nX-Sum: 900\r\nAuthorization: Bearer mine\r\n\r\n')
    await caller.until('ok')
    expect(seen.bytes).toMatch(/\r\nTrailer: X-Sum\r\n/)
    expect(seen.bytes).toMatch(/\r\ntransfer-encoding: chunked\r\n/)
    expect(seen.bytes.endsWith('3\r\nabc\r\n0\r\nX-Sum: 900\r\n\r\n')).toBe(true)
  })

  it('T85: with an expectation, whose answer is the one of the upstream', async () => {
    let upstreamSocket: Socket | undefined
    let heard = ''
    const url = await serveTcp((socket) => {
      upstreamSocket = socket
      socket.on('data', (piece) => {
        heard += piece.toString('latin1')
      })
    })
    const sidecar = await sidecarTo(url)
    const head = 'POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n'
    const willing = call(sidecar.url, head)
    expect(await until(() => heard.includes('expect: 100-continue'))).toBe(true)
    await delay(50)
    expect(willing.received()).toBe('')
    upstreamSocket?.write('HTTP/1.1 100 Continue\r\n\r\n')
    await willing.until('100 Continue\r\n\r\n')
    willing.socket.write('body')
    expect(await until(() => heard.endsWith('\r\n\r\nbody'))).toBe(true)
    upstreamSocket?.write(ok)
    expect(await willing.until('ok')).toContain('HTTP/1.1 200 OK')

    heard = ''
    upstreamSocket?.destroy()
    const refused = call(sidecar.url, head)
    expect(await until(() => heard.includes('expect: 100-continue'))).toBe(true)
    upstreamSocket?.write('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno')
    const answer = await refused.until('\r\n\r\nno')
    expect(answer).toContain('HTTP/1.1 417 Expectation Failed')
    // The body may come or not: nothing else may stand on this connection.
    expect(answer.toLowerCase()).toContain('connection: close')
  })

  it('T85: of a gigabyte, at the pace of the upstream', async () => {
    const size = 1 << 30
    let received = 0
    const upstream = await serve((request, response) => {
      request.on('data', (piece: Buffer) => {
        received += piece.length
        if (received < 20_000_000) {
          request.pause()
          setTimeout(() => request.resume(), 5)
        }
      })
      request.on('end', () => response.end(String(received)))
    })
    const sidecar = await sidecarTo(upstream.url)
    const piece = Buffer.alloc(1 << 20, 'x')
    const before = process.memoryUsage.rss()
    let most = 0
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = ask(
        `${sidecar.url}/upload`,
        { method: 'PUT', headers: { 'content-length': size } },
        (response) => {
          let text = ''
          response.on('data', (chunk) => {
            text += chunk
          })
          response.on('end', () => resolve(text))
        },
      )
      sent.on('error', reject)
      let left = size / piece.length
      const write = () => {
        while (left > 0) {
          left--
          if (left % 64 === 0) most = Math.max(most, process.memoryUsage.rss() - before)
          if (!sent.write(piece)) return void sent.once('drain', write)
        }
        sent.end()
      }
      write()
    })
    expect(answer).toBe(String(size))
    expect(most).toBeLessThan(400 << 20)
  }, 120_000)

  it('T85: encoded bodies stay as they are, both ways', async () => {
    const packed = gzipSync(randomBytes(200_000))
    const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    let sent = ''
    const upstream = await serve(async (request, response) => {
      sent = sum(Buffer.concat(await request.toArray()))
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed)
    })
    const sidecar = await sidecarTo(upstream.url)
    const { raw, headers } = await exchange(sidecar.url, {
      method: 'POST',
      headers: { 'content-encoding': 'gzip' },
      body: packed,
    })
    expect(sent).toBe(sum(packed))
    expect(headers['content-encoding']).toBe('gzip')
    expect(sum(raw)).toBe(sum(packed))
  })
})

describe('T85: an answer comes back as it is', () => {
  it('T85: with its status, its reason and its headers, repeated ones in their order', async () => {
    const head =
      'HTTP/1.1 203 Very Special\r\nServer: up\r\nSet-Cookie: a=1\r\nX-B: caf\xe9\r\nSet-Cookie: b=2\r\n'
    const { url } = await scripted(Buffer.from(`${head}Content-Length: 2\r\n\r\nok`, 'latin1'))
    const sidecar = await sidecarTo(url)
    const caller = call(sidecar.url, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const answer = await caller.until('ok')
    expect(answer.startsWith(`${head}Content-Length: 2\r\n`)).toBe(true)
    expect(answer.toLowerCase()).not.toContain('\r\ndate:')
  })

  it('T85: whatever its status, redirects and those without a body included', async () => {
    const upstream = await serve((request, response) => {
      const status = Number(request.url?.slice(1))
      response.writeHead(status, { location: 'http://127.0.0.1:9/', 'x-status': status })
      response.end(status === 204 || status === 304 ? undefined : `body of ${status}`)
    })
    const sidecar = await sidecarTo(upstream.url)
    const statuses = [
      200, 201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 403, 404, 409, 413, 418, 422, 429, 451,
      500, 501, 502, 503, 504, 529, 599,
    ]
    for (const status of statuses) {
      const answer = await exchange(`${sidecar.url}/${status}`)
      const body = status === 204 || status === 304 ? '' : `body of ${status}`
      expect([answer.status, answer.headers['x-status'], answer.body]).toEqual([status, String(status), body])
    }
  })

  it('T85: to HEAD, and 304, with the length of what was not sent', async () => {
    const { url } = await scripted('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 1234\r\n\r\n')
    const sidecar = await sidecarTo(url)
    const caller = call(sidecar.url, 'HEAD /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => caller.received().match(/HTTP\/1\.1 304 Not Modified\r\n/g)?.length === 2)
    expect(caller.received().match(/\r\nContent-Length: 1234\r\n/g)).toHaveLength(2)
  })

  it('T85: with early hints before it, and trailers behind', async () => {
    const { url, seen } = await scripted(
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n',
    )
    const sidecar = await sidecarTo(url)
    const caller = call(sidecar.url, 'GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: TE\r\n\r\n')
    const answer = await caller.until('X-Sum: 7\r\n\r\n')
    expect(answer.startsWith('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\n')).toBe(
      true,
    )
    expect(answer).toContain('2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n')
    expect(seen.bytes).toContain('\r\nte: trailers\r\n')
  })

  it('T85: byte by byte, each as soon as it came', async () => {
    let upstreamSocket: Socket | undefined
    const url = await serveTcp((socket) => {
      upstreamSocket = socket
    })
    const sidecar = await sidecarTo(url)
    const caller = call(sidecar.url, 'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => upstreamSocket !== undefined)
    upstreamSocket?.write(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    // The head alone, while nothing else is there.
    await caller.until('text/event-stream')
    let text = ''
    for (const letter of 'data: x\n\n') {
      upstreamSocket?.write(`1\r\n${letter}\r\n`)
      text += `1\r\n${letter}\r\n`
      expect(await until(() => caller.received().endsWith(text))).toBe(true)
    }
    upstreamSocket?.write('0\r\n\r\n')
    await caller.until('0\r\n\r\n')
  })

  it('T85: at the pace of whoever reads it', async () => {
    const piece = Buffer.alloc(64 << 10, 'x')
    const total = 64 << 20
    let written = 0
    const upstream = await serve(async (_request, response) => {
      while (written < total) {
        written += piece.length
        if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve))
      }
      response.end()
    })
    const sidecar = await sidecarTo(upstream.url)
    let received = 0
    await new Promise<void>((resolve) => {
      ask(sidecar.url, (response) => {
        response.pause()
        setTimeout(() => {
          expect(written).toBeLessThan(total / 2)
          response.on('data', (chunk: Buffer) => {
            received += chunk.length
          })
          response.on('end', resolve)
          response.resume()
        }, 500)
      }).end()
    })
    expect(received).toBe(total)
  })

  it('T85: that comes before the body was whole reaches the caller, and the connection goes on', async () => {
    const upstream = await serve((_request, response) => response.writeHead(413).end('too large'))
    const sidecar = await sidecarTo(upstream.url)
    const caller = call(
      sidecar.url,
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(100_000)}`,
    )
    expect(await caller.until('too large')).toContain('HTTP/1.1 413 ')
    caller.socket.write('x'.repeat(900_000))
    caller.socket.write('GET /again HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await until(() => caller.received().match(/HTTP\/1\.1 413 /g)?.length === 2)).toBe(true)
  })
})

describe('a caller', () => {
  it('that leaves ends its request upstream, before the answer and within it', async () => {
    const upstream = await serve((request, response) => {
      if (request.url === '/stream') setInterval(() => response.write('x'), 10).unref()
    })
    const sidecar = await sidecarTo(upstream.url)
    for (const path of ['/silent', '/stream']) {
      const caller = call(sidecar.url, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect(await until(() => upstream.sockets() === 1)).toBe(true)
      await delay(50)
      caller.socket.destroy()
      expect(await until(() => upstream.sockets() === 0)).toBe(true)
    }
  })

  it('hears 502 when the upstream is gone or breaks off before its head, and a broken connection after it', async () => {
    const nobody = await serve(() => {})
    await nobody.close()
    const gone = await exchange((await sidecarTo(nobody.url)).url)
    expect([gone.status, JSON.parse(gone.body)]).toMatchObject([
      502,
      { error: { code: 'upstream_unreachable' } },
    ])

    const upstream = await serve((request, response) => {
      if (request.url === '/late') response.write('half')
      setTimeout(() => request.socket.resetAndDestroy(), 50)
    })
    const sidecar = await sidecarTo(upstream.url)
    expect((await exchange(`${sidecar.url}/early`)).status).toBe(502)
    await expect(exchange(`${sidecar.url}/late`)).rejects.toThrow()
  })
})

describe('T85: another protocol', () => {
  it('T85: goes both ways once the upstream has agreed, what was said early included', async () => {
    let heard = ''
    const url = await serveTcp((socket) => {
      let upgraded = false
      socket.on('data', (piece) => {
        heard += piece.toString('latin1')
        if (upgraded) return void socket.write(piece.toString().toUpperCase())
        upgraded = true
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: abc\r\n\r\nhello',
        )
      })
    })
    const sidecar = await sidecarTo(url)
    const caller = call(
      sidecar.url,
      'GET /realtime?model=x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nAuthorization: Bearer mine\r\n\r\nearly',
    )
    const answer = await caller.until('EARLY')
    expect(answer).toContain(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: abc\r\n\r\nhello',
    )
    expect(heard).toContain('GET /realtime?model=x HTTP/1.1\r\n')
    expect(heard).toContain('connection: upgrade\r\nupgrade: websocket\r\n')
    expect(heard).toContain('Sec-WebSocket-Key: k\r\nauthorization: Bearer entra-token-1\r\n')
    expect(heard).not.toContain('mine')
    caller.socket.write('more')
    await caller.until('MORE')
    caller.socket.end()
    await caller.until('never')
    expect(caller.socket.destroyed).toBe(true)
  })

  it('T85: that is refused is an ordinary answer, after another token was tried', async () => {
    const heard: string[] = []
    const upstream = await serve((request, response) => {
      heard.push(request.headers.authorization ?? '')
      response.writeHead(heard.length === 1 ? 401 : 403, { connection: 'close' }).end('no')
    })
    const sidecar = await sidecarTo(upstream.url)
    const caller = call(
      sidecar.url,
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
    expect(await caller.until('\r\n\r\nno')).toContain('HTTP/1.1 403 Forbidden\r\n')
    expect(heard).toEqual(['Bearer entra-token-1', 'Bearer entra-token-2'])
  })

  it('that is HTTP/2 is not taken up: the request is served as it stands', async () => {
    const upstream = await serve(async (request, response) =>
      response.end(`${request.headers.upgrade} ${Buffer.concat(await request.toArray())}`),
    )
    const sidecar = await sidecarTo(upstream.url)
    const caller = call(
      sidecar.url,
      'POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\nContent-Length: 4\r\n\r\nbody',
    )
    expect(await caller.until('undefined body')).toContain('HTTP/1.1 200 OK')
  })
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  raw: Buffer
  body: string
}

function exchange(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = ask(url, { method, headers }, async (response) => {
      try {
        const raw = Buffer.concat(await response.toArray())
        resolve({ status: response.statusCode ?? 0, headers: response.headers, raw, body: raw.toString() })
      } catch (error) {
        reject(error)
      }
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
