import type { ChatRequest } from '../chat.js'
import { addressVariable, textVariable } from '../variables.js'
import { openAiCompatible } from './openai-compatible.js'
import { textOf } from './openai-models.js'

const tokenUrl = 'https://auth.openai.com/oauth/token'

/** https://platform.openai.com/docs/api-reference/chat */
export const openai = openAiCompatible({
  id: 'openai',
  name: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  adapt: preferCompletionTokens,
  // https://developers.openai.com/api/reference/workload-identity-federation
  federation: {
    variables: {
      OPENAI_IDENTITY_PROVIDER_ID: textVariable(
        'Workload identity federation: the identity provider as OpenAI knows it.',
      ),
      OPENAI_SERVICE_ACCOUNT_ID: textVariable('Workload identity federation: the service account.'),
      OPENAI_TOKEN_URL: addressVariable(
        'Workload identity federation: where tokens are exchanged.',
        tokenUrl,
      ),
    },
    required: ['OPENAI_IDENTITY_PROVIDER_ID', 'OPENAI_SERVICE_ACCOUNT_ID'],
    exchange: (values) => ({
      address: textOf(values.OPENAI_TOKEN_URL) ?? tokenUrl,
      fields: (identityToken) => ({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        subject_token: identityToken,
        identity_provider_id: String(values.OPENAI_IDENTITY_PROVIDER_ID),
        service_account_id: String(values.OPENAI_SERVICE_ACCOUNT_ID),
      }),
    }),
  },
})

/**
 * `max_tokens` under its present name. OpenAI deprecated the old one, which its reasoning models refuse; every one of its
 * chat models takes the new one.
 */
function preferCompletionTokens(request: ChatRequest): ChatRequest {
  const { max_tokens: limit, ...rest } = request
  if (limit === undefined || limit === null || rest.max_completion_tokens) return request
  return { ...rest, max_completion_tokens: limit }
}
