import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParams,
} from 'openai/resources/chat/completions'
import type { CompletionUsage } from 'openai/resources/completions'

/**
 * A chat request in the inner language, which is OpenAI's (https://platform.openai.com/docs/api-reference/chat/create).
 * `model` is the provider's own name of it. Whether it streams is said by the method that is called, not by a field.
 */
export type ChatRequest = Omit<ChatCompletionCreateParams, 'stream' | 'stream_options'>

/** A whole answer: https://platform.openai.com/docs/api-reference/chat/object */
export type { ChatCompletion } from 'openai/resources/chat/completions'

/** A piece of an answer: https://platform.openai.com/docs/api-reference/chat-streaming */
export type ChatChunk = ChatCompletionChunk

/** Tokens, with those read from a cache and those spent on reasoning where the provider tells. */
export type Usage = CompletionUsage

/** Why the model stopped. */
export type FinishReason = ChatCompletion.Choice['finish_reason']
