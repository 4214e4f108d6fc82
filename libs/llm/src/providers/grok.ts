import { openAiCompatible } from './openai-compatible.js'

/** https://docs.x.ai/docs/api-reference#chat-completions */
export const grok = openAiCompatible({
  id: 'grok',
  priceList: 'x-ai',
  name: 'Grok',
  aliases: ['xai'],
  baseUrl: 'https://api.x.ai/v1',
  variables: { keyAlias: 'XAI_API_KEY', baseUrl: 'GROK_API_URL' },
})
