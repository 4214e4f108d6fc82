import type { Chat } from '../translation/conversation.js'
import { type Drop, type Fields, isAbsent } from '../translation/fields.js'
import { thinkingOf as claudeThinkingOf } from './anthropic-thinking.js'
import type { BedrockModel } from './bedrock-model.js'
import type { ClaudeEffort, ClaudeModel } from './claude-model.js'

/** How a request asks a model to think. */
export interface Thinking {
  /** In the model's own words, which Converse passes on. */
  fields: Fields
  /** Where Converse has a field for it. */
  effort?: ClaudeEffort
  /** It has been told to think. */
  thinks: boolean
  /** The limit of the answer has to be said, since a part of it is for thoughts. */
  maxTokens?: number
}

const none: Thinking = { fields: {}, thinks: false }

/**
 * `reasoning_effort` as the model takes it.
 * @param isForced the model has to call a tool
 * @param asked `thinking` of the caller's own, as Anthropic has it
 */
export function thinkingOf(
  model: BedrockModel,
  chat: Chat,
  isForced: boolean,
  asked: unknown,
  drop: Drop,
): Thinking {
  if (model.claude) return ofClaude(model.claude, chat, isForced, asked, drop)
  if (!isAbsent(asked)) drop('thinking')
  const { reasoningEffort: effort } = chat
  if (effort === undefined) return none
  const isHigh = effort === 'high' || effort === 'xhigh' || effort === 'max'
  if (model.thinks === 'nova')
    return effort === 'none' ? none : ofNova(chat, isHigh, effort === 'medium', drop)
  // These think whatever they are told, and have no word for not at all.
  if (effort !== 'none' && model.thinks === 'gpt') {
    return told({ reasoning_effort: isHigh ? 'high' : effort === 'medium' ? 'medium' : 'low' })
  }
  if (effort !== 'none' && model.thinks === 'qwen') {
    return told({ reasoning_config: isHigh || effort === 'medium' ? 'high' : 'low' })
  }
  // A model that nobody taught to think does what `none` asks.
  if (effort !== 'none' || model.thinks !== undefined) drop('reasoning_effort')
  return none
}

function ofClaude(claude: ClaudeModel, chat: Chat, isForced: boolean, asked: unknown, drop: Drop): Thinking {
  const forced = isForced ? { ...chat, toolChoice: { mode: 'required' as const } } : chat
  const maxTokens = chat.maxTokens ?? claude.maxTokens
  const { thinking, effort } = claudeThinkingOf(claude, forced, maxTokens, asked, drop)
  return {
    fields: thinking ? { thinking } : {},
    thinks: thinking !== undefined && thinking.type !== 'disabled',
    ...(effort ? { effort } : {}),
    // A budget has to be lower than the limit, which is lower than some budgets where nobody says it.
    ...(thinking?.type === 'enabled' ? { maxTokens } : {}),
  }
}

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
function ofNova(
  { maxTokens, temperature, topP }: Chat,
  isHigh: boolean,
  isMedium: boolean,
  drop: Drop,
): Thinking {
  // The highest effort goes with no limit and no sampling of the caller's; those were asked for by number.
  const isLimited = [maxTokens, temperature, topP].some((value) => value !== undefined)
  if (isHigh && isLimited) drop('reasoning_effort')
  const effort = isHigh ? (isLimited ? 'medium' : 'high') : isMedium ? 'medium' : 'low'
  return told({ reasoningConfig: { type: 'enabled', maxReasoningEffort: effort } })
}

function told(fields: Fields): Thinking {
  return { fields, thinks: true }
}
