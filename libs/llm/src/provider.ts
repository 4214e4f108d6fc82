import type { Values, Variables } from '@gatehouse/contracts'
import type { Exchange, ResponseHeaders, Transport } from '@gatehouse/outbound'
import type { ChatChunk, ChatCompletion, ChatRequest } from './chat.js'

/** How the gateway proves itself to a provider; for display. Everything but `none` and `api_key` is short-lived. */
export type CredentialKind =
  | 'api_key'
  | 'certificate'
  | 'managed_identity'
  | 'workload_identity'
  | 'aws_chain'
  | 'none'

/** What every call takes. */
export interface CallOptions {
  /** Ends the call and frees its socket. The call then fails with the signal's reason. */
  signal: AbortSignal
}

/**
 * Speaks to one provider over one connection. Never retries, never follows a redirect. Throws AppError alone, but for
 * the reason of the signal when that has fired.
 */
export interface ChatClient {
  complete(request: ChatRequest, options: CallOptions): Promise<ChatCompletion>
  /**
   * Resolves once the provider has accepted the request, so a refusal rejects here. The pieces are then read to the end
   * or left by `return`, which frees the socket; the last one carries the usage and no choice. An answer that ends
   * without the provider's own end mark throws `upstream_disconnect`.
   */
  stream(request: ChatRequest, options: CallOptions): Promise<AsyncIterable<ChatChunk>>
}

/** What receives an answer that is passed on as it comes. After `onEnd` or `onError`, of which one is called, nothing more is. */
export interface RelayHandler {
  /** The provider has accepted the request; `headers` are all of its own, in lower case. */
  onHead(status: number, headers: ResponseHeaders): void
  /** False pauses the provider until `resume`. */
  onData(chunk: Buffer): boolean
  onEnd(): void
  /** An AppError, or the reason of the signal when that has fired. */
  onError(error: unknown): void
}

/** A request body as the provider takes it. */
export interface RelayRequest {
  /** Path of OpenAI's API behind `/v1`, as `/chat/completions`. */
  path: string
  /** The provider's own name of the model, which the body holds too. */
  model: string
  body: Uint8Array
  signal: AbortSignal
}

/**
 * Passes bytes on to a provider that speaks OpenAI's shape, and its answer back, neither of them parsed. Answers that
 * are no success are read and mapped, as `ChatClient` does.
 */
export interface RelayClient {
  send(request: RelayRequest, handler: RelayHandler): Exchange
}

/** A provider, a credential and its settings. A provider may have several. */
export interface Connection {
  /** Unique within the provider; `default` for the one that the variables make. */
  id: string
  credential: CredentialKind
  /** The model, or deployment, where a caller names none. */
  defaultModel?: string | undefined
  /** Makes the client; nothing is contacted yet. */
  open(transport: Transport): ChatClient
  /** Present where the provider speaks OpenAI's shape; nothing is contacted yet. */
  relay?(transport: Transport): RelayClient
  /**
   * Present where only a try can tell whether there is a credential. Rejects when there is none, with a sentence for
   * the administrator.
   */
  check?(transport: Transport, signal: AbortSignal): Promise<void>
}

/** What a provider makes of its variables. */
export interface Configuration {
  connections: Connection[]
  /** Names of the variables to set, when there is no connection. */
  missing: string[]
}

/** One file in `providers/`, one line in its index. */
export interface Provider {
  /** As in `provider/model`. */
  id: string
  /** For people. */
  name: string
  /** The provider's name in the list of prices of genai-prices; null where nobody publishes its prices. */
  priceList: string | null
  /** Other spellings of the id. */
  aliases: readonly string[]
  variables: Variables
  /** Takes the parsed values of all variables, reads its own, and contacts nothing. */
  configure(values: Record<string, unknown>): Configuration
}

/** A provider whose `configure` takes the values of the variables it declares, with their types. */
export function defineProvider<V extends Variables>(
  definition: Omit<Provider, 'variables' | 'configure'> & {
    variables: V
    configure(values: Values<V>): Configuration
  },
): Provider {
  const { variables, configure } = definition
  return {
    ...definition,
    // Each value is what its own schema made of it: the platform parses by these very variables.
    configure: (values) => configure(pick(values, Object.keys(variables)) as Values<V>),
  }
}

function pick(values: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, values[name]]))
}
