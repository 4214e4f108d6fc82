import { openAiCompatible } from './openai-compatible.js'
import { countOf } from './openai-models.js'
import { isJsonObject, type JsonObject } from './openai-quirks.js'

/**
 * https://docs.mistral.ai/api/#tag/chat
 * It refuses every field that it does not know, by 422 `extra_forbidden`, and counts the tokens of every stream unasked.
 */
export const mistral = openAiCompatible({
  id: 'mistral',
  name: 'Mistral',
  baseUrl: 'https://api.mistral.ai/v1',
  quirks: {
    fields: { stream_options: null, max_completion_tokens: 'max_tokens', seed: 'random_seed' },
    noDeveloper: true,
    errorMessage,
  },
  // https://docs.mistral.ai/api/#tag/models
  list: {
    describe: ({ max_context_length, capabilities }) => ({
      contextLength: countOf(max_context_length),
      ...(isJsonObject(capabilities) && typeof capabilities.vision === 'boolean'
        ? { inputModalities: capabilities.vision ? ['text', 'image'] : ['text'] }
        : {}),
    }),
  },
})

/** A sentence in `message`, or what its checker found, there or in `detail`. */
function errorMessage({ message, detail }: JsonObject): string | undefined {
  if (typeof message === 'string') return message
  const found = isJsonObject(message) ? message.detail : (message ?? detail)
  if (typeof found === 'string') return found
  if (!Array.isArray(found)) return undefined
  return found
    .filter(isJsonObject)
    .map(({ loc, msg }) => `${Array.isArray(loc) ? loc.join('.') : ''}: ${String(msg)}`)
    .join('; ')
}
