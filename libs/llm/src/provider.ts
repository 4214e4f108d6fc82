import type { Readable } from 'node:stream'
import type { Values, Variables } from '@gatehouse/contracts'
import type { CancelSignal, Exchange, ResponseHeaders, Transport } from '@gatehouse/outbound'
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
  /**
   * Is told, once and before the provider is asked, what was given and cannot be said to it: names of fields, as `seed`
   * or `tools[].function.strict`, sorted, at most 50 of 64 characters that a header can hold. Not called where nothing is
   * left out. What it throws, an AppError, refuses the request.
   */
  onDropped?: (names: readonly string[]) => void
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

/** A request as the provider takes it. */
export interface RelayRequest {
  /**
   * Path of the API that is spoken, behind `/v1`, as `/chat/completions` or `/files?limit=2`. One that leads out of the
   * provider's base address, however spelled, is `invalid_request`.
   */
  path: string
  /** The provider's own name of the model, which the body holds too; absent where nothing names one. */
  model?: string | undefined
  /** POST unless told. */
  method?: string | undefined
  /**
   * Bytes as they are sent, in one piece or several, or a stream of them: sent once, and read as fast as the provider takes it. Where the call
   * ends before the stream does, it is read no further and left to its owner to close: it may be the connection on which
   * the answer goes out. A stream that breaks ends the call with its own error, where that is an AppError.
   */
  body?: Uint8Array | readonly Uint8Array[] | Readable | AsyncIterable<Uint8Array> | undefined
  /** Of the body: `application/json` unless told. */
  contentType?: string | undefined
  /** Bytes of a body that is a stream, where known; it is sent in chunks otherwise, which some servers refuse. */
  contentLength?: number | undefined
  /**
   * Headers for the provider, names in lower case; which of the caller's these may be is for the gateway to say. One
   * that holds a credential, or that frames the message, is left out whatever it says.
   */
  headers?: Readonly<Record<string, string>> | undefined
  signal: CancelSignal
}

/**
 * Passes bytes on to a provider that speaks the caller's shape, OpenAI's or Anthropic's, and its answer back, neither of
 * them parsed. Answers that are no success are read and mapped, as `ChatClient` does.
 */
export interface RelayClient {
  send(request: RelayRequest, handler: RelayHandler): Exchange
}

/** A model as its provider lists it; what the provider does not tell is absent. */
export interface ListedModel {
  /** The provider's own name of it. */
  id: string
  /** Seconds since 1970. */
  created?: number | undefined
  /** For people. */
  name?: string | undefined
  ownedBy?: string | undefined
  /** Tokens of question and answer together. */
  contextLength?: number | undefined
  /** Tokens of an answer at most. */
  maxOutputTokens?: number | undefined
  /** As `text`, `image`, `audio`, `file`, `video`. */
  inputModalities?: readonly string[] | undefined
  outputModalities?: readonly string[] | undefined
}

/** Texts to be turned into vectors, in the inner language: https://platform.openai.com/docs/api-reference/embeddings/create */
export interface EmbeddingRequest {
  /** The provider's own name of it. */
  model: string
  input: string[]
  /** Length of each vector, where the model can be told. */
  dimensions?: number
  /** How the caller wants them; a client gives numbers whatever it says. */
  encoding_format?: 'float' | 'base64'
  user?: string
}

/** Vectors in the order of the texts. `promptTokens` is null where the provider does not tell. */
export interface Embeddings {
  data: number[][]
  usage: { promptTokens: number | null }
}

/** Asks for vectors from a provider that does not speak OpenAI's shape. Fails as `ChatClient` does. */
export interface EmbeddingClient {
  create(request: EmbeddingRequest, options: CallOptions): Promise<Embeddings>
}

/** A provider, a credential and its settings. A provider may have several. */
export interface Connection {
  /** Unique within the provider; `default` for the one that the variables make. */
  id: string
  credential: CredentialKind
  /** The file in which the credential is, where it is in one: a certificate, a key, a token. */
  credentialFile?: string | undefined
  /** The model, or deployment, where a caller names none. */
  defaultModel?: string | undefined
  /** Makes the client; nothing is contacted yet. */
  open(transport: Transport): ChatClient
  /** Present where the provider speaks OpenAI's shape; nothing is contacted yet. */
  relay?(transport: Transport): RelayClient
  /**
   * Present where the provider speaks Anthropic's shape: `/messages`, `/messages/count_tokens` and `/models`, as paths
   * behind `/v1`. Nothing is contacted yet. https://platform.claude.com/docs/en/api/overview
   */
  messages?(transport: Transport): RelayClient
  /** Present where the provider has embeddings of its own shape; nothing is contacted yet. */
  embed?(transport: Transport): EmbeddingClient
  /**
   * Present where only a try can tell whether there is a credential. Rejects when there is none, with a sentence for
   * the administrator.
   */
  check?(transport: Transport, signal: AbortSignal): Promise<void>
  /** True: nobody configured it. It serves only once its check has found something there. */
  discovered?: boolean | undefined
  /** Asks the provider which models it has; absent where it cannot tell. @throws AppError, or the signal's reason */
  list?(transport: Transport, signal: AbortSignal): Promise<ListedModel[]>
}

/** What a provider makes of its variables. */
export interface Configuration {
  connections: Connection[]
  /** Names of the variables to set, when there is no connection. */
  missing: string[]
}

/** What a provider is told beside its variables. */
export interface Surroundings {
  /** True: nothing is looked for that nobody configured. */
  production: boolean
}

/** One file in `providers/`, one line in its index. */
export interface Provider {
  /** As in `provider/model`. */
  id: string
  /** For people. */
  name: string
  /**
   * The provider's name in the list of prices of genai-prices; `free` where answers cost nothing, null where nobody
   * publishes what they cost.
   */
  priceList: string | null
  /** Other spellings of the id. */
  aliases: readonly string[]
  variables: Variables
  /** Takes the parsed values of all variables, reads its own, and contacts nothing. Told nothing else, it is production. */
  configure(values: Record<string, unknown>, surroundings?: Surroundings): Configuration
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
