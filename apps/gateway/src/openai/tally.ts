import type { ChatChunk, ChatCompletion, ChatRequest } from '@gatehouse/llm'
import type { CallEnd, Usage } from '@gatehouse/usage'
import { estimateTokens } from './estimate.js'
import type { StreamEnd } from './stream-tail.js'

/**
 * What a call has said and cost so far. A relayed answer is passed on whatever is in it, so nothing that a provider
 * writes there may make the count fail, or reach the history as a figure that cannot be.
 */
export class Tally {
  finishReason: string | null = null
  firstByteMs: number | null = null
  private text = ''
  private events = 0
  private reported: Usage | null = null

  constructor(
    private readonly request: () => Omit<ChatRequest, 'model'>,
    private readonly elapsedMs: () => number,
  ) {}

  /** Takes a whole answer. */
  complete(completion: ChatCompletion): void {
    this.firstByteMs ??= this.elapsedMs()
    const choice = at(completion.choices, 0)
    this.text = text(at(at(choice, 'message'), 'content')) ?? ''
    this.finishReason = text(at(choice, 'finish_reason')) ?? null
    this.reported = usage(completion.usage) ?? null
  }

  /** Takes a piece. Some providers tell the usage in every piece, as a running total: the last one counts. */
  chunk(chunk: ChatChunk): void {
    this.firstByteMs ??= this.elapsedMs()
    const choice = at(chunk.choices, 0)
    this.text += text(at(at(choice, 'delta'), 'content')) ?? ''
    this.finishReason = text(at(choice, 'finish_reason')) ?? this.finishReason
    this.reported = usage(chunk.usage) ?? this.reported
  }

  /** The first byte of the answer is here. */
  begun(): void {
    this.firstByteMs ??= this.elapsedMs()
  }

  /** Takes what is known of a stream that was passed on unparsed; called again as it goes on. */
  streamed(end: StreamEnd): void {
    this.events = end.events
    this.finishReason = text(end.finishReason) ?? this.finishReason
    this.reported = usage(end.usage) ?? this.reported
  }

  /** Takes the end of a long answer that was passed on unparsed: its usage stands there as a rule. */
  tail(end: string): void {
    const start = end.lastIndexOf('"usage"')
    const found = start === -1 ? null : /^"usage"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\})/.exec(end.slice(start))
    if (found?.[1]) this.reported = usage(parse(found[1])) ?? this.reported
    this.finishReason = /"finish_reason"\s*:\s*"(\w+)"/.exec(end)?.[1] ?? this.finishReason
  }

  /**
   * Tokens as the provider told them; else, flagged, as we count them.
   * @param charged false for a call that the provider refused: it cost nothing unless it had begun to answer
   */
  usage(charged: boolean): Usage {
    if (this.reported) return this.reported
    const counts = charged || this.text !== '' || this.events > 0
    return {
      inputTokens: counts
        ? estimateTokens(
            this.prompt()
              .map(({ content }) => content)
              .join('\n'),
          )
        : 0,
      // An event that was passed on unparsed holds about one token.
      outputTokens: this.text === '' ? this.events : estimateTokens(this.text),
      cachedTokens: 0,
      reasoningTokens: 0,
      estimated: true,
    }
  }

  /** What was said, for the history. */
  content(): CallEnd['content'] {
    const { messages: _messages, ...parameters } = this.request()
    return { prompt: this.prompt(), response: this.text, parameters }
  }

  private prompt(): { role: string; content: string }[] {
    return this.request().messages.map(({ role, content }) => ({
      role,
      content: typeof content === 'string' ? content : JSON.stringify(content ?? ''),
    }))
  }
}

/** A provider's usage; undefined for one with figures that cannot be. */
function usage(claimed: unknown): Usage | undefined {
  const inputTokens = count(at(claimed, 'prompt_tokens'))
  const outputTokens = count(at(claimed, 'completion_tokens'))
  const cachedTokens = count(at(at(claimed, 'prompt_tokens_details'), 'cached_tokens') ?? 0)
  const reasoningTokens = count(at(at(claimed, 'completion_tokens_details'), 'reasoning_tokens') ?? 0)
  if (inputTokens === undefined || outputTokens === undefined) return undefined
  if (cachedTokens === undefined || reasoningTokens === undefined) return undefined
  return { inputTokens, outputTokens, cachedTokens, reasoningTokens, estimated: false }
}

/** Whole, not negative, and within what the history's columns hold. */
function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31
    ? value
    : undefined
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)

function at(holder: unknown, name: string | number): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
