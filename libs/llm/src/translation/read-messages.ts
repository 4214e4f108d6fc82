import type {
  AssistantPart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  Turn,
} from './conversation.js'
import {
  type Drop,
  dropOthers,
  type Fields,
  invalid,
  isAbsent,
  isFields,
  maybeText,
  toFields,
  toList,
  toText,
  unsupported,
} from './fields.js'
import { readCacheControl, readContent, readTexts } from './read-parts.js'
import { readReasoning } from './reasoning.js'

/** The conversation of a request. */
export interface Conversation {
  system: TextPart[]
  turns: Turn[]
}

/** Fields of an assistant's message that only tell a reader about the answer it once was. */
const told = ['annotations', 'reasoning', 'reasoning_content', 'reasoning_details', 'thinking_blocks']

/**
 * Reads messages into turns that alternate. System and developer messages are taken out of their places, as Anthropic's
 * and Google's own OpenAI endpoints do: no other dialect has a place for them between the turns.
 * @throws AppError `invalid_request` naming what is wrong, `unsupported_by_provider` for the functions of 2023
 */
export function readMessages(messages: unknown, provider: string, drop: Drop): Conversation {
  const system: TextPart[] = []
  const turns: Turn[] = []
  /** Names of the tools that were called, by the id of the call. */
  const calls = new Map<string, string>()

  for (const [index, value] of toList(messages, 'messages').entries()) {
    const at = `messages[${index}]`
    const message = toFields(value, at)
    switch (message.role) {
      case 'system':
      case 'developer':
        dropFromMessage(message, drop)
        system.push(...readTexts(message.content, `${at}.content`, drop))
        break
      case 'user':
        dropFromMessage(message, drop)
        if (isAbsent(message.content)) throw invalid(`${at}.content`, 'must be a text or a list of parts.')
        addUser(turns, readContent(message.content, `${at}.content`, drop))
        break
      case 'tool':
        dropFromMessage(message, drop, 'tool_call_id', 'name', 'cache_control')
        addUser(turns, [readResult(message, at, calls, drop)])
        break
      case 'assistant':
        if (!isAbsent(message.function_call)) throw unsupported(`${at}.function_call`, provider)
        dropFromMessage(message, drop, 'refusal', 'tool_calls', 'extra_content', ...told)
        addAssistant(turns, readAssistant(message, at, calls, provider, drop), message.extra_content)
        break
      case 'function':
        throw unsupported(`${at}.role`, provider)
      default:
        throw invalid(`${at}.role`, 'must be system, developer, user, assistant or tool.')
    }
  }
  if (turns.length === 0) throw invalid('messages', 'must hold something that was said.')
  return { system, turns }
}

function dropFromMessage(message: Fields, drop: Drop, ...known: string[]) {
  dropOthers(message, ['role', 'content', ...known], 'messages[].', drop)
}

function addUser(turns: Turn[], parts: Extract<Turn, { role: 'user' }>['parts']) {
  const last = turns.at(-1)
  if (last?.role === 'user') last.parts.push(...parts)
  else turns.push({ role: 'user', parts })
}

function addAssistant(turns: Turn[], parts: AssistantPart[], extra: unknown) {
  // Nothing was said: an answer that a filter stopped, or whose tokens all went into thoughts.
  if (parts.length === 0) return
  const last = turns.at(-1)
  if (last?.role !== 'assistant') turns.push({ role: 'assistant', parts, extra })
  else {
    last.parts.push(...parts)
    last.extra ??= extra
  }
}

function readAssistant(
  message: Fields,
  at: string,
  calls: Map<string, string>,
  provider: string,
  drop: Drop,
): AssistantPart[] {
  const thoughts: ReasoningPart[] = readReasoning(message, at)
  const words = readTexts(message.content, `${at}.content`, drop)
  const refusal = maybeText(message.refusal, `${at}.refusal`)
  if (refusal) words.push({ type: 'text', text: refusal, at: `${at}.refusal` })
  const asked = isAbsent(message.tool_calls) ? [] : toList(message.tool_calls, `${at}.tool_calls`)
  return [
    ...thoughts,
    ...words.filter(({ text }) => text !== ''),
    ...asked.map((call, index) => readCall(call, `${at}.tool_calls[${index}]`, calls, provider)),
  ]
}

function readCall(value: unknown, at: string, calls: Map<string, string>, provider: string): ToolCallPart {
  const call = toFields(value, at)
  if (!isAbsent(call.type) && call.type !== 'function') throw unsupported(`${at}.type`, provider)
  const id = toText(call.id, `${at}.id`)
  const asked = toFields(call.function, `${at}.function`)
  const name = toText(asked.name, `${at}.function.name`)
  calls.set(id, name)
  return {
    type: 'tool_call',
    id,
    name,
    arguments: readArguments(asked.arguments, `${at}.function.arguments`),
    extra: call.extra_content,
    at,
    ...readCacheControl(call, at),
  }
}

/** Arguments as an object. Some clients send nothing for a tool that takes none. */
function readArguments(value: unknown, at: string): Record<string, unknown> {
  const text = maybeText(value, at)?.trim() ?? ''
  if (text === '') return {}
  const parsed = parse(text)
  if (isFields(parsed)) return parsed
  throw invalid(at, 'must be the JSON text of an object.')
}

function readResult(message: Fields, at: string, calls: Map<string, string>, drop: Drop): ToolResultPart {
  const id = toText(message.tool_call_id, `${at}.tool_call_id`)
  const name = calls.get(id)
  if (name === undefined) throw invalid(`${at}.tool_call_id`, 'no assistant message before has this call.')
  const content = readContent(message.content, `${at}.content`, drop).map((part) => {
    if (part.type === 'audio') throw invalid(`${part.at}.type`, 'sound cannot be the answer of a tool.')
    return part
  })
  return { type: 'tool_result', id, name, content, at, ...readCacheControl(message, at) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
