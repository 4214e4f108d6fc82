import { openAiCompatible } from './openai-compatible.js'
import { textOf } from './openai-models.js'

/** https://docs.api.nvidia.com/nim/reference/llm-apis */
export const nvidia = openAiCompatible({
  id: 'nvidia',
  name: 'NVIDIA NIM',
  // Nobody lists prices of the catalogue.
  priceList: null,
  baseUrl: 'https://integrate.api.nvidia.com/v1',
  quirks: {
    fields: { max_completion_tokens: 'max_tokens' },
    noDeveloper: true,
    errorMessage: ({ detail, title }) => textOf(detail) ?? textOf(title),
  },
})
