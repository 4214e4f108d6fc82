import { randomUUID } from 'node:crypto'
import type { ChatChunk, ChatCompletion, FinishReason, Usage } from './chat.js'
import type { ReasoningDetail } from './translation/reasoning.js'
import type { Thoughts } from './translation/thoughts.js'

/** A call of a tool. `arguments` is the JSON text of an object; `extra` goes out as `extra_content`, and comes back. */
export interface AnsweredCall {
  id: string
  name: string
  arguments: string
  extra?: unknown
}

/** What a translated dialect says in the end. `extra` as in a call, for the message as a whole. */
export interface Answer {
  text: string
  thoughts?: Thoughts
  calls?: AnsweredCall[]
  /** The provider's own words where it refused to answer. */
  refusal?: string | undefined
  extra?: unknown
  finishReason: FinishReason
  usage: Usage | undefined
}

/** What OpenAI's types do not have: docs/decisions/0009-translation.md. */
interface Extensions {
  reasoning_content?: string
  reasoning_details?: ReasoningDetail[]
  extra_content?: unknown
}

type Delta = ChatChunk['choices'][number]['delta']

/** A whole answer in the inner language. */
export function toCompletion(model: string, answer: Answer): ChatCompletion {
  const { text, thoughts, calls = [], refusal, extra, finishReason, usage } = answer
  const message: ChatCompletion['choices'][number]['message'] & Extensions = {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    refusal: refusal ?? null,
    ...(thoughts?.text ? { reasoning_content: thoughts.text } : {}),
    ...(thoughts && thoughts.details.length > 0 ? { reasoning_details: thoughts.details } : {}),
    ...(calls.length > 0 ? { tool_calls: calls.map(toToolCall) } : {}),
    ...extraContent(extra),
  }
  return {
    ...head(model),
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    ...(usage ? { usage } : {}),
  }
}

/** Makes the pieces of one streamed answer, which share an id and a time. */
export function chunkMaker(model: string) {
  const same = { ...head(model), object: 'chat.completion.chunk' as const }
  const choice = (delta: Delta & Extensions, finish: FinishReason | null = null): ChatChunk => ({
    ...same,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  })
  return {
    start: () => choice({ role: 'assistant', content: '' }),
    text: (content: string) => choice({ content }),
    refusal: (refusal: string) => choice({ refusal }),
    reasoning: (text: string) => choice({ reasoning_content: text }),
    /** Every thought that has to come back, whole: helpers of clients keep the last such field, or join them by index. */
    reasoningDetails: (details: ReasoningDetail[]) => choice({ reasoning_details: details }),
    /** A call begins; `index` counts the calls of the answer. Its arguments may follow in pieces. */
    call: (index: number, call: AnsweredCall) => choice({ tool_calls: [{ index, ...toToolCall(call) }] }),
    callArguments: (index: number, piece: string) =>
      choice({ tool_calls: [{ index, function: { arguments: piece } }] }),
    extra: (extra: unknown) => choice(extraContent(extra)),
    finish: (reason: FinishReason) => choice({}, reason),
    usage: (usage: Usage): ChatChunk => ({ ...same, choices: [], usage }),
  }
}

function toToolCall({ id, name, arguments: text, extra }: AnsweredCall) {
  return { id, type: 'function' as const, function: { name, arguments: text }, ...extraContent(extra) }
}

function extraContent(extra: unknown): Extensions {
  return extra === undefined ? {} : { extra_content: extra }
}

/**
 * Usage in the inner language, where cached tokens are part of the prompt and reasoning is part of the completion.
 * Undefined where a figure cannot be: nobody may count, or be charged, half a token or minus ten.
 */
export function toUsage(tokens: {
  prompt: number
  completion: number
  cached?: number | undefined
  cacheWritten?: number | undefined
  reasoning?: number | undefined
}): Usage | undefined {
  const { prompt, completion, cached, cacheWritten, reasoning } = tokens
  if (![prompt, completion, cached, cacheWritten, reasoning].every(isCount)) return undefined
  const read = cached === undefined ? {} : { cached_tokens: cached }
  const written = cacheWritten ? { cache_write_tokens: cacheWritten } : {}
  const details = { ...read, ...written }
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(Object.keys(details).length > 0 ? { prompt_tokens_details: details } : {}),
    ...(reasoning === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  }
}

/** Tokens of one call, by a wide margin; also what an integer of most databases holds. */
function isCount(value: number | undefined): boolean {
  return value === undefined || (Number.isInteger(value) && value >= 0 && value < 2 ** 31)
}

function head(model: string) {
  return { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model }
}
