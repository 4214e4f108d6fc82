import type { ChatRequest } from '../chat.js'
import type { CallOptions } from '../provider.js'
import type { Chat } from './conversation.js'
import { type Drop, isAbsent, isFields } from './fields.js'
import { readChat } from './read-chat.js'

/** What a translated provider can be told. */
export interface Dialect {
  /** The provider's name for people. */
  provider: string
  /**
   * Fields of the request that it takes, whatever the model. Every other one that was given is dropped by name. What it
   * takes in some cases alone stands here, and is dropped by the translation where it does not. `cache_control` is also
   * the mark on a part, a message or a tool.
   */
  takes: ReadonlySet<string>
}

/** Every dialect is asked for these, and streaming is said by the method that is called. */
const always = new Set(['model', 'messages', 'stream', 'stream_options'])

/**
 * Fields that ask for nothing when they have this value, which is OpenAI's own for a request without them. `metadata`,
 * `user` and `store: true` change no answer either, and are named all the same: who gave them means to find the call
 * again by them, and will not.
 */
const asksForNothing = new Map<string, (value: unknown) => boolean>([
  ['n', (value) => value === 1],
  ['store', (value) => value === false],
  ['logprobs', (value) => value === false],
  ['frequency_penalty', (value) => value === 0],
  ['presence_penalty', (value) => value === 0],
  ['parallel_tool_calls', (value) => value === true],
  ['service_tier', (value) => value === 'auto'],
  ['response_format', (value) => isFields(value) && value.type === 'text'],
  ['modalities', (value) => Array.isArray(value) && value.every((modality) => modality === 'text')],
  ['logit_bias', isEmpty],
  ['metadata', isEmpty],
  ['tools', isEmpty],
  ['stop', isEmpty],
])

/** More of them say no more, and would make a header that no client reads. */
const maxNames = 50

/**
 * The way of a request into a dialect: read, checked, translated; then `onDropped` is told once what is left out, if
 * anything is, before anybody is asked.
 * @param build makes the provider's request, and drops what it turns out not to be able to say
 * @throws AppError as `readChat` does, and whatever `build` and `onDropped` throw
 */
export async function translate<T>(
  request: ChatRequest,
  { onDropped }: CallOptions,
  { provider, takes }: Dialect,
  build: (chat: Chat, drop: Drop) => T | Promise<T>,
): Promise<T> {
  const dropped = new Set<string>()
  // A name of the caller's making goes into a header: nothing in it may end one.
  const drop: Drop = (name) => {
    if (dropped.size < maxNames) dropped.add(name.replace(/[^\w.[\]-]/g, '?').slice(0, 64))
  }
  const chat = readChat(request, provider, drop)
  for (const [name, value] of Object.entries(request)) {
    if (isAbsent(value) || always.has(name) || takes.has(name)) continue
    if (!asksForNothing.get(name)?.(value)) drop(name)
  }
  if (!takes.has('cache_control') && marksCache(chat)) drop('cache_control')
  const built = await build(chat, drop)
  if (dropped.size > 0) onDropped?.([...dropped].sort())
  return built
}

function marksCache({ system, turns, tools }: Chat): boolean {
  const parts = [...system, ...tools, ...turns.flatMap((turn): object[] => turn.parts)]
  return parts.some((part) => 'cacheControl' in part)
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isFields(value) && Object.keys(value).length === 0
}
