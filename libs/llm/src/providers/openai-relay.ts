import { type Exchange, type OutboundRequest, type Transport, unwantedEncoding } from '@gatehouse/outbound'
import { type FailureContext, toFailure } from '../failure.js'
import type { RelayClient, RelayHandler, RelayRequest } from '../provider.js'
import { adaptBody, DoneMark, isEventStream, type Quirks } from './openai-quirks.js'
import { type ReadBody, Refusal, readRelayed } from './relay-refusal.js'
import { type RelayToken, type Start, sendProven } from './relay-token.js'
import { isBytes, toUpload } from './relay-upload.js'

/** Where a provider is, and what proves us there. */
export interface RelayTarget {
  /** @throws AppError `invalid_request` for a path that leads elsewhere, which becomes the call's end */
  addressOf: (path: string, model: string | undefined) => URL
  headers: Readonly<Record<string, string>>
  /** A credential that lives for a while, sent as a bearer; beside it `headers` hold none. */
  token?: RelayToken
  quirks?: Quirks | undefined
  /** What the caller may say otherwise; names in lower case. */
  defaults?: Readonly<Record<string, string>>
  /** OpenAI's unless told. */
  readBody?: ReadBody
}

/** Headers that only we may write: what proves somebody, and what frames a message (RFC 9110, RFC 9112). */
const ours = new Set([
  ...['authorization', 'proxy-authorization', 'api-key', 'x-api-key', 'x-goog-api-key', 'cookie'],
  ...[
    'host',
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ],
  ...['content-length', 'content-type', 'content-encoding', 'expect', 'accept-encoding', 'user-agent'],
])

/** A body that its caller sends slowly: the clock for the first byte runs from the first byte of the request. */
const uploadTimeouts = { firstByteMs: 10 * 60_000 }

type Headers = Readonly<Record<string, string>>

/** Passes requests on to an API of OpenAI's shape, or of another that is told. */
export function openAiRelay(transport: Transport, context: FailureContext, target: RelayTarget): RelayClient {
  const own: Headers = {
    ...target.headers,
    // An answer is read by us as well as by the caller, and nobody is to inflate it.
    'accept-encoding': 'identity',
    'user-agent': 'gatehouse',
  }
  // Frozen, so that the transport checks and writes them once.
  const json: Headers = Object.freeze({ ...target.defaults, ...own, 'content-type': 'application/json' })
  /** The same with a token, kept for as long as it is the one in use. */
  let proven = { token: '', own, json }

  const headersOf = (request: RelayRequest, token: string | undefined): Headers => {
    if (token !== undefined && token !== proven.token) {
      const authorization = `Bearer ${token}`
      proven = { token, own: { ...own, authorization }, json: Object.freeze({ ...json, authorization }) }
    }
    const { headers, contentType, contentLength, body } = request
    if (headers === undefined && contentType === undefined && isBytes(body)) {
      return token === undefined ? json : proven.json
    }
    return {
      ...target.defaults,
      ...Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !ours.has(name.toLowerCase()))),
      ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
      ...(contentLength === undefined || isBytes(body) ? {} : { 'content-length': String(contentLength) }),
      ...(token === undefined ? own : proven.own),
    }
  }

  const way: Way = { transport, context, target }
  const { token: tokens } = target
  if (!tokens) {
    return { send: (request, handler) => relay(way, request, headersOf(request, undefined), handler) }
  }
  const start: Start = (request, handler, token, onRefusedToken) =>
    relay(way, request, headersOf(request, token), handler, onRefusedToken)
  return { send: (request, handler) => sendProven(tokens, context, request, handler, start) }
}

/** What every request of a client has in common. */
interface Way {
  transport: Transport
  context: FailureContext
  target: RelayTarget
}

/**
 * Sends one request and passes its answer on.
 * @param onRefusedToken hears of a 401 first; true: it goes on with the call itself, and the handler hears nothing more
 */
function relay(
  { transport, context, target }: Way,
  request: RelayRequest,
  headers: Headers,
  handler: RelayHandler,
  onRefusedToken?: () => boolean,
): Exchange {
  const { path, model, method = 'POST', signal } = request
  const { quirks } = target
  const upload = toUpload(request.body)
  let refused: Refusal | undefined
  let mark: DoneMark | undefined
  let begun = false
  let over = false

  const fail = (error: unknown) => {
    if (over) return
    over = true
    upload?.stream.destroy()
    const read = (cause: unknown) => readRelayed(cause, quirks, target.readBody)
    const about = model === undefined ? { ...context, namesNoModel: true } : context
    handler.onError(toFailure(upload?.problem() ?? error, about, read, signal, begun))
  }
  const dispatch = (url: URL): Exchange => {
    const outbound: OutboundRequest = { method, url, headers: headers as Record<string, string>, signal }
    if (upload) {
      outbound.body = upload.stream
      outbound.timeouts = uploadTimeouts
    } else if (isBytes(request.body)) {
      const { body } = request
      outbound.body =
        quirks && path === '/chat/completions'
          ? adaptBody(body instanceof Uint8Array ? body : Buffer.concat(body), quirks)
          : body
    }
    const exchange = transport.dispatch(outbound, {
      onHead(status, head) {
        if (status === 401 && onRefusedToken?.()) {
          over = true
          return exchange.abort()
        }
        if (status >= 400) {
          refused = new Refusal(status, head)
          return
        }
        const problem = unwantedEncoding(head)
        if (problem) {
          fail(problem)
          exchange.abort()
          return
        }
        if (quirks?.noDone && isEventStream(head['content-type'])) mark = new DoneMark()
        begun = true
        handler.onHead(status, head)
      },
      onData(chunk) {
        if (over) return true
        if (!refused) {
          mark?.push(chunk)
          return handler.onData(chunk)
        }
        if (refused.take(chunk)) return true
        fail(refused)
        exchange.abort()
        return true
      },
      onEnd() {
        if (over) return
        if (refused) return fail(refused)
        const missing = mark?.missing()
        if (missing) handler.onData(missing)
        over = true
        upload?.stream.destroy()
        handler.onEnd()
      },
      // Of a refusal that breaks off, what came of it says more than how it broke.
      onError: (error) => fail(refused ?? error),
    })
    return exchange
  }

  try {
    return dispatch(target.addressOf(path, model))
  } catch (error) {
    // Later, so that the caller holds the exchange before its handler is called.
    queueMicrotask(() => fail(error))
    return { resume: () => {}, abort: () => {} }
  }
}
