import type { Chat } from './conversation.js'

/**
 * Names of the tools that were called in a conversation. Some providers refuse calls in it where the request has no
 * tools, which OpenAI's clients leave out once they want words.
 */
export function calledTools({ turns }: Chat): string[] {
  const parts = turns.flatMap((turn) => (turn.role === 'assistant' ? turn.parts : []))
  return [...new Set(parts.flatMap((part) => (part.type === 'tool_call' ? [part.name] : [])))]
}
