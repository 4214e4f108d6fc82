import { AppError } from '@gatehouse/contracts'
import type { Transport } from '@gatehouse/outbound'
import type { GoogleGenAI } from '@google/genai'
import type { FailureContext } from '../failure.js'
import { providerName } from './google-content.js'
import { googleFetch } from './google-fetch.js'
import { openVertex, type VertexSettings, vertexName } from './google-vertex.js'

/** One of the two places where Google serves its models, over one connection. */
export interface GoogleSite {
  /** They do not take the same requests. */
  kind: 'developer' | 'vertex'
  context: FailureContext
  /** The SDK's client, loaded on the first call: the SDK is large, and most installations use one provider or two. */
  sdk(): Promise<GoogleGenAI>
  /** A model's name as the SDK takes it. @throws AppError `invalid_request` for one that would lead elsewhere */
  nameOf(model: string): string
}

/** The Gemini API with an API key. */
export function developerSite(apiKey: string, address: string, transport: Transport): GoogleSite {
  return {
    kind: 'developer',
    context: { provider: providerName, secrets: () => [apiKey] },
    sdk: once(() => openDeveloper(apiKey, address, transport)),
    nameOf: developerName,
  }
}

/** Vertex AI with a token. */
export function vertexSite(settings: VertexSettings, transport: Transport): GoogleSite {
  return {
    kind: 'vertex',
    context: { provider: vertexProviderName, secrets: () => settings.tokens.secrets() },
    sdk: once(() => openVertex(settings, transport)),
    nameOf: (model) => vertexName(model, settings),
  }
}

/** For people. */
export const vertexProviderName = 'Google Vertex AI'

/** A Gemini model's name: the SDK writes it into the path as it is. */
const modelName = /^(?:(?:models|tunedModels)\/)?[A-Za-z0-9][\w.-]*$/

function developerName(model: string): string {
  if (modelName.test(model)) return model
  throw new AppError('invalid_request', {
    message: 'The model is not a name of a Gemini model.',
    param: 'model',
  })
}

function once(open: () => Promise<GoogleGenAI>): () => Promise<GoogleGenAI> {
  let opening: Promise<GoogleGenAI> | undefined
  return () => {
    opening ??= open()
    return opening
  }
}

async function openDeveloper(apiKey: string, address: string, transport: Transport): Promise<GoogleGenAI> {
  const { GoogleGenAI } = await import('@google/genai')
  return new GoogleGenAI({
    apiKey,
    // Said, or the SDK would ask the environment.
    vertexai: false,
    // Many models, and system instructions for some, are known to this version alone.
    apiVersion: 'v1beta',
    httpOptions: { baseUrl: address, fetch: googleFetch(transport.fetch) },
  })
}
