import type { MessageCreateParams, MessageParam } from '@anthropic-ai/sdk/resources/messages/messages'
import type { ChatRequest } from '../chat.js'
import { given } from '../given.js'
import type { Chat } from '../translation/conversation.js'
import type { Dialect } from '../translation/dialect.js'
import { type Drop, type Fields, isAbsent, toFields } from '../translation/fields.js'
import { providerName, toAssistantBlocks, toMark, toTextBlock, toUserBlock } from './anthropic-blocks.js'
import { thinkingOf } from './anthropic-thinking.js'
import { type Transform, toFormat, toTools } from './anthropic-tools.js'
import { type ClaudeModel, claudeModel } from './claude-model.js'

/** What Anthropic's Messages can be told: https://platform.claude.com/docs/en/api/messages/create */
export const dialect: Dialect = {
  provider: providerName,
  takes: new Set([
    'max_tokens',
    'max_completion_tokens',
    'temperature',
    'top_p',
    'top_k',
    'stop',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'response_format',
    'reasoning_effort',
    'service_tier',
    // Hashed by its definition, as Anthropic wants it. `user` may be a name or an address, which Anthropic forbids.
    'safety_identifier',
    // Anthropic's own fields, which callers of its OpenAI endpoint and of OpenRouter set beside OpenAI's.
    'thinking',
    'cache_control',
  ]),
}

/** The SDK's own types are of an API version that has no sampling any more. */
export type MessageRequest = Omit<MessageCreateParams, 'stream'> & {
  temperature?: number
  top_p?: number
  top_k?: number
}

/**
 * A chat as a request for a message.
 * @throws AppError `unsupported_by_provider`; `invalid_request` for a schema without types, and for extensions of another form
 */
export function toMessageRequest(
  request: ChatRequest,
  chat: Chat,
  drop: Drop,
  transform: Transform,
): MessageRequest {
  const model = claudeModel(request.model)
  const { thinking: asked, cache_control: mark }: Fields = { ...request }
  const maxTokens = chat.maxTokens ?? model.maxTokens
  const { thinking, effort } = thinkingOf(model, chat, maxTokens, asked, drop)
  const format = toFormat(model, chat, drop, transform)
  const output = given({ effort, format })
  return {
    model: request.model,
    // Required here. Without a limit of the caller's, the model's own: a lower one would cut answers that OpenAI gives whole.
    max_tokens: maxTokens,
    messages: toMessages(model, chat, drop),
    ...(chat.system.length > 0 ? { system: chat.system.map(toTextBlock) } : {}),
    ...toTools(model, chat, drop, transform),
    ...toSampling(model, chat, thinking !== undefined && thinking.type !== 'disabled', drop),
    ...given({ thinking, stop_sequences: chat.stop, service_tier: toServiceTier(chat, drop) }),
    ...(Object.keys(output).length > 0 ? { output_config: output } : {}),
    ...(chat.personHash ? { metadata: { user_id: chat.personHash } } : {}),
    ...(isAbsent(mark) ? {} : { cache_control: toMark(toFields(mark, 'cache_control')) }),
  }
}

function toMessages(model: ClaudeModel, { turns }: Chat, drop: Drop): MessageParam[] {
  const messages = turns.map((turn) =>
    turn.role === 'user'
      ? { role: turn.role, content: turn.parts.map((part) => toUserBlock(part, drop)) }
      : { role: turn.role, content: turn.parts.flatMap((part) => toAssistantBlocks(part, model)) },
  )
  // A turn of nothing but another's thoughts is empty, and would be refused.
  return messages.filter(({ content }) => content.length > 0)
}

/** Sampling, where the model has it left. While it thinks, it takes none of it. */
export function toSampling(
  model: ClaudeModel,
  { temperature, topP, topK }: Chat,
  thinks: boolean,
  drop: Drop,
) {
  const taken: { temperature?: number; top_p?: number; top_k?: number } = {}
  const takesAny = model.sampling && !thinks
  const take = (name: 'temperature' | 'top_p' | 'top_k', value: number | undefined, takes: boolean) => {
    if (value === undefined) return
    if (takes) taken[name] = value
    // What it does anyway is not left out.
    else if (name === 'top_k' || value !== 1) drop(name)
  }
  take('temperature', temperature, takesAny)
  take('top_p', topP, takesAny && !(model.oneOfSampling && temperature !== undefined))
  take('top_k', topK, takesAny)
  return taken
}

/** https://platform.claude.com/docs/en/api/service-tiers: `auto` is priority where the account has it. */
function toServiceTier({ serviceTier }: Chat, drop: Drop) {
  if (serviceTier === undefined) return undefined
  if (serviceTier === 'auto') return serviceTier
  if (serviceTier === 'default') return 'standard_only' as const
  drop('service_tier')
  return undefined
}
