export type { ChatChunk, ChatCompletion, ChatRequest, FinishReason, Usage } from './chat.js'
export {
  type Candidate,
  createModels,
  type Models,
  type ModelsOptions,
  type ProviderState,
} from './models.js'
export type {
  CallOptions,
  ChatClient,
  Configuration,
  Connection,
  CredentialKind,
  Provider,
  RelayClient,
  RelayHandler,
  RelayRequest,
} from './provider.js'
export { modelVariables } from './registry.js'
