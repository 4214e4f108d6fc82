import type { Column, Conversation, Turn } from './conversation.ts'

/** A message as the gateway takes it. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string | ChatPart[]
}
export type ChatPart = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } }

/** Body of `POST /v1/chat/completions`. */
export interface ChatBody {
  model: string
  messages: ChatMessage[]
  temperature?: number
  max_tokens?: number
  top_p?: number
  stop?: string[]
  stream: true
  stream_options: { include_usage: true }
}

/**
 * What a column is asked: the turns before that it has answered, with its own answers, then the one that is asked now. What
 * it was never asked, or never answered, is not sent.
 */
export function chatBody(
  { system, turns }: Pick<Conversation, 'system' | 'turns'>,
  { model, parameters: { system: own, ...parameters }, answers }: Column,
  turn: Turn,
): ChatBody {
  const messages: ChatMessage[] = []
  const instructions = own ?? system
  if (instructions.trim() !== '') messages.push({ role: 'system', content: instructions })
  for (const before of turns) {
    if (before.id === turn.id) break
    const text = answers[before.id]?.text ?? ''
    if (text !== '') messages.push(userMessage(before), { role: 'assistant', content: text })
  }
  messages.push(userMessage(turn))
  return { model, messages, ...parameters, stream: true, stream_options: { include_usage: true } }
}

const userMessage = ({ prompt, pictures }: Turn): ChatMessage => ({
  role: 'user',
  content:
    pictures.length === 0
      ? prompt
      : [
          ...(prompt === '' ? [] : [{ type: 'text' as const, text: prompt }]),
          ...pictures.map(({ url }) => ({ type: 'image_url' as const, image_url: { url } })),
        ],
})
