import { openAiCompatible } from './openai-compatible.js'
import { textOf } from './openai-models.js'

/**
 * https://docs.cohere.com/docs/compatibility-api
 * It refuses what is not in the page's list of fields, by 422, `stream_options` among it; a stream tells its usage
 * unasked, or not at all.
 */
export const cohere = openAiCompatible({
  id: 'cohere',
  name: 'Cohere',
  baseUrl: 'https://api.cohere.ai/compatibility/v1',
  quirks: {
    fields: { stream_options: null, max_completion_tokens: 'max_tokens' },
    errorMessage: ({ message }) => textOf(message),
  },
  // Not in the compatible part: https://docs.cohere.com/reference/list-models
  list: {
    address: (base) => `${base.replace(/\/compatibility\/v1$/, '')}/v1/models?page_size=1000`,
    models: (body) => (body as { models?: unknown } | null)?.models,
    describe: ({ name }) => ({ id: textOf(name) ?? '', ownedBy: 'cohere' }),
  },
})
