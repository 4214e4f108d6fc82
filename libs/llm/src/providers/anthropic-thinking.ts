import type { ThinkingConfigParam } from '@anthropic-ai/sdk/resources/messages/messages'
import type { Chat, ReasoningEffort } from '../translation/conversation.js'
import { type Drop, isAbsent, toFields } from '../translation/fields.js'
import type { ClaudeEffort, ClaudeModel } from './claude-model.js'

/** How a request asks Claude to think. */
export interface Thinking {
  thinking?: ThinkingConfigParam
  effort?: ClaudeEffort
}

/** Tokens for thoughts where a model is given a number of them; below 1024 it takes none. */
const budgets: Record<Exclude<ReasoningEffort, 'none'>, number> = {
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 32_000,
  max: 32_000,
}
const smallestBudget = 1_024

/** What thoughts may take of the limit of an answer, so that there is room for the answer. */
const largestShare = 0.8

/**
 * `reasoning_effort` as the model takes it; `thinking` of the caller's own, which Anthropic's OpenAI endpoint takes too,
 * goes on as it is. https://platform.claude.com/docs/en/build-with-claude/thinking
 */
export function thinkingOf(
  model: ClaudeModel,
  chat: Chat,
  maxTokens: number,
  asked: unknown,
  drop: Drop,
): Thinking {
  const { reasoningEffort: effort } = chat
  const level = effort && effort !== 'none' ? toEffort(effort, model.efforts) : undefined
  if (!isAbsent(asked)) {
    const thinking = toFields(asked, 'thinking') as unknown as ThinkingConfigParam
    return { thinking, ...(level ? { effort: level } : {}) }
  }
  if (effort === undefined) return {}
  if (effort === 'none') return leastThinking(model, drop)
  if (model.thinking === 'adaptive') {
    // Told to show them, or newer models give signatures of thoughts alone.
    return { thinking: { type: 'adaptive', display: 'summarized' }, ...(level ? { effort: level } : {}) }
  }
  const budget = Math.min(budgets[effort], Math.floor(maxTokens * largestShare))
  const canThink = model.thinking === 'budget' && budget >= smallestBudget
  // The older models neither think before a tool that they must call, nor go on with calls whose thoughts were lost.
  if (!canThink || chat.toolChoice?.mode === 'required' || hasLostThoughts(chat)) {
    drop('reasoning_effort')
    return {}
  }
  return { thinking: { type: 'enabled', budget_tokens: budget }, ...(level ? { effort: level } : {}) }
}

function leastThinking({ thinksUnasked, leastThinking: type }: ClaudeModel, drop: Drop): Thinking {
  if (!thinksUnasked) return {}
  if (type) return { thinking: { type } }
  drop('reasoning_effort')
  return {}
}

/** The effort asked for, or the next lower one that the model knows. */
function toEffort(effort: ReasoningEffort, known: readonly ClaudeEffort[]): ClaudeEffort | undefined {
  const order: readonly ReasoningEffort[] = ['low', 'medium', 'high', 'xhigh', 'max']
  const wanted = effort === 'minimal' ? 0 : order.indexOf(effort)
  return known.findLast((one) => order.indexOf(one) <= wanted)
}

/** The last turn but one called tools, without the signed thoughts that led to it. */
function hasLostThoughts({ turns }: Chat): boolean {
  const last = turns.at(-1)
  const before = turns.at(-2)
  if (last?.role !== 'user' || before?.role !== 'assistant') return false
  if (!last.parts.some(({ type }) => type === 'tool_result')) return false
  return !before.parts.some((part) => part.type === 'reasoning' && (part.signature || part.encrypted))
}
