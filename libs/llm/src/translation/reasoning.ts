import type { ReasoningPart } from './conversation.js'
import { type Fields, isFields } from './fields.js'

/**
 * One thought as it goes out and comes back: OpenRouter's form, see docs/decisions/0009-translation.md.
 * https://openrouter.ai/docs/use-cases/reasoning-tokens
 */
export type ReasoningDetail =
  | { type: 'reasoning.text'; text: string; signature?: string; format: string; index: number }
  | { type: 'reasoning.encrypted'; data: string; format: string; index: number }

/** Claude's thoughts, whoever serves them: signatures hold on every platform. */
export const claudeFormat = 'anthropic-claude-v1'

/**
 * What an assistant's message says of its thoughts: `reasoning_details` as we give them, else LiteLLM's
 * `thinking_blocks`, else bare text that nobody signed. A field of another form is not one of ours, and says nothing.
 */
export function readReasoning(message: Fields, at: string): ReasoningPart[] {
  const { reasoning_details: details, thinking_blocks: blocks } = message
  if (Array.isArray(details))
    return details.flatMap((one, index) => readDetail(one, `${at}.reasoning_details[${index}]`))
  if (Array.isArray(blocks))
    return blocks.flatMap((one, index) => readBlock(one, `${at}.thinking_blocks[${index}]`))
  const text = message.reasoning_content ?? message.reasoning
  if (typeof text !== 'string' || text === '') return []
  return [{ type: 'reasoning', text, format: undefined, at: `${at}.reasoning_content` }]
}

function readDetail(value: unknown, at: string): ReasoningPart[] {
  if (!isFields(value)) return []
  const format = textOf(value.format)
  const signature = textOf(value.signature)
  if (value.type === 'reasoning.text') {
    const text = textOf(value.text) ?? ''
    return [{ type: 'reasoning', text, format, at, ...(signature ? { signature } : {}) }]
  }
  const encrypted = textOf(value.data)
  return value.type === 'reasoning.encrypted' && encrypted
    ? [{ type: 'reasoning', text: '', encrypted, format, at }]
    : []
}

function readBlock(value: unknown, at: string): ReasoningPart[] {
  if (!isFields(value)) return []
  const same = { type: 'reasoning' as const, format: claudeFormat, at }
  const signature = textOf(value.signature)
  const encrypted = textOf(value.data)
  if (value.type === 'redacted_thinking') return encrypted ? [{ ...same, text: '', encrypted }] : []
  return value.type === 'thinking' && signature
    ? [{ ...same, text: textOf(value.thinking) ?? '', signature }]
    : []
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
