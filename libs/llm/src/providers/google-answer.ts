import { randomUUID } from 'node:crypto'
import { AppError } from '@gatehouse/contracts'
import type { GenerateContentResponse, Part } from '@google/genai'
import { type Answer, type AnsweredCall, chunkMaker, toUsage } from '../answer.js'
import type { ChatChunk, FinishReason, Usage } from '../chat.js'
import { badResponse, endedEarly, type FailureContext } from '../failure.js'
import { Thoughts } from '../translation/thoughts.js'
import { toExtra } from './google-content.js'

/** A whole answer: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
export function readWhole(response: GenerateContentResponse, context: FailureContext): Answer {
  const answer = new GeminiAnswer(context)
  const said = [...answer.take(response)]
  if (!answer.reason) throw badResponse(context, 'no finish reason')
  return {
    text: said.map((piece) => ('text' in piece ? piece.text : '')).join(''),
    thoughts: answer.thoughts,
    calls: said.flatMap((piece) => ('call' in piece ? [piece.call] : [])),
    refusal: answer.refusal,
    extra: toExtra(answer.signature),
    finishReason: answer.finishReason(),
    usage: answer.usage,
  }
}

/** The pieces of a streamed answer, each of which has the shape of a whole one. */
export async function* readStream(
  responses: AsyncIterable<GenerateContentResponse>,
  model: string,
  context: FailureContext,
): AsyncGenerator<ChatChunk> {
  const chunk = chunkMaker(model)
  const answer = new GeminiAnswer(context)
  let calls = 0
  yield chunk.start()
  for await (const response of responses) {
    for (const piece of answer.take(response)) {
      if ('text' in piece) yield chunk.text(piece.text)
      else if ('thought' in piece) yield chunk.reasoning(piece.thought)
      else yield chunk.call(calls++, piece.call)
    }
  }
  // There is no other mark of the end: https://ai.google.dev/api/generate-content#FinishReason
  if (!answer.reason) throw endedEarly(context)
  const extra = toExtra(answer.signature)
  if (extra) yield chunk.extra(extra)
  if (answer.refusal) yield chunk.refusal(answer.refusal)
  yield chunk.finish(answer.finishReason())
  if (answer.usage) yield chunk.usage(answer.usage)
}

type Piece = { text: string } | { thought: string } | { call: AnsweredCall }

/** What is known of an answer that comes in one piece or in many. */
class GeminiAnswer {
  /** Its signatures are on words and calls, so no thought comes back. */
  readonly thoughts = new Thoughts('google-gemini-v1')
  /** Of the words; a call has its own. */
  signature: string | undefined
  usage: Usage | undefined
  refusal: string | undefined
  reason: string | undefined
  #context: FailureContext
  #calls = false

  constructor(context: FailureContext) {
    this.#context = context
  }

  *take(response: GenerateContentResponse): Generator<Piece> {
    const { candidates, promptFeedback, usageMetadata } = response
    if (!Array.isArray(candidates) && promptFeedback === undefined && usageMetadata === undefined) {
      throw badResponse(this.#context, 'neither candidates nor feedback')
    }
    const candidate = candidates?.[0]
    for (const part of candidate?.content?.parts ?? []) yield* this.#read(part)
    // Each piece has the sums so far; the last one counts.
    this.usage = usageOf(response) ?? this.usage
    this.reason = candidate?.finishReason ?? this.reason
    // A prompt that is refused has no candidate at all.
    if (promptFeedback?.blockReason) this.reason = 'SAFETY'
    this.refusal = promptFeedback?.blockReasonMessage ?? this.refusal
  }

  *#read({ text = '', thought, functionCall, thoughtSignature }: Part): Generator<Piece> {
    if (functionCall) {
      this.#calls = true
      const { id = `call_${randomUUID()}`, name = '', args = {} } = functionCall
      yield { call: { id, name, arguments: JSON.stringify(args), extra: toExtra(thoughtSignature) } }
    } else if (thought) {
      const shown = this.thoughts.add(text)
      if (shown) yield { thought: shown }
    } else {
      this.signature = thoughtSignature ?? this.signature
      if (text) yield { text }
    }
  }

  /** @throws AppError `provider_error` where the model broke off in a call: it would look as if it had nothing to say */
  finishReason(): FinishReason {
    const reason = this.reason ?? ''
    if (brokenCalls.has(reason)) {
      throw new AppError('provider_error', {
        message: `${this.#context.provider} wrote a call of a tool that makes no sense. Try again.`,
        cause: reason,
      })
    }
    return finishReasons.get(reason) ?? (this.#calls ? 'tool_calls' : 'stop')
  }
}

const brokenCalls = new Set(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL'])

const finishReasons = new Map<string, FinishReason>([
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content_filter'],
  ['RECITATION', 'content_filter'],
  ['LANGUAGE', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
])

/** https://ai.google.dev/api/generate-content#UsageMetadata: thoughts are counted beside the candidates. */
function usageOf({ usageMetadata: counts }: GenerateContentResponse): Usage | undefined {
  if (!counts) return undefined
  const reasoning = counts.thoughtsTokenCount
  return toUsage({
    prompt: (counts.promptTokenCount ?? 0) + (counts.toolUsePromptTokenCount ?? 0),
    completion: (counts.candidatesTokenCount ?? 0) + (reasoning ?? 0),
    cached: counts.cachedContentTokenCount,
    reasoning,
  })
}
