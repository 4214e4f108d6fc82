import { openAiCompatible } from './openai-compatible.js'

/** https://platform.moonshot.ai/docs/api/chat */
export const moonshot = openAiCompatible({
  id: 'moonshot',
  name: 'Moonshot AI',
  aliases: ['moonshotai', 'kimi'],
  priceList: 'moonshotai',
  baseUrl: 'https://api.moonshot.ai/v1',
  quirks: { fields: { max_completion_tokens: 'max_tokens' }, noDeveloper: true },
})
