import { type Answer, type AnsweredCall, chunkMaker, toUsage } from '../answer.js'
import type { ChatChunk, FinishReason, Usage } from '../chat.js'
import { badResponse, endedEarly, type FailureContext } from '../failure.js'
import { type Fields, isFields } from '../translation/fields.js'
import { claudeFormat } from '../translation/reasoning.js'
import { Thoughts } from '../translation/thoughts.js'
import { ErrorInStream } from './anthropic-error.js'

/** A whole message: https://platform.claude.com/docs/en/api/messages */
export function readMessage(text: string, context: FailureContext): Answer {
  const message = parse(text, context)
  if (!Array.isArray(message.content) || typeof message.stop_reason !== 'string') {
    throw badResponse(context, 'neither content nor a reason to stop')
  }
  const thoughts = new Thoughts(claudeFormat)
  const calls: AnsweredCall[] = []
  let words = ''
  for (const block of message.content.filter(isFields)) {
    if (block.type === 'text') words += textOf(block.text)
    if (block.type === 'redacted_thinking') thoughts.hide(textOf(block.data))
    if (block.type === 'tool_use')
      calls.push({ ...toCall(block), arguments: JSON.stringify(block.input ?? {}) })
    if (block.type === 'thinking') {
      thoughts.begin()
      thoughts.add(textOf(block.thinking))
      thoughts.sign(textOf(block.signature))
    }
  }
  return {
    text: words,
    thoughts,
    calls,
    refusal: refusalOf(message),
    finishReason: finishReasonOf(message.stop_reason),
    usage: usageOf(isFields(message.usage) ? message.usage : {}),
  }
}

/** The events of a message: https://platform.claude.com/docs/en/build-with-claude/streaming */
export async function* readEventStream(
  events: AsyncIterable<string>,
  model: string,
  context: FailureContext,
): AsyncGenerator<ChatChunk> {
  const message = new StreamedMessage(model)
  for await (const data of events) {
    const event = parse(data, context)
    if (event.type === 'error') throw new ErrorInStream(event)
    yield* message.take(event)
    if (event.type === 'message_stop') {
      yield* message.end(context)
      return
    }
  }
  throw endedEarly(context)
}

/** What is known of a message of which the events come one by one. */
class StreamedMessage {
  #chunk: ReturnType<typeof chunkMaker>
  #thoughts = new Thoughts(claudeFormat)
  /** Calls by the index of their block. `input` stands until a piece of the arguments has come. */
  #calls = new Map<unknown, { index: number; input: unknown }>()
  #usage: Fields = {}
  #stop: Fields = {}

  constructor(model: string) {
    this.#chunk = chunkMaker(model)
  }

  /** Kinds that we do not know say nothing to us: new ones come without a new version of the API. */
  *take(event: Fields): Generator<ChatChunk> {
    switch (event.type) {
      case 'message_start':
        if (isFields(event.message)) this.#count(event.message.usage)
        yield this.#chunk.start()
        break
      case 'content_block_start':
        if (isFields(event.content_block)) yield* this.#begin(event.index, event.content_block)
        break
      case 'content_block_delta':
        if (isFields(event.delta)) yield* this.#add(event.index, event.delta)
        break
      case 'content_block_stop':
        yield* this.#finishCall(event.index)
        break
      case 'message_delta':
        this.#count(event.usage)
        if (isFields(event.delta)) this.#stop = { ...this.#stop, ...event.delta }
        break
    }
  }

  *end(context: FailureContext): Generator<ChatChunk> {
    const { stop_reason: reason } = this.#stop
    if (typeof reason !== 'string') throw badResponse(context, 'no reason to stop')
    const { details } = this.#thoughts
    if (details.length > 0) yield this.#chunk.reasoningDetails(details)
    const refusal = refusalOf(this.#stop)
    if (refusal) yield this.#chunk.refusal(refusal)
    yield this.#chunk.finish(finishReasonOf(reason))
    const usage = usageOf(this.#usage)
    if (usage) yield this.#chunk.usage(usage)
  }

  *#begin(at: unknown, block: Fields): Generator<ChatChunk> {
    if (block.type === 'text' && textOf(block.text)) yield this.#chunk.text(textOf(block.text))
    if (block.type === 'redacted_thinking') this.#thoughts.hide(textOf(block.data))
    if (block.type === 'thinking') {
      this.#thoughts.begin()
      yield* this.#think(textOf(block.thinking))
    }
    if (block.type === 'tool_use') {
      const index = this.#calls.size
      this.#calls.set(at, { index, input: block.input ?? {} })
      yield this.#chunk.call(index, { ...toCall(block), arguments: '' })
    }
  }

  *#add(at: unknown, delta: Fields): Generator<ChatChunk> {
    if (delta.type === 'text_delta' && textOf(delta.text)) yield this.#chunk.text(textOf(delta.text))
    if (delta.type === 'thinking_delta') yield* this.#think(textOf(delta.thinking))
    if (delta.type === 'signature_delta') this.#thoughts.sign(textOf(delta.signature))
    const call = this.#calls.get(at)
    const piece = delta.type === 'input_json_delta' ? textOf(delta.partial_json) : ''
    if (call && piece !== '') {
      call.input = undefined
      yield this.#chunk.callArguments(call.index, piece)
    }
  }

  *#think(text: string): Generator<ChatChunk> {
    const shown = this.#thoughts.add(text)
    if (shown !== '') yield this.#chunk.reasoning(shown)
  }

  /** A call without arguments comes without a piece of them, where clients parse what they have been given. */
  *#finishCall(at: unknown): Generator<ChatChunk> {
    const call = this.#calls.get(at)
    if (call?.input !== undefined) {
      yield this.#chunk.callArguments(call.index, JSON.stringify(call.input))
      call.input = undefined
    }
  }

  /** Every figure is the sum so far; the last one counts. */
  #count(usage: unknown) {
    if (!isFields(usage)) return
    for (const [name, value] of Object.entries(usage)) if (value !== null) this.#usage[name] = value
  }
}

const finishReasons = new Map<string, FinishReason>([
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
])

/** The rest is an end of the model's own: `end_turn`, `stop_sequence`, and `pause_turn`, which tools of ours cannot cause. */
function finishReasonOf(reason: string): FinishReason {
  return finishReasons.get(reason) ?? 'stop'
}

function refusalOf({ stop_details: details }: Fields): string | undefined {
  return isFields(details) && details.type === 'refusal'
    ? textOf(details.explanation) || undefined
    : undefined
}

/** What was read from a cache, and written to one, is counted beside the input. */
function usageOf(usage: Fields): Usage | undefined {
  const { input_tokens: input, output_tokens: output, output_tokens_details: details } = usage
  if (typeof input !== 'number' || typeof output !== 'number') return undefined
  const cached = numberOf(usage.cache_read_input_tokens)
  const cacheWritten = numberOf(usage.cache_creation_input_tokens)
  return toUsage({
    prompt: input + (cached ?? 0) + (cacheWritten ?? 0),
    completion: output,
    cached,
    cacheWritten,
    reasoning: isFields(details) ? numberOf(details.thinking_tokens) : undefined,
  })
}

function toCall(block: Fields) {
  return { id: textOf(block.id), name: textOf(block.name) }
}

function parse(text: string, context: FailureContext): Fields {
  try {
    const value: unknown = JSON.parse(text)
    if (isFields(value)) return value
  } catch (error) {
    throw badResponse(context, error)
  }
  throw badResponse(context, 'not an object')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
