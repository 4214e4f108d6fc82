import { randomUUID } from 'node:crypto'
import type { ChatChunk, ChatCompletion, FinishReason, Usage } from './chat.js'

/** What a translated dialect says in the end. */
export interface PlainAnswer {
  text: string
  finishReason: FinishReason
  usage: Usage | undefined
}

/** A whole answer in the inner language. */
export function toCompletion(model: string, { text, finishReason, usage }: PlainAnswer): ChatCompletion {
  return {
    ...head(model),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    ...(usage ? { usage } : {}),
  }
}

/** Makes the pieces of one streamed answer, which share an id and a time. */
export function chunkMaker(model: string) {
  const same = { ...head(model), object: 'chat.completion.chunk' as const }
  const choice = (delta: ChatChunk['choices'][number]['delta'], finish: FinishReason | null): ChatChunk => ({
    ...same,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  })
  return {
    start: () => choice({ role: 'assistant', content: '' }, null),
    text: (content: string) => choice({ content }, null),
    finish: (reason: FinishReason) => choice({}, reason),
    usage: (usage: Usage): ChatChunk => ({ ...same, choices: [], usage }),
  }
}

/** Usage in the inner language, where cached tokens are part of the prompt and reasoning is part of the completion. */
export function toUsage(tokens: {
  prompt: number
  completion: number
  cached?: number
  reasoning?: number
}): Usage {
  const { prompt, completion, cached, reasoning } = tokens
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
    ...(reasoning === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  }
}

function head(model: string) {
  return { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model }
}
