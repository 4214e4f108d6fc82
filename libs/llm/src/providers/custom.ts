import { openAiCompatible } from './openai-compatible.js'
import { countOf } from './openai-models.js'
import { isJsonObject } from './openai-quirks.js'

/**
 * Any server of OpenAI's shape, at the address that the operator gives: vLLM, llama.cpp, LM Studio and their like.
 * https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
 */
export const custom = openAiCompatible({
  id: 'custom',
  name: 'OpenAI-compatible server',
  priceList: null,
  baseUrl: 'http://127.0.0.1:8080/v1',
  variables: { prefix: 'OPENAI_COMPATIBLE' },
  turnedOnBy: 'address',
  list: {
    // vLLM's name of it, and llama.cpp's.
    describe: ({ max_model_len, meta }) => ({
      contextLength: countOf(max_model_len) ?? (isJsonObject(meta) ? countOf(meta.n_ctx_train) : undefined),
    }),
  },
})
