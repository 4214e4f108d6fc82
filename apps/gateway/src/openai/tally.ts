import type { ChatChunk, ChatCompletion } from '@gatehouse/llm'
import type { CallEnd, Usage } from '@gatehouse/usage'
import { type AnswerFigures, figuresIn } from './answer-figures.js'
import { estimateTokens } from './estimate.js'
import { keptPrompt } from './kept-prompt.js'
import { saidIn } from './said.js'
import type { StreamEnd } from './stream-tail.js'
import { usageOf } from './usage-of.js'

/**
 * What a call has said and cost so far. A relayed answer is passed on whatever is in it, so nothing that a provider
 * writes there may make the count fail, or reach the history as a figure that cannot be.
 */
export class Tally {
  finishReason: string | null = null
  firstByteMs: number | null = null
  private text = ''
  private events = 0
  private textBytes = 0
  private reported: Usage | null = null

  constructor(
    private readonly request: () => Record<string, unknown>,
    /** Where the provider tells nothing, nothing was used. */
    private readonly free: boolean,
    private readonly elapsedMs: () => number,
  ) {}

  /** Takes a whole answer. */
  complete(completion: ChatCompletion): void {
    this.begun()
    const choice = at(completion.choices, 0)
    this.text = text(at(at(choice, 'message'), 'content')) ?? text(at(choice, 'text')) ?? ''
    this.finishReason = text(at(choice, 'finish_reason')) ?? null
    this.reported = usageOf(completion.usage) ?? null
  }

  /** Takes what was read of an answer that is passed on unparsed. */
  figures({ usage, finishReason }: AnswerFigures): void {
    this.begun()
    this.finishReason = finishReason ?? null
    this.reported = usageOf(usage) ?? null
  }

  /** Takes the words of an answer that is passed on, where they are read at all. */
  said(words: string): void {
    this.text = words
  }

  /** The provider has told its figures. */
  get isTold(): boolean {
    return this.reported !== null
  }

  /** Takes a piece. Some providers tell the usage in every piece, as a running total: the last one counts. */
  chunk(chunk: ChatChunk): void {
    this.begun()
    const choice = at(chunk.choices, 0)
    this.text += text(at(at(choice, 'delta'), 'content')) ?? ''
    this.finishReason = text(at(choice, 'finish_reason')) ?? this.finishReason
    this.reported = usageOf(chunk.usage) ?? this.reported
  }

  /** The first byte of the answer is here. */
  begun(): void {
    this.firstByteMs ??= this.elapsedMs()
  }

  /** Takes what is known of a stream that was passed on unparsed; called again as it goes on. */
  streamed(end: StreamEnd): void {
    this.events = end.events
    this.finishReason = text(end.finishReason) ?? this.finishReason
    this.reported = usageOf(end.usage) ?? this.reported
  }

  /**
   * Takes the end of a long answer that was passed on unparsed: its usage stands there as a rule.
   * @param textBytes of the whole answer, where a model wrote it as text; 0 for any other
   */
  tail(end: string, textBytes: number): void {
    this.textBytes = textBytes
    const { usage, finishReason } = figuresIn(end)
    this.reported = usageOf(usage) ?? this.reported
    this.finishReason = finishReason ?? this.finishReason
  }

  /**
   * Tokens as the provider told them; else, flagged, as we count them.
   * @param charged false for a call that the provider refused: it cost nothing unless it had begun to answer
   */
  usage(charged: boolean): Usage {
    if (this.reported) return this.reported
    if (this.free) return nothing
    const counts = charged || this.text !== '' || this.events > 0
    const prompt = counts ? saidIn(this.asked()).map(({ content }) => content) : []
    return {
      inputTokens: estimateTokens(prompt.join('\n')),
      outputTokens: this.text === '' ? this.unread : estimateTokens(this.text),
      cachedTokens: 0,
      reasoningTokens: 0,
      estimated: true,
    }
  }

  /** Output tokens of what was passed on unparsed, about: an event holds one, and so do four bytes of text. */
  private get unread(): number {
    return this.events > 0 ? this.events : Math.ceil(this.textBytes / bytesPerToken)
  }

  /** What passed the walk can be read. Were it not so, the call is settled all the same, and the process goes on. */
  private asked(): Record<string, unknown> {
    try {
      return this.request()
    } catch {
      return {}
    }
  }

  /** What was said, for the history. */
  content(): CallEnd['content'] {
    const request = this.asked()
    const { messages: _messages, input: _input, prompt: _prompt, ...parameters } = request
    return { prompt: keptPrompt(request, this.text.length), response: this.text, parameters }
  }
}

const bytesPerToken = 4

const nothing: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  reasoningTokens: 0,
  estimated: false,
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)

function at(holder: unknown, name: string | number): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined
}
