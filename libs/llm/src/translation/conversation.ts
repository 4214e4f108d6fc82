import type { ChatRequest } from '../chat.js'

/** Where in the request a part stands, as `messages[2].content[0]`, for errors that name it. */
interface Placed {
  at: string
}

/** A provider may keep the prompt up to here in its cache. Anthropic's form, which OpenRouter and LiteLLM take too. */
interface Cacheable {
  cacheControl?: Record<string, unknown>
}

/** Words; empty only where the message has nothing else. */
export interface TextPart extends Placed, Cacheable {
  type: 'text'
  text: string
}

/** Bytes as base64 without line breaks, or an address that the provider fetches; we never do. */
export type MediaSource = { mediaType: string; data: string } | { url: string }

/** An image. `detail` only where it says something else than `auto`. */
export interface ImagePart extends Placed, Cacheable {
  type: 'image'
  source: MediaSource
  detail?: string
}

/** A document. `id` is one of OpenAI's own files, which no other provider knows. */
export interface FilePart extends Placed, Cacheable {
  type: 'file'
  name?: string
  source: MediaSource | { id: string }
}

/** Sound; `data` as base64, `format` as `wav` or `mp3`. */
export interface AudioPart extends Placed, Cacheable {
  type: 'audio'
  format: string
  data: string
}

/** What a tool answered. `name` is that of the call; nobody else says it. */
export interface ToolResultPart extends Placed, Cacheable {
  type: 'tool_result'
  id: string
  name: string
  content: (TextPart | ImagePart | FilePart)[]
}

/** What a model asked a tool. `extra` is `extra_content`, in which a provider keeps what has to come back with the call. */
export interface ToolCallPart extends Placed, Cacheable {
  type: 'tool_call'
  id: string
  name: string
  arguments: Record<string, unknown>
  extra: unknown
}

/**
 * What a model thought. `signature` and `encrypted` were made by the provider that `format` names, which alone can read
 * them; a thought has one of the two, or was never signed and proves nothing.
 */
export interface ReasoningPart extends Placed {
  type: 'reasoning'
  text: string
  signature?: string
  encrypted?: string
  format: string | undefined
}

/** What users and tools say. */
export type UserPart = TextPart | ImagePart | FilePart | AudioPart | ToolResultPart

/** What a model says: its thoughts, then its words, then its calls. `extra` as in a call, for the message as a whole. */
export type AssistantPart = ReasoningPart | TextPart | ToolCallPart

/** One side's share between two of the other's. Neighbours of one role are one turn, since most dialects demand it. */
export type Turn =
  | { role: 'user'; parts: UserPart[] }
  | { role: 'assistant'; parts: AssistantPart[]; extra: unknown }

/** A function that the model may call. `parameters` is a JSON schema; absent where the function takes none. */
export interface Tool extends Placed, Cacheable {
  name: string
  description?: string
  parameters?: Record<string, unknown>
  strict: boolean
}

/** Whether tools are called; `names`: these alone. A tool that was named is `required` with one name. */
export interface ToolChoice {
  mode: 'auto' | 'none' | 'required'
  names?: string[]
}

/** The form of the answer, where it is not plain text. */
export type OutputFormat =
  | { type: 'json_object' }
  | {
      type: 'json_schema'
      name: string
      description?: string
      schema: Record<string, unknown>
      strict: boolean
    }

/** How much a model should think; OpenAI's words. */
export type ReasoningEffort = NonNullable<ChatRequest['reasoning_effort']>

/** A chat request, read. A setting that was not given, or was given as null, is undefined. */
export interface Chat {
  model: string
  /** System and developer messages, in order. */
  system: TextPart[]
  turns: Turn[]
  tools: Tool[]
  toolChoice: ToolChoice | undefined
  parallelToolCalls: boolean | undefined
  output: OutputFormat | undefined
  reasoningEffort: ReasoningEffort | undefined
  maxTokens: number | undefined
  temperature: number | undefined
  topP: number | undefined
  /** An extension: OpenAI has none. */
  topK: number | undefined
  stop: string[] | undefined
  seed: number | undefined
  frequencyPenalty: number | undefined
  presencePenalty: number | undefined
  logprobs: boolean | undefined
  topLogprobs: number | undefined
  serviceTier: string | undefined
  /** Stands for one person in the caller's own system, hashed: `safety_identifier`. */
  personHash: string | undefined
}
