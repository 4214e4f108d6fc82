export type { ChatChunk, ChatCompletion, ChatRequest, FinishReason, Usage } from './chat.js'
export { isModelId } from './model-id.js'
export {
  type Candidate,
  type ConnectionSettings,
  createModels,
  type ModelEntry,
  type Models,
  type ModelsOptions,
  type ProviderState,
  type WayOptions,
} from './models.js'
export type { OutboundCredential } from './outbound-credential.js'
export type {
  CallOptions,
  ChatClient,
  Configuration,
  Connection,
  CredentialKind,
  EmbeddingClient,
  EmbeddingRequest,
  Embeddings,
  ListedModel,
  Provider,
  RelayClient,
  RelayHandler,
  RelayRequest,
  Surroundings,
} from './provider.js'
export { modelProviders, modelVariables } from './registry.js'
