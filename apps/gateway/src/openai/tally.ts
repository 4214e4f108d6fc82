import type { ChatChunk, ChatCompletion, ChatRequest, Usage as ProviderUsage } from '@gatehouse/llm'
import type { CallEnd, Usage } from '@gatehouse/usage'
import { estimateTokens } from './estimate.js'
import type { StreamEnd } from './stream-tail.js'

/** What a call has said and cost so far. */
export class Tally {
  finishReason: string | null = null
  firstByteMs: number | null = null
  private text = ''
  private events = 0
  private reported: ProviderUsage | null = null

  constructor(
    private readonly request: () => Omit<ChatRequest, 'model'>,
    private readonly elapsedMs: () => number,
  ) {}

  /** Takes a whole answer. */
  complete(completion: ChatCompletion): void {
    this.firstByteMs ??= this.elapsedMs()
    const choice = completion.choices[0]
    this.text = choice?.message.content ?? ''
    this.finishReason = choice?.finish_reason ?? null
    this.reported = completion.usage ?? null
  }

  /** Takes a piece. Some providers tell the usage in every piece, as a running total: the last one counts. */
  chunk(chunk: ChatChunk): void {
    this.firstByteMs ??= this.elapsedMs()
    const choice = chunk.choices[0]
    this.text += choice?.delta.content ?? ''
    this.finishReason = choice?.finish_reason ?? this.finishReason
    this.reported = chunk.usage ?? this.reported
  }

  /** The first byte of the answer is here. */
  begun(): void {
    this.firstByteMs ??= this.elapsedMs()
  }

  /** Takes what is known of a stream that was passed on unparsed; called again as it goes on. */
  streamed(end: StreamEnd): void {
    this.events = end.events
    this.finishReason = end.finishReason ?? this.finishReason
    this.reported = end.usage ?? this.reported
  }

  /** Takes the end of a long answer that was passed on unparsed: its usage stands there as a rule. */
  tail(text: string): void {
    const at = text.lastIndexOf('"usage"')
    const found = at === -1 ? null : /^"usage"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\})/.exec(text.slice(at))
    if (found?.[1]) this.reported = JSON.parse(found[1]) as ProviderUsage
    this.finishReason = /"finish_reason"\s*:\s*"(\w+)"/.exec(text)?.[1] ?? this.finishReason
  }

  /**
   * Tokens as the provider told them; else, flagged, as we count them.
   * @param charged false for a call that the provider refused: it cost nothing unless it had begun to answer
   */
  usage(charged: boolean): Usage {
    const { reported } = this
    if (reported) {
      return {
        inputTokens: reported.prompt_tokens,
        outputTokens: reported.completion_tokens,
        cachedTokens: reported.prompt_tokens_details?.cached_tokens ?? 0,
        reasoningTokens: reported.completion_tokens_details?.reasoning_tokens ?? 0,
        estimated: false,
      }
    }
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
