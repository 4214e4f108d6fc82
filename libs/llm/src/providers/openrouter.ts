import { textVariable } from '../variables.js'
import { openAiCompatible } from './openai-compatible.js'
import { countOf, textOf, textsOf } from './openai-models.js'
import { isJsonObject } from './openai-quirks.js'

/** https://openrouter.ai/docs/api-reference/chat-completion */
export const openrouter = openAiCompatible({
  id: 'openrouter',
  name: 'OpenRouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  // https://openrouter.ai/docs/api/api-reference/oauth/exchange-a-workload-identity-token
  federation: {
    variables: {
      OPENROUTER_FEDERATION_POLICY_ID: textVariable('Workload identity federation: the policy.'),
    },
    required: ['OPENROUTER_FEDERATION_POLICY_ID'],
    exchange: (values, baseUrl) => ({
      address: `${baseUrl}/oauth/token`,
      form: true,
      fields: (identityToken) => ({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        subject_token: identityToken,
        federation_policy_id: String(values.OPENROUTER_FEDERATION_POLICY_ID),
      }),
    }),
  },
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
