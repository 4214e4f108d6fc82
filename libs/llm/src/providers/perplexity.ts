import { openAiCompatible } from './openai-compatible.js'

/**
 * https://docs.perplexity.ai/api-reference/chat-completions-post
 * No `/v1` in its address, and no list of the models it has there. It counts the tokens in every piece of a stream,
 * unasked, and ends a stream without `[DONE]` (https://github.com/perplexityai/api-discussion/issues/209).
 */
export const perplexity = openAiCompatible({
  id: 'perplexity',
  name: 'Perplexity',
  baseUrl: 'https://api.perplexity.ai',
  quirks: {
    fields: { stream_options: null, max_completion_tokens: 'max_tokens' },
    noDeveloper: true,
    noDone: true,
  },
  list: null,
})
