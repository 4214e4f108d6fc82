import type { ChatRequest } from '../chat.js'
import { openAiCompatible } from './openai-compatible.js'

/** https://platform.openai.com/docs/api-reference/chat */
export const openai = openAiCompatible({
  id: 'openai',
  name: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  adapt: preferCompletionTokens,
})

/**
 * `max_tokens` under its present name. OpenAI deprecated the old one, which its reasoning models refuse; every one of its
 * chat models takes the new one.
 */
function preferCompletionTokens(request: ChatRequest): ChatRequest {
  const { max_tokens: limit, ...rest } = request
  if (limit === undefined || limit === null || rest.max_completion_tokens) return request
  return { ...rest, max_completion_tokens: limit }
}
