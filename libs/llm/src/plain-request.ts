import { AppError } from '@gatehouse/contracts'
import type { ChatRequest } from './chat.js'

/** One side's words between two of the other's. */
export interface Turn {
  role: 'user' | 'assistant'
  texts: string[]
}

/** A chat request as the dialects that are translated can carry it. */
export interface PlainRequest {
  /** System and developer messages, in order. */
  system: string[]
  /** Users and assistants in turn: neighbours of one role are one turn, since most dialects demand it. */
  turns: Turn[]
  temperature: number | undefined
  topP: number | undefined
  maxTokens: number | undefined
  stop: string[] | undefined
}

type Message = ChatRequest['messages'][number]

/** Fields that `readPlainRequest` carries over. */
const carried = new Set([
  'model',
  'messages',
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'stop',
])

/** Fields of a message that it carries over, or that say nothing by themselves. */
const carriedInMessage = new Set(['role', 'content'])

/**
 * Reads what a translated dialect can carry. What it cannot is refused by name, never dropped: an answer without the
 * tool that was asked for would look like an answer.
 * @throws AppError `unsupported_by_provider`, with the field as `param`
 */
export function readPlainRequest(request: ChatRequest, provider: string): PlainRequest {
  const refuse = (param: string): AppError =>
    new AppError('unsupported_by_provider', {
      message: `${param} cannot be sent to ${provider} through this gateway yet. Leave it out, or choose another provider.`,
      param,
    })

  for (const [field, value] of Object.entries(request)) {
    const saysNothing = value === undefined || value === null || (field === 'n' && value === 1)
    if (!carried.has(field) && !saysNothing) throw refuse(field)
  }

  const system: string[] = []
  const turns: Turn[] = []
  for (const [index, message] of request.messages.entries()) {
    const texts = readTexts(message, `messages[${index}]`, refuse)
    if (message.role === 'system' || message.role === 'developer') {
      system.push(...texts)
      continue
    }
    const role = message.role === 'user' ? 'user' : 'assistant'
    const last = turns.at(-1)
    if (last?.role === role) last.texts.push(...texts)
    else turns.push({ role, texts })
  }

  return {
    system,
    turns,
    temperature: request.temperature ?? undefined,
    topP: request.top_p ?? undefined,
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
    stop: typeof request.stop === 'string' ? [request.stop] : (request.stop ?? undefined),
  }
}

function readTexts(message: Message, path: string, refuse: (param: string) => AppError): string[] {
  if (message.role === 'tool' || message.role === 'function') throw refuse(`${path}.role`)
  for (const [field, value] of Object.entries(message)) {
    const saysNothing = value === undefined || value === null
    if (!carriedInMessage.has(field) && !saysNothing) throw refuse(`${path}.${field}`)
  }
  const { content } = message
  if (typeof content === 'string') return [content]
  return (content ?? []).map((part, index) => {
    if (part.type !== 'text') throw refuse(`${path}.content[${index}]`)
    return part.text
  })
}

/** The object without the fields that are undefined, so that only what was given is sent. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
