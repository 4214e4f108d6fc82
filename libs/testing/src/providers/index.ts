export { startAzure } from './azure.js'
export { startBedrock } from './bedrock.js'
export {
  type Behaviour,
  behaviourByModel,
  defaultText,
  defaultUsage,
  type StandInUsage,
} from './behaviour.js'
export { type EntraOptions, type EntraStandIn, startEntra } from './entra.js'
export { startGemini } from './gemini.js'
export { startGrok, startOpenAi } from './openai.js'
export type { RecordedRequest, StandIn } from './stand-in.js'
