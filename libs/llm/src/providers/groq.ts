import { openAiCompatible } from './openai-compatible.js'
import { countOf } from './openai-models.js'

/** https://console.groq.com/docs/api-reference#chat-create */
export const groq = openAiCompatible({
  id: 'groq',
  name: 'Groq',
  baseUrl: 'https://api.groq.com/openai/v1',
  // https://console.groq.com/docs/api-reference#models-list
  list: { describe: (model) => ({ contextLength: countOf(model.context_window) }) },
})
