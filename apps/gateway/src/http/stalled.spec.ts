import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { dropStalledReaders } from './stalled.js'

const afterMs = 500

describe('a client that does not read', () => {
  const servers: Server[] = []
  const sockets: Socket[] = []
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy()
    for (const server of servers.splice(0)) server.close().closeAllConnections()
  })

  async function serve(listener: RequestListener): Promise<Server> {
    const server = createServer({ keepAliveTimeout: 1500 }, listener)
    dropStalledReaders(server, afterMs)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return server
  }

  function ask(server: Server): Socket {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    )
    socket.on('error', () => {})
    sockets.push(socket)
    return socket
  }

  /** Of the server's side, in milliseconds. */
  const closed = (server: Server) =>
    new Promise<number>((resolve) => {
      const began = performance.now()
      server.on('connection', (socket) => socket.on('close', () => resolve(performance.now() - began)))
    })

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

  it('T70: is let go of, whole answer or stream, and the keep-alive comments do not count as life', async () => {
    for (const listener of [
      ((_, response) => void response.end(Buffer.alloc(64 << 20))) satisfies RequestListener,
      ((_, response) => {
        response.write(Buffer.alloc(64 << 20))
        const comments = setInterval(() => response.write(': keep-alive\n\n'), 50)
        response.on('close', () => clearInterval(comments))
      }) satisfies RequestListener,
    ]) {
      const server = await serve(listener)
      const gone = closed(server)
      ask(server).pause()
      expect(await gone).toBeGreaterThan(afterMs * 0.9)
    }
  })

  it('is not one who waits for a model that thinks, and may then not read either', async () => {
    const server = await serve((_, response) => {
      setTimeout(() => response.end('thought'), afterMs * 4)
    })
    let answer = ''
    const socket = ask(server)
    socket.on('data', (chunk) => {
      answer += chunk.toString()
    })
    await pause(afterMs * 4.5)
    expect(answer).toContain('thought')

    const late = await serve((_, response) => {
      setTimeout(() => response.end(Buffer.alloc(64 << 20)), afterMs * 3)
    })
    const gone = closed(late)
    ask(late).pause()
    expect(await gone).toBeGreaterThan(afterMs * 3.9)
  })

  it('is not one who reads slowly, nor one whose stream is long', async () => {
    const size = 24 << 20
    const server = await serve((_, response) => void response.end(Buffer.alloc(size)))
    const socket = ask(server)
    let read = 0
    // A little, and then nothing for a while, again and again.
    socket.on('data', (chunk) => {
      read += chunk.length
      if (read % (4 << 20) < chunk.length) {
        socket.pause()
        setTimeout(() => socket.resume(), afterMs / 4)
      }
    })
    while (read < size && !socket.destroyed) await pause(20)
    expect(read).toBeGreaterThan(size)

    const streaming = await serve((_, response) => {
      const words = setInterval(() => response.write('word '), afterMs / 5)
      setTimeout(() => response.end('end'), afterMs * 4)
      response.on('finish', () => clearInterval(words))
    })
    let text = ''
    const reader = ask(streaming)
    reader.on('data', (chunk) => {
      text += chunk.toString()
    })
    await pause(afterMs * 4.5)
    expect(text).toContain('end')
  })

  it('an idle connection is still closed by the keep-alive timeout', async () => {
    const server = await serve((_, response) => void response.end('ok'))
    const gone = closed(server)
    ask(server)
    expect(await gone).toBeGreaterThan(1400)
  })
})
