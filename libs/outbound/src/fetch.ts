import { Readable } from 'node:stream'
import type { OutboundRequest } from './exchange.js'
import { type Dispatch, identityEncoding, unwantedEncoding } from './request.js'
import { TransportError } from './transport-error.js'

type Fetch = typeof globalThis.fetch
type FetchInput = Parameters<Fetch>[0]
type FetchInit = NonNullable<Parameters<Fetch>[1]>

/** Statuses whose answers have no body; `Response` refuses one. */
const bodiless = new Set([204, 205])

/** See `Transport.fetch`. The standard: https://fetch.spec.whatwg.org */
export function createFetch(dispatch: Dispatch): Fetch {
  return async (input, init = {}) => {
    const outbound = toOutbound(input, init)
    const { signal } = outbound
    // SDKs recognise the signal's own reason as the caller's wish; every other failure is ours to name.
    const visible = (error: TransportError): unknown =>
      error.kind === 'aborted' && signal.aborted ? signal.reason : error

    return new Promise<Response>((resolve, reject) => {
      let body: ReadableStreamDefaultController<Uint8Array> | undefined
      const exchange = dispatch(outbound, {
        onHead(status, headers) {
          const problem =
            unwantedEncoding(headers) ??
            (status > 599 ? new TransportError('protocol', `answered ${status}`, { status }) : undefined)
          if (problem) {
            reject(problem)
            return exchange.abort()
          }
          const stream = new ReadableStream<Uint8Array>(
            {
              start(controller) {
                body = controller
              },
              pull: () => exchange.resume(),
              cancel: () => exchange.abort(),
            },
            new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }),
          )
          resolve(new Response(bodiless.has(status) ? null : stream, { status, headers: toHeaders(headers) }))
        },
        onData(chunk) {
          body?.enqueue(chunk)
          return (body?.desiredSize ?? 0) > 0
        },
        onEnd: () => body?.close(),
        onError: (error) => (body ? body.error(visible(error)) : reject(visible(error))),
      })
    })
  }
}

function toOutbound(input: FetchInput, init: FetchInit): OutboundRequest {
  const plain = plainBody(init.body)
  if (input instanceof Request || plain === undefined) {
    const request = new Request(input, init.body ? { ...init, duplex: 'half' } : init)
    return {
      url: request.url,
      method: request.method,
      headers: { ...identityEncoding, ...Object.fromEntries(request.headers) },
      ...(request.body ? { body: Readable.fromWeb(request.body) } : {}),
      signal: request.signal,
    }
  }
  const headers = new Headers(init.headers)
  if (init.body instanceof URLSearchParams && !headers.has('content-type')) {
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8')
  }
  return {
    url: input,
    method: init.method ?? 'GET',
    headers: { ...identityEncoding, ...Object.fromEntries(headers) },
    ...(plain === null ? {} : { body: plain }),
    signal: init.signal ?? new AbortController().signal,
  }
}

/** The body where it is bytes already, null for none; undefined for a form, a blob or a stream. */
function plainBody(body: FetchInit['body']): Uint8Array | string | null | undefined {
  if (body === undefined || body === null) return null
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  if (body instanceof URLSearchParams) return body.toString()
  return undefined
}

function toHeaders(from: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(from)) {
    for (const single of Array.isArray(value) ? value : [value]) {
      if (single !== undefined) headers.append(name, single)
    }
  }
  return headers
}
