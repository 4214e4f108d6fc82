import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import { steadyNow } from '../steady-clock.js'
import { Connection, type WireHandler, type WireRequest } from './connection.js'

/** How connections are made. */
export interface PoolOptions {
  /** Certificate authorities in PEM, in place of the system's. */
  authorities?: string[] | undefined
  /** Milliseconds for which an idle connection is kept, where the other side keeps it that long. */
  keepAliveMs?: number
  /** Idle connections that are kept; more are closed as they become idle. */
  maxIdle?: number
}

/** Who receives an exchange; see WireHandler. */
export interface PoolHandler extends WireHandler {
  /** A connection is there, and the request goes out now. */
  onStart(): void
}

/** The caller's hand on it. */
export interface PoolExchange {
  pause(): void
  resume(): void
  /** Closes the connection; the handler hears nothing more. */
  abort(): void
}

/** Long enough for the pause in a conversation. */
const keepAlive = 30_000
const sweepMs = 1000

/**
 * The connections to one origin: HTTP/1.1, one exchange on each at a time, TLS always verified. The connection that
 * was used last is used first, so that those of a burst grow old and go. Nothing is ever sent twice.
 */
export class Pool {
  private readonly idle: Connection[] = []
  private readonly all = new Set<{ fail(error: Error): void }>()
  private readonly secure: boolean
  private readonly port: number
  private context: SecureContext | undefined
  private session: Buffer | undefined
  private sweeper: NodeJS.Timeout | undefined
  private readonly keepAliveMs: number
  private readonly maxIdle: number

  constructor(
    private readonly origin: URL,
    private readonly options: PoolOptions = {},
  ) {
    this.secure = origin.protocol === 'https:'
    this.port = origin.port === '' ? (this.secure ? 443 : 80) : Number(origin.port)
    this.keepAliveMs = options.keepAliveMs ?? keepAlive
    this.maxIdle = options.maxIdle ?? 512
  }

  /** Sends a request over an idle connection, or a new one; one that asks for another protocol over a new one. */
  dispatch(request: WireRequest, handler: PoolHandler): PoolExchange {
    const connection = request.upgrade ? undefined : this.take()
    if (connection) return start(connection, request, handler)
    return this.connect(request, handler)
  }

  /** Ends every connection at once; what runs on one fails with ERR_POOL_CLOSED. */
  close(): void {
    clearInterval(this.sweeper)
    for (const each of [...this.all])
      each.fail(Object.assign(new Error('The pool was closed.'), { code: 'ERR_POOL_CLOSED' }))
    this.idle.length = 0
  }

  private take(): Connection | undefined {
    for (let connection = this.idle.pop(); connection; connection = this.idle.pop()) {
      if (connection.usable && !this.expired(connection)) {
        connection.hold(true)
        return connection
      }
      connection.destroy()
    }
    return undefined
  }

  private connect(request: WireRequest, handler: PoolHandler): PoolExchange {
    const opening = new Opening(request, handler, this.all)
    // One that may be handed over has to be a socket that anybody can read.
    const isRead = request.upgrade !== true
    const socket = this.open(isRead ? (piece) => opening.connection?.read(piece) : undefined)
    opening.follow(socket, this.secure ? 'secureConnect' : 'connect', () => {
      const connection = new Connection(
        socket,
        isRead,
        (free) => this.keep(free),
        (gone) => this.all.delete(gone),
      )
      this.all.add(connection)
      return connection
    })
    return opening
  }

  /** @param read takes what comes; without it the socket is read as any other */
  private open(read: ((piece: Buffer) => void) | undefined): Socket {
    const reading = read ? { onread: { buffer: landing, callback: landed(read) } } : {}
    // The brackets of an IPv6 address belong to the URL alone.
    const host = this.origin.hostname.replace(/^\[|\]$/g, '')
    if (!this.secure) return connectTcp({ host, port: this.port, ...reading })
    // One for all: reading the authorities takes milliseconds.
    this.context ??= createSecureContext(this.options.authorities ? { ca: this.options.authorities } : {})
    const socket = connectTls({
      host,
      port: this.port,
      secureContext: this.context,
      ...(isIP(host) ? {} : { servername: host }),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
      ...(this.session ? { session: this.session } : {}),
      ...reading,
    })
    socket.on('session', (session) => {
      if (socket.authorized) this.session = session
    })
    return socket
  }

  private keep(connection: Connection): void {
    if (this.idle.length >= this.maxIdle) return void connection.destroy()
    connection.idleSince = steadyNow()
    connection.hold(false)
    this.idle.push(connection)
    this.sweeper ??= setInterval(() => this.sweep(), sweepMs).unref()
  }

  private expired({ idleSince, keepAliveMs }: Connection): boolean {
    return steadyNow() - idleSince > Math.min(keepAliveMs, this.keepAliveMs)
  }

  private sweep(): void {
    for (let index = this.idle.length - 1; index >= 0; index--) {
      const connection = this.idle[index]
      if (!connection || (connection.usable && !this.expired(connection))) continue
      this.idle.splice(index, 1)
      connection.destroy()
    }
    if (this.idle.length > 0) return
    clearInterval(this.sweeper)
    this.sweeper = undefined
  }
}

/**
 * Where the bytes of every read arrive, of all connections: a read is over before the next one begins. By itself Node
 * takes 64 KiB for each, and gives back what an answer leaves of them.
 */
const landing = Buffer.allocUnsafeSlow(64 << 10)

/** A copy for each reader. True: reading goes on, until somebody pauses it. */
const landed = (read: (piece: Buffer) => void) => (length: number) => {
  read(Buffer.from(landing.subarray(0, length)))
  return true
}

/** A connection on its way up, and the exchange that waits for it. */
class Opening implements PoolExchange {
  connection: Connection | undefined
  private running: PoolExchange | undefined
  private socket: Socket | undefined
  /** No longer kept once it runs: what reads the connection keeps this for as long as there are requests on it. */
  private waiting: { request: WireRequest; handler: PoolHandler } | undefined

  constructor(
    request: WireRequest,
    handler: PoolHandler,
    private readonly all: Set<{ fail(error: Error): void }>,
  ) {
    this.waiting = { request, handler }
  }

  /** @param connected makes the connection of the socket, once `event` says that it is up */
  follow(socket: Socket, event: 'connect' | 'secureConnect', connected: () => Connection): void {
    this.socket = socket
    this.all.add(this)
    socket.on('error', this.fail)
    socket.on('close', this.closed)
    socket.once(event, () => {
      const { waiting } = this
      if (!waiting) return
      this.waiting = undefined
      socket.off('error', this.fail)
      socket.off('close', this.closed)
      this.all.delete(this)
      this.connection = connected()
      this.running = start(this.connection, waiting.request, waiting.handler)
    })
  }

  readonly fail = (error: Error): void => {
    const { waiting } = this
    this.giveUp()
    waiting?.handler.onError(error)
  }

  pause(): void {
    this.running?.pause()
  }

  resume(): void {
    this.running?.resume()
  }

  abort(): void {
    if (this.running) this.running.abort()
    else this.giveUp()
  }

  private readonly closed = (): void =>
    this.fail(Object.assign(new Error('The connection was closed at once.'), { code: 'ECONNRESET' }))

  private giveUp(): void {
    this.waiting = undefined
    this.all.delete(this)
    this.socket?.destroy()
  }
}

function start(connection: Connection, request: WireRequest, handler: PoolHandler): PoolExchange {
  handler.onStart()
  connection.send(request, handler)
  return {
    pause: () => connection.pause(),
    resume: () => connection.resume(),
    abort: () => connection.destroy(),
  }
}
