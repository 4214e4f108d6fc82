import { Readable } from 'node:stream'
import { type CancelSignal, type Exchange, TransportError } from '@gatehouse/outbound'
import { type FailureContext, toFailure } from '../failure.js'
import type { RelayHandler, RelayRequest } from '../provider.js'
import { Refusal, readRelayed } from './relay-refusal.js'
import { isBytes } from './relay-upload.js'

/** A token that has to be got before it can be sent. */
export interface RelayToken {
  /** The token at hand; undefined where it has to be waited for. */
  current(): string | undefined
  /** @throws AppError `upstream_auth_unavailable`, or the reason of the signal */
  get(signal: CancelSignal): Promise<string>
  /** The provider refused this one: the next `get` brings another, where there is another. */
  refused(token: string): void
}

/** Sends a request with a token. `onRefusedToken` hears of a 401 first; true: the handler hears nothing of it. */
export type Start = (
  request: RelayRequest,
  handler: RelayHandler,
  token: string,
  onRefusedToken?: () => boolean,
) => Exchange

/** Sends with a token: at once where one is at hand, and once more with a new one where the provider refuses it. */
export function sendProven(
  tokens: RelayToken,
  context: FailureContext,
  request: RelayRequest,
  handler: RelayHandler,
  start: Start,
): Exchange {
  const { signal, body } = request
  let exchange: Exchange | undefined
  let over = false
  const fail = (error: unknown) => {
    if (over) return
    over = true
    handler.onError(toFailure(error, context, readRelayed, signal))
  }
  const begin = (token: string, isLast: boolean) => {
    exchange = start(request, handler, token, () => {
      tokens.refused(token)
      // What was sent from a stream is gone.
      if (isLast || !(body === undefined || isBytes(body))) return false
      wait((next) => (next === token ? fail(new Refusal(401, {})) : begin(next, true)))
      return true
    })
  }
  const wait = (next: (token: string) => void) => {
    exchange = undefined
    tokens.get(signal).then((token) => {
      if (!over) next(token)
    }, fail)
  }

  // One that breaks while nobody reads it must not end the process; whoever reads it then still gets the error.
  if (body instanceof Readable) body.on('error', () => {})
  const token = tokens.current()
  if (token === undefined) wait((first) => begin(first, false))
  else begin(token, false)
  return {
    resume: () => exchange?.resume(),
    abort() {
      if (exchange) exchange.abort()
      else fail(new TransportError('aborted', 'the call was given up'))
    },
  }
}
