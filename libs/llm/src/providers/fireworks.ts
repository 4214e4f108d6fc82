import { openAiCompatible } from './openai-compatible.js'

/** https://docs.fireworks.ai/tools-sdks/openai-compatibility */
export const fireworks = openAiCompatible({
  id: 'fireworks',
  name: 'Fireworks AI',
  baseUrl: 'https://api.fireworks.ai/inference/v1',
})
