import { type Exchange, type ResponseHeaders, type Transport, unwantedEncoding } from '@gatehouse/outbound'
import { type FailureContext, readRetryAfter, toFailure } from '../failure.js'
import type { RelayClient, RelayHandler, RelayRequest } from '../provider.js'
import { maxErrorBytes } from './capped-errors.js'
import { readOpenAiBody } from './openai-error.js'

/** Where a provider is, and what proves us there. */
export interface RelayTarget {
  /** Without a slash at its end. */
  baseUrl: string
  headers: Record<string, string>
}

/** Passes requests on to an API of OpenAI's shape. */
export function openAiRelay(transport: Transport, context: FailureContext, target: RelayTarget): RelayClient {
  // Parsed once: the addresses of an API are few.
  const addresses = new Map<string, URL>()
  const addressOf = (path: string): URL => {
    const known = addresses.get(path)
    if (known) return known
    const address = new URL(target.baseUrl + path)
    addresses.set(path, address)
    return address
  }
  const headers = {
    ...target.headers,
    'content-type': 'application/json',
    // An answer is read by us as well as by the caller, and nobody is to inflate it.
    'accept-encoding': 'identity',
    'user-agent': 'gatehouse',
  }
  return {
    send({ path, body, signal }: RelayRequest, handler: RelayHandler): Exchange {
      let refused: Refusal | undefined
      let begun = false
      let over = false
      const fail = (error: unknown) => {
        if (over) return
        over = true
        handler.onError(toFailure(error, context, readRelayed, signal, begun))
      }
      const exchange = transport.dispatch(
        { method: 'POST', url: addressOf(path), headers, body, signal },
        {
          onHead(status, head) {
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
            begun = true
            handler.onHead(status, head)
          },
          onData(chunk) {
            if (over) return true
            if (!refused) return handler.onData(chunk)
            if (refused.take(chunk)) return true
            fail(refused)
            exchange.abort()
            return true
          },
          onEnd() {
            if (over) return
            if (refused) return fail(refused)
            over = true
            handler.onEnd()
          },
          // Of a refusal that breaks off, what came of it says more than how it broke.
          onError: (error) => fail(refused ?? error),
        },
      )
      return exchange
    },
  }
}

/** An answer that is no success, as much of it as is read. */
class Refusal extends Error {
  private readonly chunks: Buffer[] = []
  private size = 0

  constructor(
    readonly status: number,
    readonly headers: ResponseHeaders,
  ) {
    super(`The provider answered ${status}.`)
  }

  /** False when enough was read. */
  take(chunk: Buffer): boolean {
    this.chunks.push(chunk)
    this.size += chunk.length
    return this.size < maxErrorBytes
  }

  text(): string {
    return Buffer.concat(this.chunks).toString('utf8')
  }
}

function readRelayed(error: unknown) {
  if (!(error instanceof Refusal)) return undefined
  const retryAfterSeconds = readRetryAfter((name) => {
    const value = error.headers[name]
    return Array.isArray(value) ? value[0] : value
  })
  return { ...readOpenAiBody(error.status, error.text()), retryAfterSeconds, cause: error }
}
