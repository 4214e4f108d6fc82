import { AppError } from '@gatehouse/contracts'
import type { Transport } from '@gatehouse/outbound'
import type { GoogleGenAI, GoogleGenAIOptions } from '@google/genai'
import { GoogleRefusal, googleFetch } from './google-fetch.js'
import type { GoogleTokens } from './google-token.js'

/** Where Vertex AI is asked, and as whom. */
export interface VertexSettings {
  project: string
  location: string
  /** In place of the location's own. */
  address: string | undefined
  tokens: GoogleTokens
}

/** Of more than one region each: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations */
const multiRegions = new Set(['us', 'eu'])

/** https://cloud.google.com/vertex-ai/docs/reference/rest#service-endpoint */
export function vertexAddress(location: string): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com'
  if (multiRegions.has(location)) return `https://aiplatform.${location}.rep.googleapis.com`
  return `https://${location}-aiplatform.googleapis.com`
}

const googleModel = /^(?:(?:publishers\/google\/)?models\/|google\/)?([A-Za-z0-9][\w.-]*(?:@[\w.-]+)?)$/
const otherModel = /^publishers\/[a-z0-9-]+\/models\/[A-Za-z0-9][\w.-]*(?:@[\w.-]+)?$/
const tunedModel = /^endpoints\/[a-z0-9-]+$/

/**
 * A model's name as the SDK takes it: short where it is Google's, which the SDK knows by that alone. A tuned model is
 * asked for by its endpoint.
 * @throws AppError `invalid_request`; a name in full could lead to another project, for which the gateway's credential
 *   may have rights that its callers have not
 */
export function vertexName(model: string, { project, location }: VertexSettings): string {
  const [, short] = googleModel.exec(model) ?? []
  if (short !== undefined) return short
  if (otherModel.test(model)) return model
  if (tunedModel.test(model)) return `projects/${project}/locations/${location}/${model}`
  throw new AppError('invalid_request', {
    message: 'The model is not a name of a model on Vertex AI.',
    param: 'model',
  })
}

/** The SDK's client in its Vertex AI mode, which asks neither the environment nor its own way to a credential. */
export async function openVertex(settings: VertexSettings, transport: Transport): Promise<GoogleGenAI> {
  const [{ GoogleGenAI }, { PassThroughClient }] = await Promise.all([
    import('@google/genai'),
    import('google-auth-library'),
  ])
  const { project, location, address } = settings
  // The SDK brings a version of its own of this library; both have the one method that it calls.
  const authClient = new PassThroughClient() as unknown as AuthClient
  return new GoogleGenAI({
    vertexai: true,
    project,
    location,
    // Has the forms of an answer and of a tool's arguments by JSON Schema.
    apiVersion: 'v1beta1',
    googleAuthOptions: { authClient, projectId: project },
    httpOptions: { baseUrl: address ?? vertexAddress(location), fetch: vertexFetch(settings, transport) },
  })
}

type AuthClient = NonNullable<NonNullable<GoogleGenAIOptions['googleAuthOptions']>['authClient']>

/** Sends the token at hand with each request, and once more with another where it is refused. */
function vertexFetch({ tokens }: VertexSettings, transport: Transport): typeof globalThis.fetch {
  const fetch = googleFetch(transport.fetch)
  return async (input, init) => {
    const signal = init?.signal ?? new AbortController().signal
    const send = (token: string) => {
      const headers = new Headers(init?.headers)
      headers.set('authorization', `Bearer ${token}`)
      const { quotaProject } = tokens.known() ?? {}
      if (quotaProject) headers.set('x-goog-user-project', quotaProject)
      return fetch(input, { ...init, headers })
    }
    const token = await tokens.get(transport, signal)
    try {
      return await send(token)
    } catch (error) {
      if (!(error instanceof GoogleRefusal) || error.status !== 401) throw error
      tokens.refused(token)
      const other = await tokens.get(transport, signal)
      if (other === token) throw error
      return send(other)
    }
  }
}
