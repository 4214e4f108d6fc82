import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { classify } from './classify.js'
import type { Origin } from './origin.js'
import { TransportError, type TransportErrorKind } from './transport-error.js'

/** Times allowed to one request, in milliseconds. */
export interface Timeouts {
  /** To have a connection, name lookup and TLS included. */
  connectMs: number
  /** From the request on the wire to the head, and again from the head to the first byte of the body. */
  firstByteMs: number
  /** Between two pieces of the body, while the reader keeps up. */
  idleMs: number
}

/** Names in lower case; a header that came several times is an array. */
export type ResponseHeaders = Record<string, string | string[] | undefined>

/** One request. The destination comes from configuration, never from a caller. */
export interface OutboundRequest {
  method: string
  /** http or https, without user and password. */
  url: URL | string
  headers?: Record<string, string>
  /** Bytes as they are sent; a stream is sent chunked and never sent twice. */
  body?: Uint8Array | string | Readable
  /** Required, so that no call can outlive the one who asked for it. */
  signal: AbortSignal
  timeouts?: Partial<Timeouts>
  /** Largest body in bytes; one byte more ends the exchange with `too_large`. The transport's, unless an event stream. */
  maxResponseBytes?: number
}

/** What holds where the request says nothing. */
export interface ExchangeLimits {
  timeouts: Timeouts
  maxResponseBytes: number
}

/** Who receives an exchange. After `onEnd` or `onError`, of which exactly one is called, nothing more is. */
export interface ExchangeHandler {
  onHead(status: number, headers: ResponseHeaders): void
  /** False pauses the other side until `resume`. */
  onData(chunk: Buffer): boolean
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
 * One HTTP exchange on undici's dispatch API, with our own clock, so that undici's 300 s limits never cut in.
 * Neither redirects nor retries: a request that was written is never written again. (undici itself moves one that was
 * still waiting for a socket to a new connection when an idle one turns out to be dead.)
 */
export function startExchange(
  origin: Origin,
  url: URL,
  request: OutboundRequest,
  limits: ExchangeLimits,
  handler: ExchangeHandler,
): Exchange {
  const { signal } = request
  const times = { ...limits.timeouts, ...request.timeouts }
  let maxBytes = limits.maxResponseBytes
  let controller: Dispatcher.DispatchController | undefined
  let timer: NodeJS.Timeout | undefined
  let headStatus: number | undefined
  let receivedBytes = 0
  let paused = false
  let waiting = false
  let over = false

  const stopWaiting = () => {
    if (waiting) origin.waiting--
    waiting = false
  }

  const finish = () => {
    over = true
    stopWaiting()
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }

  const fail = (kind: TransportErrorKind, problem: string, cause?: unknown) => {
    if (over) return
    finish()
    const details = {
      cause,
      requestSent: controller !== undefined,
      headReceived: headStatus !== undefined,
      ...(headStatus === undefined ? {} : { status: headStatus }),
    }
    const error = new TransportError(kind, `${url.origin}: ${problem}`, details)
    controller?.abort(error)
    handler.onError(error)
  }

  const onAbort = () => fail('aborted', 'the call was given up', signal.reason)

  const arm = (milliseconds: number, kind: TransportErrorKind, problem: string) => {
    clearTimeout(timer)
    timer = setTimeout(() => fail(kind, `${problem} in ${milliseconds} ms`), milliseconds)
  }
  const failTooLarge = () => fail('too_large', `the answer is larger than ${maxBytes} bytes`)
  const armIdle = () => arm(times.idleMs, 'idle_timeout', 'nothing more came')

  const dispatchHandler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      // Thrown, not aborted: undici then drops the request and keeps the fresh socket for another.
      if (over) throw new TransportError('aborted', `${url.origin}: the call was over before it was sent`)
      controller = started
      stopWaiting()
      arm(times.firstByteMs, 'first_byte_timeout', 'no answer')
    },
    onResponseStart(_controller, status, headers) {
      if (over || status < 200) return
      headStatus = status
      // A redirect would carry `api-key`, `x-api-key` and the prompt to wherever it points.
      if (status < 400 && status >= 300) return fail('redirect', `answered ${status}, a redirect`)
      maxBytes = request.maxResponseBytes ?? (isEventStream(headers) ? Number.POSITIVE_INFINITY : maxBytes)
      if (Number(headers['content-length']) > maxBytes) return failTooLarge()
      // A model that thinks may send its head at once and its first byte much later.
      arm(times.firstByteMs, 'first_byte_timeout', 'no first byte of the body')
      handler.onHead(status, headers)
    },
    onResponseData(active, chunk) {
      if (over) return
      receivedBytes += chunk.length
      if (receivedBytes > maxBytes) return failTooLarge()
      const ready = handler.onData(chunk)
      if (over) return
      if (ready) return armIdle()
      // A reader that is slow is not a provider that stalls: the clock stands still meanwhile.
      clearTimeout(timer)
      paused = true
      active.pause()
    },
    onResponseEnd() {
      if (over) return
      finish()
      handler.onEnd()
    },
    onResponseError(_controller, error) {
      fail(classify(error, controller !== undefined), describe(error), error)
    },
  }

  if (signal.aborted) {
    // Later, so that the caller holds the exchange before its handler is called.
    queueMicrotask(onAbort)
  } else {
    signal.addEventListener('abort', onAbort, { once: true })
    arm(times.connectMs, 'connect_timeout', 'no connection')
    waiting = true
    origin.waiting++
    origin.pool.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers ?? {},
        body: request.body ?? null,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      dispatchHandler,
    )
  }

  return {
    resume() {
      if (over || !paused) return
      paused = false
      armIdle()
      controller?.resume()
    },
    abort: onAbort,
  }
}

/** Streams have no length to cap; whoever reads their events caps each of them. */
function isEventStream(headers: ResponseHeaders): boolean {
  return /^(text\/event-stream|application\/vnd\.amazon\.eventstream)\b/i.test(
    String(headers['content-type']),
  )
}

/** The client's own sentence names sockets and hosts alone; anything longer is cut. */
function describe(error: Error): string {
  return (error.message || error.name).slice(0, 200)
}
