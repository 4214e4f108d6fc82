import { openAiCompatible } from './openai-compatible.js'
import { textOf } from './openai-models.js'

/** https://docs.together.ai/docs/openai-api-compatibility */
export const together = openAiCompatible({
  id: 'together',
  name: 'Together AI',
  baseUrl: 'https://api.together.xyz/v1',
  quirks: { fields: { max_completion_tokens: 'max_tokens' }, noDeveloper: true },
  // A bare array: https://docs.together.ai/reference/models
  list: { models: (body) => body, describe: (model) => ({ ownedBy: textOf(model.organization) }) },
})
