import { openAiCompatible } from './openai-compatible.js'

/**
 * https://api-docs.deepseek.com/api/create-chat-completion
 * Its roles are `system`, `user`, `assistant` and `tool`; its limit is `max_tokens`.
 */
export const deepseek = openAiCompatible({
  id: 'deepseek',
  name: 'DeepSeek',
  baseUrl: 'https://api.deepseek.com',
  quirks: { fields: { max_completion_tokens: 'max_tokens' }, noDeveloper: true },
})
