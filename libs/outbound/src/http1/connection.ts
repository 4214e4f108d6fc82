import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { noTrailers, writeFields } from './request-head.js'
import { MessageProblem, type RawHead, type ResponseHeaders, ResponseParser } from './response-parser.js'

/** One request as it goes over a connection. */
export interface WireRequest {
  /** As `requestHead` makes it. */
  head: string
  body: Uint8Array | readonly Uint8Array[] | Readable | null
  /** Bytes of a body that is a stream, where the head says them; it is sent chunked otherwise. */
  length: number | undefined
  /** The answer to HEAD has no body. */
  bodiless: boolean
  /** Heads are told as they were written, and so are trailers and answers of 1xx. */
  raw?: boolean
  /** The request asks for another protocol. */
  upgrade?: boolean
  /** Names and values in turn; asked for when a body that is sent chunked has ended. */
  trailers?: (() => readonly string[]) | undefined
}

/** Who receives what comes of a request. After `onEnd` or `onError`, of which one is called, nothing more is. */
export interface WireHandler {
  onHead(status: number, headers: ResponseHeaders, raw?: RawHead): void
  onInformational?(raw: RawHead): void
  onData(piece: Buffer): void
  onTrailers?(fields: string[]): void
  /** The other protocol was granted: the socket is the handler's, paused, and `rest` has been read from it. An end too. */
  onUpgrade?(raw: RawHead, socket: Socket, rest: Buffer): void
  onEnd(): void
  /** The connection is gone: an error of the socket, or a MessageProblem. */
  onError(error: Error): void
}

/** Up to here head and body are copied into one write. */
const copiedBytes = 64 << 10

/** Bytes of a body, in one piece or several. */
export function bytesOf(body: Uint8Array | readonly Uint8Array[]): number {
  return body instanceof Uint8Array ? body.length : body.reduce((sum, { length }) => sum + length, 0)
}

/** One connection to an origin, for one exchange at a time. */
export class Connection {
  /** Milliseconds for which the other side keeps it idle, where it says so. */
  keepAliveMs = Number.POSITIVE_INFINITY
  /** When it was last used, by `steadyNow()`. */
  idleSince = 0
  private parser: ResponseParser | undefined
  private handler: WireHandler | undefined
  private upload: Readable | undefined
  private sent = false
  private broken = false

  constructor(
    private readonly socket: Socket,
    /** Somebody else calls `read` with what comes. */
    isRead: boolean,
    /** It may carry another request now. */
    private readonly onFree: (connection: Connection) => void,
    /** It is gone. */
    private readonly onGone: (connection: Connection) => void,
  ) {
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 30_000)
    if (!isRead) socket.on('data', this.onData)
    socket.on('end', this.onEnd)
    socket.on('error', this.onError)
    socket.on('close', this.onClose)
  }

  private readonly onData = (chunk: Buffer): void => this.read(chunk)
  private readonly onEnd = (): void => this.ended()
  private readonly onError = (error: Error): void => this.fail(error)
  private readonly onClose = (): void =>
    this.fail(new MessageProblem('the connection was closed', 'early_end'))

  /** Whether a request can be written at all; what the system knows and has not told yet excepted. */
  get usable(): boolean {
    return !this.broken && !this.socket.destroyed && this.socket.writable && !this.socket.readableEnded
  }

  /** Sends a request. */
  send(request: WireRequest, handler: WireHandler): void {
    const { head, body, bodiless } = request
    this.handler = handler
    this.parser = new ResponseParser(
      {
        onHead: (status, headers, raw) => {
          const hint = /\btimeout=(\d{1,6})/.exec(String(headers['keep-alive'] ?? ''))
          if (hint) this.keepAliveMs = Math.max(0, Number(hint[1]) * 1000 - 1000)
          this.handler?.onHead(status, headers, raw)
        },
        onInformational: (raw) => this.handler?.onInformational?.(raw),
        onBody: (piece) => this.handler?.onData(piece),
        onTrailers: (fields) => this.handler?.onTrailers?.(fields),
        onEnd: (reusable) => this.finished(reusable),
        onUpgrade: (raw, rest) => this.handOver(raw, rest),
      },
      bodiless,
      request,
    )
    const { socket } = this
    this.sent = !(body instanceof Readable)
    if (body instanceof Readable) {
      socket.write(head, 'latin1')
      this.stream(body, request)
    } else if (body === null) socket.write(head, 'latin1')
    else this.write(head, body instanceof Uint8Array ? [body] : body)
  }

  /** In one write to the system; a large body is not copied for it. */
  private write(head: string, pieces: readonly Uint8Array[]): void {
    const { socket } = this
    const length = bytesOf(pieces)
    if (length === 0) return void socket.write(head, 'latin1')
    if (length > copiedBytes) {
      socket.cork()
      socket.write(head, 'latin1')
      for (const piece of pieces) socket.write(piece)
      socket.uncork()
      return
    }
    const whole = Buffer.allocUnsafe(head.length + length)
    let at = whole.write(head, 'latin1')
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    socket.write(whole)
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  /** Closes at once; its handler hears nothing more. */
  destroy(): void {
    this.release()
    this.broken = true
    this.socket.destroy()
    this.onGone(this)
  }

  /** Lets the process end while nothing runs on it, or not. */
  hold(hold: boolean): void {
    if (hold) this.socket.ref()
    else this.socket.unref()
  }

  /** A body that is a stream, at the pace of the socket; one of unknown length chunked (RFC 9112 section 7.1). */
  private stream(body: Readable, { length, trailers }: WireRequest): void {
    const { socket } = this
    this.upload = body
    body.on('error', (error) => this.fail(error))
    body.on('close', () => {
      if (!body.readableEnded) this.fail(new Error('The body of the request ended early.'))
    })
    let left = length ?? Number.POSITIVE_INFINITY
    const onDrain = () => body.resume()
    socket.on('drain', onDrain)
    body.on('data', (piece: Buffer | string) => {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
      if (bytes.length === 0 || this.upload !== body) return
      left -= bytes.length
      if (left < 0) return this.fail(new Error('The body of the request is longer than it says.'))
      if (length !== undefined) {
        if (!socket.write(bytes)) body.pause()
        return
      }
      socket.cork()
      socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
      socket.write(bytes)
      const more = socket.write('\r\n', 'latin1')
      socket.uncork()
      if (!more) body.pause()
    })
    body.on('end', () => {
      socket.off('drain', onDrain)
      if (this.upload !== body) return
      this.sent = true
      this.upload = undefined
      if (length === undefined) {
        let written: string
        try {
          written = trailers ? writeFields(trailers(), noTrailers) : ''
        } catch (error) {
          return this.fail(error as Error)
        }
        socket.write(`0\r\n${written}\r\n`, 'latin1')
      } else if (left > 0) this.fail(new Error('The body of the request is shorter than it says.'))
    })
  }

  /** Takes bytes of the socket; they are the connection's own from here on. */
  read(chunk: Buffer): void {
    // An answer that nobody asked for would be taken for the next one's.
    if (!this.parser) return void this.destroy()
    try {
      this.parser.push(chunk)
    } catch (error) {
      this.fail(error as Error)
    }
  }

  private ended(): void {
    if (!this.parser) return void this.destroy()
    try {
      this.parser.close()
    } catch (error) {
      this.fail(error as Error)
    }
  }

  private handOver(raw: RawHead, rest: Buffer): void {
    const { handler, socket } = this
    socket.pause()
    socket.off('data', this.onData)
    socket.off('end', this.onEnd)
    socket.off('error', this.onError)
    socket.off('close', this.onClose)
    this.release()
    this.broken = true
    this.onGone(this)
    if (handler?.onUpgrade) handler.onUpgrade(raw, socket, rest)
    else socket.destroy()
  }

  private finished(reusable: boolean): void {
    const { handler } = this
    // An answer before the request was whole: what is left of it must not become the next one's beginning.
    const free = reusable && this.sent && this.usable
    this.release()
    if (free) {
      // Nobody reads an idle connection that stays paused, and its end would go unseen.
      if (this.socket.isPaused()) this.socket.resume()
      this.onFree(this)
    } else this.destroy()
    handler?.onEnd()
  }

  /** Closes at once, and tells its handler why. */
  fail(error: Error): void {
    const { handler } = this
    if (this.broken && !handler) return
    this.destroy()
    handler?.onError(error)
  }

  private release(): void {
    this.handler = undefined
    this.parser = undefined
    const { upload } = this
    this.upload = undefined
    upload?.destroy()
  }
}
