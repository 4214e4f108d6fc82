import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** A server on a loopback port of the system's choice. */
export interface RunningServer {
  /** As `http://127.0.0.1:41234`, or `https://localhost:41234`. */
  url: string
  /** Sockets that are open at this moment, idle ones included. */
  sockets: () => number
  /** Breaks every open socket with a reset, as a crash does. */
  resetAll: () => void
  /** Breaks what is open and stops. */
  close: () => Promise<void>
}

/** Certificate and key in PEM, for a server that speaks TLS. */
export interface ServerCertificate {
  cert: string
  key: string
}

/** Starts an HTTP server on loopback, with TLS where a certificate is given. */
export async function startServer(
  listener: RequestListener,
  tls?: ServerCertificate,
): Promise<RunningServer> {
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    sockets: () => open.size,
    resetAll() {
      for (const socket of open) socket.resetAndDestroy()
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
