export { startAnthropic } from './anthropic.js'
export { startAzure } from './azure.js'
export { startBedrock } from './bedrock.js'
export {
  type Behaviour,
  behaviourByModel,
  defaultText,
  defaultUsage,
  type StandInCall,
  type StandInThought,
  type StandInUsage,
} from './behaviour.js'
export { type EntraOptions, type EntraStandIn, startEntra } from './entra.js'
export { startFederated } from './federation.js'
export { startGemini } from './gemini.js'
export {
  type GoogleIdentityOptions,
  type GoogleIdentityStandIn,
  startGoogleIdentity,
} from './google-identity.js'
export { startGrok, startOpenAi } from './openai.js'
export { speechBytes } from './openai-endpoints.js'
export { type OpenAiVendor, openAiVendors, startOllama } from './openai-vendors.js'
export type { RecordedRequest, StandIn } from './stand-in.js'
export { startVertex } from './vertex.js'
