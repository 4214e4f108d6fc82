import { openAiCompatible } from './openai-compatible.js'

/**
 * https://inference-docs.cerebras.ai/resources/openai
 * It has no role `developer`: its `system` is what OpenAI means by that.
 */
export const cerebras = openAiCompatible({
  id: 'cerebras',
  name: 'Cerebras',
  baseUrl: 'https://api.cerebras.ai/v1',
  quirks: { noDeveloper: true },
})
