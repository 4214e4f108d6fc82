import { Readable } from 'node:stream'
import type { Exchange, ExchangeHandler, OutboundRequest } from './exchange.js'
import type { ResponseHeaders } from './http1/response-parser.js'
import { TransportError } from './transport-error.js'

/** The head of an answer, and its body as it comes. */
export interface OutboundResponse {
  status: number
  headers: ResponseHeaders
  /** Read it to the end or destroy it; destroying closes the socket. */
  body: Readable
}

/** Starts an exchange; what `Transport.dispatch` is. */
export type Dispatch = (request: OutboundRequest, handler: ExchangeHandler) => Exchange

/** Without this header RFC 9110 (12.5.3) lets a server choose any encoding, an inflation bomb included. */
export const identityEncoding = { 'accept-encoding': 'identity' }

/** The error for an encoded answer, which nobody asked for; undefined when it came plain. */
export function unwantedEncoding(headers: ResponseHeaders): TransportError | undefined {
  const encoding = headers['content-encoding']
  if (encoding === undefined || encoding === 'identity' || encoding === '') return undefined
  return new TransportError(
    'protocol',
    `the answer came encoded as ${String(encoding).slice(0, 40)}, unasked`,
    {
      requestSent: true,
      headReceived: true,
    },
  )
}

/** See `Transport.request`. */
export async function request(dispatch: Dispatch, outbound: OutboundRequest): Promise<OutboundResponse> {
  return new Promise((resolve, reject) => {
    let body: Readable | undefined
    const exchange = dispatch(
      { ...outbound, headers: { ...identityEncoding, ...outbound.headers } },
      {
        onHead(status, headers) {
          const problem = unwantedEncoding(headers)
          if (problem) {
            reject(problem)
            return exchange.abort()
          }
          body = new Readable({
            read: () => exchange.resume(),
            destroy(error, done) {
              exchange.abort()
              done(error)
            },
          })
          // A body that breaks before anyone reads it must not end the process; the reader still gets the error.
          body.on('error', () => {})
          resolve({ status, headers, body })
        },
        onData: (chunk) => body?.push(chunk) ?? false,
        onEnd: () => body?.push(null),
        onError: (error) => (body ? body.destroy(error) : reject(error)),
      },
    )
  })
}
