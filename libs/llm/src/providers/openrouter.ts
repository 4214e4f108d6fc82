import { openAiCompatible } from './openai-compatible.js'
import { countOf, textOf, textsOf } from './openai-models.js'
import { isJsonObject } from './openai-quirks.js'

/** https://openrouter.ai/docs/api-reference/chat-completion */
export const openrouter = openAiCompatible({
  id: 'openrouter',
  name: 'OpenRouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  // https://openrouter.ai/docs/models
  list: {
    describe: ({ name, architecture, top_provider: best }) => ({
      name: textOf(name),
      maxOutputTokens: isJsonObject(best) ? countOf(best.max_completion_tokens) : undefined,
      ...(isJsonObject(architecture)
        ? {
            inputModalities: textsOf(architecture.input_modalities),
            outputModalities: textsOf(architecture.output_modalities),
          }
        : {}),
    }),
  },
})
