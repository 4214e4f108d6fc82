import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import type { OutboundRequest, PassedOn } from './exchange.js'
import type { RawHead } from './http1/response-parser.js'
import { createTransport, type Transport } from './transport.js'
import type { TransportError } from './transport-error.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A server that keeps what it hears, and answers once that ends with a text. */
async function serve(ending: string, answer: string) {
  const seen = { bytes: '', sockets: [] as Socket[] }
  const server = createServer((socket) => {
    seen.sockets.push(socket)
    closing.push(() => socket.destroy())
    socket.on('error', () => {})
    socket.on('data', (piece: Buffer) => {
      seen.bytes += piece.toString('latin1')
      if (seen.bytes.endsWith(ending)) socket.write(answer, 'latin1')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return { seen, host: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

interface Heard {
  informational: RawHead[]
  head?: RawHead | undefined
  body: string
  trailers: string[]
  upgrade?: { raw: RawHead; socket: Socket; rest: string }
  error?: TransportError
}

/** Sends a request that is passed on, and gives all that came of it. */
function pass(
  host: string,
  passedOn: PassedOn,
  more: Partial<OutboundRequest> = {},
  transport = endless(),
): Promise<Heard> {
  const heard: Heard = { informational: [], body: '', trailers: [] }
  return new Promise((resolve) => {
    transport.dispatch(
      { method: 'GET', url: `http://${host}`, signal: new AbortController().signal, passedOn, ...more },
      {
        onInformational: (raw) => void heard.informational.push(raw),
        onHead: (_status, _headers, raw) => {
          heard.head = raw
        },
        onData(chunk) {
          heard.body += chunk.toString('latin1')
          return true
        },
        onTrailers: (fields) => void heard.trailers.push(...fields),
        onEnd: () => resolve(heard),
        onError: (error) => resolve({ ...heard, error }),
        onUpgrade: (raw, socket, rest) =>
          resolve({ ...heard, upgrade: { raw, socket, rest: rest.toString('latin1') } }),
      },
    )
  })
}

function endless(): Transport {
  const transport = createTransport({
    timeouts: { firstByteMs: Number.POSITIVE_INFINITY, idleMs: Number.POSITIVE_INFINITY },
  })
  closing.push(() => transport.close())
  return transport
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('a request that is passed on', () => {
  it('T85: keeps its target and its headers as they were written, but for those of the connection', async () => {
    const { seen, host } = await serve('\r\n\r\n', ok)
    await pass(host, {
      target: '/a%2Fb/../c;d?e=+&e=%20\xe9',
      fields: [
        'X-A',
        '1',
        'x-b',
        'caf\xe9',
        'X-A',
        '2',
        'Host',
        'EVIL',
        'Content-Length',
        '9',
        'Trailer',
        'X',
      ],
    })
    expect(seen.bytes).toBe(
      `GET /a%2Fb/../c;d?e=+&e=%20\xe9 HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\nX-A: 1\r\nx-b: caf\xe9\r\nX-A: 2\r\nTrailer: X\r\n\r\n`,
    )
  })

  it.each([
    ['a target that is none', { target: 'http://EVIL/', fields: [] }],
    ['a target with a line break', { target: '/a\r\nb', fields: [] }],
    ['a star without OPTIONS', { target: '*', fields: [] }],
    ['a value with a line break', { target: '/', fields: ['x', 'a\r\nb: c'] }],
    ['a name with a colon', { target: '/', fields: ['x:', 'a'] }],
    ['a protocol with a line break', { target: '/', fields: [], upgrade: 'a\r\nb: c' }],
  ])('is not sent with %s', async (_name, passedOn: PassedOn) => {
    const { seen, host } = await serve('\r\n\r\n', ok)
    expect((await pass(host, passedOn)).error).toMatchObject({ kind: 'protocol', requestSent: false })
    expect(seen.bytes).toBe('')
  })

  it('T85: has trailers behind a chunked body, and none that would change who it is from', async () => {
    const { seen, host } = await serve('X-Sum: 3\r\n\r\n', ok)
    const body = Readable.from([Buffer.from('abc')], { objectMode: false })
    const trailers = () => ['Authorization', 'Bearer mine', 'Content-Length', '1', 'X-Sum', '3']
    await pass(host, { target: '/', fields: [], trailers }, { method: 'POST', body })
    expect(seen.bytes.split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe('3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n')
  })

  it('T85: says what it expects, and that it takes trailers', async () => {
    const { seen, host } = await serve('\r\n\r\n', `HTTP/1.1 100 Continue\r\n\r\n${ok}`)
    const heard = await pass(host, { target: '/', fields: [], expectsContinue: true, acceptsTrailers: true })
    expect(seen.bytes).toContain('\r\nconnection: keep-alive, te\r\nte: trailers\r\nexpect: 100-continue\r\n')
    expect(heard.informational).toMatchObject([{ status: 100, reason: 'Continue' }])
  })
})

describe('its answer', () => {
  it('T85: is told with its reason, its headers as they were written, and its trailers', async () => {
    const { host } = await serve(
      '\r\n\r\n',
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 299 Quite OK\r\nX-A:  1 \r\nx-a: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: \xe9 \r\n\r\n',
    )
    const heard = await pass(host, { target: '/', fields: [] })
    expect(heard).toEqual({
      informational: [{ status: 103, reason: 'Early Hints', fields: ['Link', '</a>'] }],
      head: {
        status: 299,
        reason: 'Quite OK',
        fields: ['X-A', '1', 'x-a', '2', 'Transfer-Encoding', 'chunked'],
      },
      body: 'ok',
      trailers: ['X-Sum', '\xe9'],
    })
  })

  it.each([301, 304, 308])('may be %s, which is for the caller to judge', async (status) => {
    const { host } = await serve(
      '\r\n\r\n',
      `HTTP/1.1 ${status} x\r\nLocation: http://EVIL/\r\nContent-Length: 0\r\n\r\n`,
    )
    expect(await pass(host, { target: '/', fields: [] })).toMatchObject({ head: { status } })
  })

  it('hands the socket over where an upgrade was asked for, with what came behind the head', async () => {
    const { seen, host } = await serve(
      '\r\n\r\n',
      'HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello',
    )
    const { upgrade } = await pass(host, { target: '/', fields: [], upgrade: 'x' })
    expect(seen.bytes).toContain('\r\nconnection: upgrade\r\nupgrade: x\r\n')
    expect(upgrade).toMatchObject({ raw: { status: 101, reason: 'Go' }, rest: 'hello' })
    upgrade?.socket.write('back')
    await expect.poll(() => seen.bytes.endsWith('back')).toBe(true)
    const more = new Promise((resolve) => upgrade?.socket.once('data', resolve).resume())
    seen.sockets[0]?.write('more')
    expect(String(await more)).toBe('more')
    upgrade?.socket.destroy()
  })

  it('hands over a socket that anybody can read, also where a connection is idle', async () => {
    const server = createServer((socket) => {
      closing.push(() => socket.destroy())
      socket.on('error', () => {})
      socket.on('data', (piece: Buffer) => {
        const text = piece.toString('latin1')
        if (text.includes('upgrade: x')) socket.write('HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\n')
        else socket.write(text.startsWith('GET') ? ok : text.toUpperCase())
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const transport = endless()
    expect((await pass(host, { target: '/', fields: [] }, {}, transport)).body).toBe('ok')
    const { upgrade } = await pass(host, { target: '/', fields: [], upgrade: 'x' }, {}, transport)
    const echo = new Promise((resolve) => upgrade?.socket.once('data', resolve).resume())
    upgrade?.socket.write('hello')
    expect(String(await echo)).toBe('HELLO')
    upgrade?.socket.destroy()
    // And the idle one goes on.
    expect((await pass(host, { target: '/', fields: [] }, {}, transport)).body).toBe('ok')
  })

  it('is no 101 where none was asked for', async () => {
    const { host } = await serve('\r\n\r\n', 'HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\n')
    expect((await pass(host, { target: '/', fields: [] })).error).toMatchObject({ kind: 'protocol' })
  })
})
