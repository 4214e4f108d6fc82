import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createTransport } from '@gatehouse/outbound'
import { createCallerCheck } from './caller.js'
import { openCredential } from './credential.js'
import { createDestination } from './destination.js'
import type { Log } from './log.js'
import { type Counts, metricsText } from './metrics.js'
import { refusals, refuse, send } from './own-answer.js'
import { type Asked, Passage, type Way } from './passage.js'
import { type Settings, SettingsError } from './settings.js'
import { keepMemorySmall } from './small-memory.js'

/** A sidecar that listens. */
export interface Sidecar {
  /** Where it listens, as `http://127.0.0.1:8080`. */
  url: string
  /** Where its metrics are, if anywhere. */
  metricsUrl: string | undefined
  /** Takes no more connections, lets what runs end for a while, and stops. */
  close(): Promise<void>
}

/** Cloud clients send tokens and cookies of many kilobytes; Node's own 16 KiB would be ours to explain. */
const maxHeaderBytes = 64 << 10
/** Longer than the pools of most clients keep a connection, so that none is closed under a request. */
const keepAliveMs = 75_000
/** Models that think answer late, and callers have time limits of their own; ours would only be another one. */
const patience = {
  connectMs: 10_000,
  firstByteMs: Number.POSITIVE_INFINITY,
  idleMs: Number.POSITIVE_INFINITY,
}

/**
 * Starts it: the certificate is checked, the port taken, the first token on its way.
 * @param lookEveryMs how often the certificate file is looked at
 * @throws CertificateError, SettingsError
 */
export async function startSidecar(settings: Settings, log: Log, lookEveryMs?: number): Promise<Sidecar> {
  const transport = createTransport({ timeouts: patience })
  const credential = await openCredential(settings, transport, log, lookEveryMs)
  const counts: Counts = { answers: [], running: 0 }
  const tunnels = new Set<Socket>()
  const way: Way = { transport, upstream: settings.upstream, tokens: credential.tokens, log, tunnels }
  const check = createCallerCheck(settings.callerKey)
  const destination = createDestination(settings.upstream)
  let stopping = false

  const serve = (request: IncomingMessage, response: ServerResponse, more: Partial<Asked> = {}) => {
    watch(request, response)
    const { method, url = '' } = request
    if ((url === '/health' || url.startsWith('/health?')) && (method === 'GET' || method === 'HEAD')) {
      const isWell = !stopping && credential.tokens.validUntil() !== undefined
      return send(response, isWell ? 200 : 503, isWell ? '{"status":"ok"}' : '{"status":"unavailable"}')
    }
    keepMemorySmall()
    const problem = check(request)
    const target = problem ? undefined : destination(url)
    if (target === undefined) {
      // A body that waits for a word of ours may come or not: what comes next could be either.
      if (more.expectsContinue) response.shouldKeepAlive = false
      return refuse(response, refusals[problem ?? 'no_path'])
    }
    const passage = new Passage(way, { request, response, target, ...more })
    passage.start().catch((error: unknown) => passage.fail(error))
  }

  const watch = (request: IncomingMessage, response: ServerResponse) => {
    counts.running++
    if (stopping) response.shouldKeepAlive = false
    const began = log.isDebug ? performance.now() : 0
    response.once('close', () => {
      counts.running--
      const digit = Math.floor(response.statusCode / 100)
      counts.answers[digit] = (counts.answers[digit] ?? 0) + 1
      if (!log.isDebug) return
      // Without the query, in which some APIs take keys.
      const path = request.url?.split('?', 1)[0]
      const milliseconds = Math.round(performance.now() - began)
      log.debug('request', { method: request.method, path, status: response.statusCode, milliseconds })
    })
  }

  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    keepAliveTimeout: keepAliveMs,
    // A body may take as long as its line is slow.
    requestTimeout: 0,
    // HTTP/2 over an old connection is offered by some clients, and theirs to do without: RFC 9113 took it back.
    shouldUpgradeCallback: ({ headers }) =>
      !/^h2c$/i.test(headers.upgrade ?? '') &&
      !headers['transfer-encoding'] &&
      !Number(headers['content-length'] ?? 0),
  })
  server.on('request', (request, response) => serve(request, response))
  server.on('checkContinue', (request, response) => serve(request, response, { expectsContinue: true }))
  server.on('upgrade', (request, socket: Socket, head: Buffer) => {
    // Until the upstream has agreed it is a request like any other.
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    socket.on('error', () => {})
    response.assignSocket(socket)
    response.once('finish', () => socket.end())
    serve(request, response, { upgrade: { protocol: request.headers.upgrade ?? '', head } })
  })
  // A tunnel to wherever the caller says is what a sidecar must never be.
  server.on('connect', (_request, socket) => {
    socket.on('error', () => {})
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  })

  const metrics = createServer((request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(metricsText(counts, credential))
  })
  const { metricsPort } = settings
  try {
    await listen(server, 'PORT', settings.port, settings.host)
    if (metricsPort !== undefined) await listen(metrics, 'METRICS_PORT', metricsPort, '127.0.0.1')
  } catch (error) {
    credential.close()
    server.close()
    throw error
  }

  return {
    url: addressOf(server),
    metricsUrl: metricsPort === undefined ? undefined : addressOf(metrics),
    async close() {
      stopping = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      // Those that are kept open become idle one by one.
      const sweep = setInterval(() => server.closeIdleConnections(), 100)
      const cut = setTimeout(() => {
        server.closeAllConnections()
        for (const socket of tunnels) socket.destroy()
      }, settings.drainMs)
      await closed
      clearInterval(sweep)
      clearTimeout(cut)
      credential.close()
      await transport.close()
      metrics.close()
      metrics.closeAllConnections()
    },
  }
}

function addressOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

const listenProblems: Record<string, string> = {
  EADDRINUSE: 'is taken by another program',
  EADDRNOTAVAIL: 'HOST is no address of this machine',
  EACCES: 'needs more rights; take a port from 1024 on',
}

/** @throws SettingsError that names the variable */
function listen(server: Server, name: string, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new SettingsError(
          `${name}: ${port} on ${host}: ${listenProblems[error.code ?? ''] ?? error.message}`,
        ),
      ),
    )
    server.listen(port, host, resolve)
  })
}
