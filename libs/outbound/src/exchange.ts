import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { classify } from './classify.js'
import { bytesOf } from './http1/connection.js'
import type { Pool, PoolExchange, PoolHandler } from './http1/pool.js'
import { type HopRequests, requestHead } from './http1/request-head.js'
import type { RawHead, ResponseHeaders } from './http1/response-parser.js'
import { steadyNow } from './steady-clock.js'
import { TransportError, type TransportErrorKind } from './transport-error.js'

/** Times allowed to one request, in milliseconds; Infinity for no limit. */
export interface Timeouts {
  /** To have a connection, name lookup and TLS included. */
  connectMs: number
  /** From the request on the wire to the head, and again from the head to the first byte of the body. */
  firstByteMs: number
  /** Between two pieces of the body, while the reader keeps up. */
  idleMs: number
}

/** What of an AbortSignal is used here, so that a hot path may bring a lighter one. */
export interface CancelSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/**
 * A request that is passed on as it came, for a relay that knows nothing of what it carries. Its handler hears raw heads,
 * answers of 1xx and trailers; a redirect and a 304 are answers like any other, for the caller to judge.
 */
export interface PassedOn extends HopRequests {
  /** Path and query as they were written, in place of the address's; `*` with OPTIONS alone. */
  target: string
  /**
   * Names and values in turn, in their order, in place of `headers`. What belongs to the connection is left out, and
   * written anew: host, framing, upgrade, expect.
   */
  fields: readonly string[]
  /** Bytes of a body that is a stream; without them it is sent chunked. */
  length?: number | undefined
  /** Names and values in turn, asked for once a body that is sent chunked has ended. */
  trailers?: (() => readonly string[]) | undefined
}

/** One request. The destination comes from configuration, never from a caller. */
export interface OutboundRequest {
  method: string
  /** http or https, without user and password. */
  url: URL | string
  headers?: Record<string, string>
  passedOn?: PassedOn
  /** Bytes as they are sent, in one piece or several; a stream is sent chunked, unless `content-length` is among the headers, and never twice. */
  body?: Uint8Array | string | readonly Uint8Array[] | Readable
  /** Required, so that no call can outlive the one who asked for it. */
  signal: CancelSignal
  timeouts?: Partial<Timeouts>
  /** Largest body in bytes; one byte more ends the exchange with `too_large`. The transport's, unless an event stream. */
  maxResponseBytes?: number
}

/** Where a request goes. */
export interface Target {
  pool: Pool
  origin: string
  host: string
  /** With its query. */
  path: string
  /** All of it. */
  href: string
}

/** What holds where the request says nothing. */
export interface ExchangeLimits {
  timeouts: Timeouts
  maxResponseBytes: number
}

/** Who receives an exchange. After `onEnd` or `onError`, of which exactly one is called, nothing more is. */
export interface ExchangeHandler {
  /** `raw` for a request that is passed on. */
  onHead(status: number, headers: ResponseHeaders, raw?: RawHead): void
  /** An answer of 1xx to a request that is passed on. */
  onInformational?(raw: RawHead): void
  /** False pauses the other side until `resume`. */
  onData(chunk: Buffer): boolean
  /** Names and values in turn, before `onEnd`, of a request that is passed on. */
  onTrailers?(fields: string[]): void
  /** The upgrade was granted, which is an end: the socket is paused and the handler's, and `rest` was read from it. */
  onUpgrade?(raw: RawHead, socket: Socket, rest: Buffer): void
  onEnd(): void
  onError(error: TransportError): void
}

/** The caller's hand on a running exchange. */
export interface Exchange {
  resume(): void
  /** Closes the socket. The handler hears `onError` with kind `aborted`, unless it is over. */
  abort(): void
}

/**
 * One HTTP exchange over a pool of connections, with its own clock. Neither redirects nor retries: a request that was
 * written is never written again.
 */
export function startExchange(
  target: Target,
  request: OutboundRequest,
  limits: ExchangeLimits,
  handler: ExchangeHandler,
): Exchange {
  const exchange = new RunningExchange(target, request, limits, handler)
  exchange.begin()
  return exchange
}

class RunningExchange implements Exchange, PoolHandler {
  private readonly timeouts: Timeouts
  private maxBytes: number
  private wire: PoolExchange | undefined
  private timer: NodeJS.Timeout | undefined
  /** When the timer fires, and what then is over, unless its end has moved on meanwhile; by `steadyNow()`. */
  private timerAt = 0
  private deadline = 0
  private phase: keyof Timeouts = 'connectMs'
  private requestSent = false
  private headStatus: number | undefined
  private receivedBytes = 0
  private paused = false
  private over = false

  constructor(
    private readonly target: Target,
    private readonly request: OutboundRequest,
    limits: ExchangeLimits,
    private readonly handler: ExchangeHandler,
  ) {
    this.timeouts = request.timeouts ? { ...limits.timeouts, ...request.timeouts } : limits.timeouts
    this.maxBytes = limits.maxResponseBytes
  }

  begin(): void {
    const { signal, method, headers, body, passedOn } = this.request
    if (signal.aborted) return void queueMicrotask(this.abort)
    const { pool, host, path } = this.target
    const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? null)
    const length = passedOn ? passedOn.length : saidLength(headers)
    let head: string
    try {
      const framed =
        bytes === null ? null : bytes instanceof Readable ? (length ?? 'chunked') : bytesOf(bytes)
      head = passedOn
        ? requestHead(method, host, passedOn.target, passedOn.fields, framed, passedOn)
        : requestHead(method, host, path, headers, framed)
    } catch (error) {
      // Later, so that the caller holds the exchange before its handler is called.
      return void queueMicrotask(() => this.fail('protocol', describe(error as Error), error))
    }
    signal.addEventListener('abort', this.abort, { once: true })
    this.enter('connectMs')
    const bodiless = method === 'HEAD'
    this.wire = pool.dispatch(
      passedOn
        ? { head, body: bytes, length, bodiless, raw: true, ...wishes(passedOn) }
        : { head, body: bytes, length, bodiless },
      this,
    )
  }

  resume(): void {
    if (this.over || !this.paused) return
    this.paused = false
    this.enter('idleMs')
    this.wire?.resume()
  }

  readonly abort = (): void => this.fail('aborted', 'the call was given up', this.request.signal.reason)

  onStart(): void {
    this.requestSent = true
    this.enter('firstByteMs')
  }

  onHead(status: number, headers: ResponseHeaders, raw?: RawHead): void {
    if (this.over) return
    this.headStatus = status
    // A redirect would carry `api-key`, `x-api-key` and the prompt to wherever it points.
    if (status < 400 && status >= 300 && !this.request.passedOn)
      return void this.fail('redirect', `answered ${status}, a redirect`)
    this.maxBytes =
      this.request.maxResponseBytes ?? (isEventStream(headers) ? Number.POSITIVE_INFINITY : this.maxBytes)
    if (Number(headers['content-length']) > this.maxBytes && this.request.method !== 'HEAD')
      return void this.failTooLarge()
    // A model that thinks may send its head at once and its first byte much later.
    this.enter('firstByteMs')
    this.handler.onHead(status, headers, raw)
  }

  onInformational(raw: RawHead): void {
    if (!this.over) this.handler.onInformational?.(raw)
  }

  onTrailers(fields: string[]): void {
    if (!this.over) this.handler.onTrailers?.(fields)
  }

  onUpgrade(raw: RawHead, socket: Socket, rest: Buffer): void {
    if (this.over || !this.handler.onUpgrade) return void socket.destroy()
    this.finish()
    this.handler.onUpgrade(raw, socket, rest)
  }

  onData(piece: Buffer): void {
    if (this.over) return
    this.receivedBytes += piece.length
    if (this.receivedBytes > this.maxBytes) return void this.failTooLarge()
    const ready = this.handler.onData(piece)
    if (this.over) return
    if (ready) return void this.enter('idleMs')
    // A reader that is slow is not a provider that stalls: the clock stands still meanwhile.
    this.deadline = Number.POSITIVE_INFINITY
    this.paused = true
    this.wire?.pause()
  }

  onEnd(): void {
    if (this.over) return
    this.finish()
    this.handler.onEnd()
  }

  onError(error: Error): void {
    this.fail(classify(error, this.requestSent), describe(error), error)
  }

  private finish(): void {
    this.over = true
    clearTimeout(this.timer)
    this.request.signal.removeEventListener('abort', this.abort)
  }

  private fail(kind: TransportErrorKind, problem: string, cause?: unknown): void {
    if (this.over) return
    this.finish()
    const error = new TransportError(kind, `${this.target.origin}: ${problem}`, {
      cause,
      requestSent: this.requestSent,
      headReceived: this.headStatus !== undefined,
      ...(this.headStatus === undefined ? {} : { status: this.headStatus }),
    })
    this.wire?.abort()
    this.handler.onError(error)
  }

  private failTooLarge(): void {
    this.fail('too_large', `the answer is larger than ${this.maxBytes} bytes`)
  }

  /** Begins a phase with a limit of its own. One timer serves all: it is set anew only where it would fire too late. */
  private enter(phase: keyof Timeouts): void {
    this.phase = phase
    const now = steadyNow()
    this.deadline = now + this.timeouts[phase]
    if (this.timer !== undefined && this.timerAt <= this.deadline) return
    clearTimeout(this.timer)
    if (this.deadline === Number.POSITIVE_INFINITY) this.timer = undefined
    else this.setTimer(now)
  }

  private setTimer(now: number): void {
    this.timerAt = this.deadline
    this.timer = setTimeout(this.tick, Math.max(1, this.deadline - now))
  }

  private readonly tick = (): void => {
    const now = steadyNow()
    // Half a millisecond: timers fire by whole ones.
    if (now >= this.deadline - 0.5) {
      const { kind, problem } =
        silences[this.headStatus !== undefined && this.phase === 'firstByteMs' ? 'body' : this.phase]
      return void this.fail(kind, `${problem} in ${this.timeouts[this.phase]} ms`)
    }
    if (this.deadline === Number.POSITIVE_INFINITY) this.timer = undefined
    else this.setTimer(now)
  }
}

const silences: Record<keyof Timeouts | 'body', { kind: TransportErrorKind; problem: string }> = {
  connectMs: { kind: 'connect_timeout', problem: 'no connection' },
  firstByteMs: { kind: 'first_byte_timeout', problem: 'no answer' },
  body: { kind: 'first_byte_timeout', problem: 'no first byte of the body' },
  idleMs: { kind: 'idle_timeout', problem: 'nothing more came' },
}

const wishes = ({ upgrade, trailers }: PassedOn) => ({ upgrade: upgrade !== undefined, trailers })

/** A stream whose length its sender knows is sent as such: some servers take no chunks. */
function saidLength(headers: Record<string, string> | undefined): number | undefined {
  const length = headers?.['content-length']
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined
}

/** Streams have no length to cap; whoever reads their events caps each of them. */
function isEventStream(headers: ResponseHeaders): boolean {
  const type = headers['content-type']
  return (
    type !== undefined && /^(text\/event-stream|application\/vnd\.amazon\.eventstream)\b/i.test(String(type))
  )
}

/** The client's own sentence names sockets and hosts alone; anything longer is cut. */
function describe(error: Error): string {
  return (error.message || error.name).slice(0, 200)
}
