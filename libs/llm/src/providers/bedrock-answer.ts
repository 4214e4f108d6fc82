import type {
  ContentBlock,
  ConverseResponse,
  ConverseStreamOutput,
  TokenUsage,
} from '@aws-sdk/client-bedrock-runtime'
import { AppError } from '@gatehouse/contracts'
import { type Answer, type AnsweredCall, chunkMaker, toUsage } from '../answer.js'
import type { ChatChunk, FinishReason, Usage } from '../chat.js'
import { badResponse, endedEarly, type FailureContext } from '../failure.js'
import { Thoughts } from '../translation/thoughts.js'
import { formatOf } from './bedrock-content.js'
import type { Asked } from './bedrock-request.js'

/** A whole answer: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export function readWhole(output: Partial<ConverseResponse>, asked: Asked, context: FailureContext): Answer {
  const content = output.output?.message?.content
  if (!content || !output.stopReason) throw badResponse(context, 'neither a message nor a stop reason')
  const thoughts = new Thoughts(formatOf(asked.model, 'signed'))
  const calls: AnsweredCall[] = []
  let text = ''
  for (const block of content) {
    text += block.text ?? citedText(block)
    if (block.reasoningContent) think(thoughts, block.reasoningContent, asked)
    if (!block.toolUse) continue
    const { toolUseId: id = '', name = '', input = {} } = block.toolUse
    const json = JSON.stringify(input)
    if (name === asked.answerTool) text += json
    else calls.push({ id, name, arguments: json })
  }
  return {
    text,
    thoughts,
    calls,
    finishReason: finishReasonOf(output.stopReason, calls.length > 0, context),
    usage: output.usage && usageOf(output.usage),
  }
}

/** Words that quote a document stand in a block of their own. */
function citedText({ citationsContent }: ContentBlock): string {
  return (citationsContent?.content ?? []).map(({ text }) => text ?? '').join('')
}

function think(
  thoughts: Thoughts,
  { reasoningText, redactedContent }: NonNullable<ContentBlock['reasoningContent']>,
  { model }: Asked,
) {
  if (redactedContent) thoughts.hide(toBase64(redactedContent), formatOf(model, 'hidden'))
  if (!reasoningText) return
  thoughts.begin()
  thoughts.add(reasoningText.text ?? '')
  thoughts.sign(reasoningText.signature ?? '')
}

/** The events of an answer: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
export async function* readEvents(
  events: AsyncIterable<ConverseStreamOutput>,
  asked: Asked,
  context: FailureContext,
): AsyncGenerator<ChatChunk> {
  const answer = new StreamedAnswer(asked)
  for await (const event of events) yield* answer.take(event)
  yield* answer.end(context)
}

/** What is known of a block whose pieces are coming. */
type Open =
  | { kind: 'thought'; hidden: Uint8Array[] }
  /** `index` counts the calls; undefined for the call that is the answer. */
  | { kind: 'call'; index: number | undefined; hasInput: boolean }

class StreamedAnswer {
  #asked: Asked
  #chunk: ReturnType<typeof chunkMaker>
  #thoughts: Thoughts
  #open = new Map<number | undefined, Open>()
  #calls = 0
  #usage: Usage | undefined
  #stopReason: string | undefined

  constructor(asked: Asked) {
    this.#asked = asked
    this.#chunk = chunkMaker(asked.input.modelId ?? '')
    this.#thoughts = new Thoughts(formatOf(asked.model, 'signed'))
  }

  *take(event: ConverseStreamOutput): Generator<ChatChunk> {
    const { contentBlockStart: start, contentBlockDelta: delta, contentBlockStop: stop } = event
    if (event.messageStart) yield this.#chunk.start()
    if (start?.start?.toolUse) yield* this.#beginCall(start.contentBlockIndex, start.start.toolUse)
    if (delta?.delta) yield* this.#add(delta.contentBlockIndex, delta.delta)
    if (stop) yield* this.#close(stop.contentBlockIndex)
    this.#stopReason = event.messageStop?.stopReason ?? this.#stopReason
    // It comes behind the stop, or before it.
    if (event.metadata?.usage) this.#usage = usageOf(event.metadata.usage)
  }

  *end(context: FailureContext): Generator<ChatChunk> {
    if (!this.#stopReason) throw endedEarly(context)
    const finish = finishReasonOf(this.#stopReason, this.#calls > 0, context)
    const { details } = this.#thoughts
    if (details.length > 0) yield this.#chunk.reasoningDetails(details)
    yield this.#chunk.finish(finish)
    if (this.#usage) yield this.#chunk.usage(this.#usage)
  }

  *#beginCall(
    at: number | undefined,
    { toolUseId: id = '', name = '' }: { toolUseId: string | undefined; name: string | undefined },
  ): Generator<ChatChunk> {
    const index = name === this.#asked.answerTool ? undefined : this.#calls++
    this.#open.set(at, { kind: 'call', index, hasInput: false })
    if (index !== undefined) yield this.#chunk.call(index, { id, name, arguments: '' })
  }

  *#add(
    at: number | undefined,
    {
      text,
      toolUse,
      reasoningContent,
    }: NonNullable<ConverseStreamOutput.ContentBlockDeltaMember['contentBlockDelta']['delta']>,
  ): Generator<ChatChunk> {
    if (text) yield this.#chunk.text(text)
    if (toolUse?.input) yield* this.#addInput(at, toolUse.input)
    if (!reasoningContent) return
    const { text: thought, signature, redactedContent } = reasoningContent
    const open = this.#openThought(at, redactedContent === undefined)
    if (redactedContent) open.hidden.push(redactedContent)
    if (thought) {
      const shown = this.#thoughts.add(thought)
      if (shown !== '') yield this.#chunk.reasoning(shown)
    }
    if (signature) this.#thoughts.sign(signature)
  }

  *#addInput(at: number | undefined, piece: string): Generator<ChatChunk> {
    const open = this.#open.get(at)
    if (open?.kind !== 'call') return
    open.hasInput = true
    yield open.index === undefined ? this.#chunk.text(piece) : this.#chunk.callArguments(open.index, piece)
  }

  #openThought(at: number | undefined, isShown: boolean) {
    const known = this.#open.get(at)
    if (known?.kind === 'thought') return known
    const open = { kind: 'thought' as const, hidden: [] as Uint8Array[] }
    this.#open.set(at, open)
    if (isShown) this.#thoughts.begin()
    return open
  }

  /** A call without arguments comes without a piece of them, where clients parse what they have been given. */
  *#close(at: number | undefined): Generator<ChatChunk> {
    const open = this.#open.get(at)
    this.#open.delete(at)
    if (open?.kind === 'thought' && open.hidden.length > 0) {
      this.#thoughts.hide(toBase64(Buffer.concat(open.hidden)), formatOf(this.#asked.model, 'hidden'))
    }
    if (open?.kind !== 'call' || open.hasInput) return
    yield open.index === undefined ? this.#chunk.text('{}') : this.#chunk.callArguments(open.index, '{}')
  }
}

const finishReasons = new Map<string, FinishReason>([
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['refusal', 'content_filter'],
])

const brokenOutput = new Set(['malformed_tool_use', 'malformed_model_output'])

/** @throws AppError `provider_error` where the model broke off: it would look as if it had nothing to say */
function finishReasonOf(reason: string, hasCalls: boolean, context: FailureContext): FinishReason {
  if (brokenOutput.has(reason)) {
    throw new AppError('provider_error', {
      message: `${context.provider} wrote a call of a tool that makes no sense. Try again.`,
      cause: reason,
    })
  }
  return finishReasons.get(reason) ?? (hasCalls ? 'tool_calls' : 'stop')
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html: the cache is counted beside the input. */
function usageOf(tokens: TokenUsage): Usage | undefined {
  const {
    inputTokens = 0,
    outputTokens = 0,
    cacheReadInputTokens: cached,
    cacheWriteInputTokens: written,
  } = tokens
  return toUsage({
    prompt: inputTokens + (cached ?? 0) + (written ?? 0),
    completion: outputTokens,
    cached,
    cacheWritten: written,
  })
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
