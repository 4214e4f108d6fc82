import type { OpenAI } from 'openai'
import { APIError } from 'openai/error'
import type { ChatChunk, ChatCompletion, ChatRequest, Usage } from '../chat.js'
import { closing } from '../closing.js'
import { drain } from '../drain.js'
import { readEvents } from '../event-stream.js'
import {
  badResponse,
  endedEarly,
  type FailureContext,
  type ProviderStatus,
  readRetryAfter,
  toFailure,
} from '../failure.js'
import type { ChatClient } from '../provider.js'

/**
 * A client for OpenAI's own shape, over the official SDK: it builds the request, we read the answer, since the SDK
 * takes a stream that was cut for one that is whole.
 */
export function openAiChat(
  sdk: Pick<OpenAI, 'chat'>,
  context: FailureContext,
  adapt: (request: ChatRequest) => ChatRequest = (request) => request,
): ChatClient {
  const failure = (error: unknown, signal: AbortSignal, streaming?: boolean) =>
    toFailure(error, context, readOpenAiError, signal, streaming)

  return {
    async complete(request, { signal }) {
      try {
        const response = await sdk.chat.completions
          .create({ ...adapt(request), stream: false }, { signal })
          .asResponse()
        return readCompletion(await response.text(), context)
      } catch (error) {
        throw failure(error, signal)
      }
    },

    async stream(request, { signal }) {
      const call = new AbortController()
      const either = AbortSignal.any([signal, call.signal])
      try {
        const response = await sdk.chat.completions
          .create(
            { ...adapt(request), stream: true, stream_options: { include_usage: true } },
            { signal: either },
          )
          .asResponse()
        const { body } = response
        if (!body || !isEventStream(response))
          throw badResponse(context, response.headers.get('content-type'))
        const chunks = readChunks(body, call, context, (error) => failure(error, signal, true))
        return closing(chunks, () => call.abort())
      } catch (error) {
        call.abort()
        throw failure(error, signal)
      }
    },
  }
}

async function* readChunks(
  body: AsyncIterable<Uint8Array>,
  call: AbortController,
  context: FailureContext,
  failure: (error: unknown) => unknown,
): AsyncGenerator<ChatChunk> {
  const events = readEvents(body)
  let last: ChatChunk | undefined
  let usage: Usage | undefined
  let whole = false
  try {
    for (;;) {
      const next = await events.next()
      if (next.done) throw endedEarly(context)
      if (next.value === '[DONE]') break
      last = readChunk(next.value, context)
      // Some send it with every piece, growing; the last one counts, and goes out once.
      if (last.usage) usage = last.usage
      const { usage: _dropped, ...piece } = last
      if (piece.choices.length > 0) yield piece
    }
    whole = true
    if (last && usage) yield { ...last, choices: [], usage }
  } catch (error) {
    throw failure(error)
  } finally {
    if (whole) void drain(events, call)
    else call.abort()
  }
}

function isEventStream(response: Response): boolean {
  return /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')
}

function readCompletion(text: string, context: FailureContext): ChatCompletion {
  const value = parse(text, context)
  const choices = isObject(value) && Array.isArray(value.choices) ? value.choices : []
  // A piece of a stream may have no choice; an answer without one says nothing.
  if (!isObject(value) || choices.length === 0 || !choices.every(isAnswer)) {
    throw inBody(value) ?? badResponse(context, undefined)
  }
  return believed(value) as unknown as ChatCompletion
}

function readChunk(text: string, context: FailureContext): ChatChunk {
  const value = parse(text, context)
  if (!isObject(value) || !Array.isArray(value.choices) || !value.choices.every(isPiece)) {
    throw inBody(value) ?? badResponse(context, undefined)
  }
  return believed(value) as unknown as ChatChunk
}

function parse(text: string, context: FailureContext): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badResponse(context, error)
  }
}

const isAnswer = (choice: unknown) => isObject(choice) && isChoice(choice, choice.message)
const isPiece = (choice: unknown) => isObject(choice) && isChoice(choice, choice.delta)

function isChoice(choice: Record<string, unknown>, said: unknown): boolean {
  return isObject(said) && isTextOrAbsent(said.content) && isTextOrAbsent(choice.finish_reason)
}

const isTextOrAbsent = (value: unknown) => isAbsent(value) || typeof value === 'string'
const isAbsent = (value: unknown) => value === undefined || value === null

/** An answer without its usage where that cannot be: nobody may count, or be charged, half a token or minus ten. */
function believed(answer: Record<string, unknown>): Record<string, unknown> {
  if (isAbsent(answer.usage) || isUsage(answer.usage)) return answer
  const { usage: _claimed, ...rest } = answer
  return rest
}

function isUsage(value: unknown): boolean {
  if (!isObject(value) || !isCount(value.prompt_tokens) || !isCount(value.completion_tokens)) return false
  return [
    value.total_tokens,
    detail(value.prompt_tokens_details, 'cached_tokens'),
    detail(value.completion_tokens_details, 'reasoning_tokens'),
  ].every((count) => isAbsent(count) || isCount(count))
}

const detail = (details: unknown, name: string) => (isObject(details) ? details[name] : undefined)

/** Tokens of one call, by a wide margin; also what an integer of most databases holds. */
const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An error that came with a status of 200, in the body or as an event. */
class ErrorInBody extends Error {
  readonly answer: Record<string, unknown>

  constructor(answer: Record<string, unknown>) {
    super('The provider reported an error after its head.')
    this.answer = answer
  }
}

function inBody(value: unknown): ErrorInBody | undefined {
  return isObject(value) && isObject(value.error) ? new ErrorInBody(value.error) : undefined
}

/** https://platform.openai.com/docs/guides/error-codes */
function readOpenAiError(error: unknown): ProviderStatus | undefined {
  if (error instanceof ErrorInBody) {
    return { status: statusOf(error.answer), message: textOf(error.answer.message) }
  }
  if (!(error instanceof APIError) || error.status === undefined) return undefined
  const body: unknown = error.error
  const headers = error.headers
  return {
    status: error.status,
    message: isObject(body) ? textOf(body.message) : undefined,
    retryAfterSeconds: readRetryAfter((name) => headers?.get(name)),
    // A 429 of this code is an account without credit, which no waiting mends.
    ...(error.code === 'insufficient_quota' ? { shouldRetry: false } : {}),
    requestId: error.requestID ?? undefined,
  }
}

/** Errors inside an answer name a kind where errors before it have a status. */
function statusOf({ code, type }: Record<string, unknown>): number {
  const kinds = [code, type].map(String)
  if (kinds.some((kind) => /^[45]\d\d$/.test(kind)))
    return Number(kinds.find((kind) => /^[45]\d\d$/.test(kind)))
  if (kinds.some((kind) => /rate_limit|insufficient_quota/.test(kind))) return 429
  if (kinds.some((kind) => /authentication|invalid_api_key|permission/.test(kind))) return 401
  if (kinds.some((kind) => /invalid_request|context_length|content_filter|content_policy/.test(kind)))
    return 400
  return 500
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
