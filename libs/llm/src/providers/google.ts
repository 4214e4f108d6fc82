import type { Transport } from '@gatehouse/outbound'
import type { GenerateContentResponse } from '@google/genai'
import { z } from 'zod'
import { toCompletion } from '../answer.js'
import type { ChatChunk, ChatRequest } from '../chat.js'
import { closing } from '../closing.js'
import { type FailureContext, toFailure } from '../failure.js'
import { type CallOptions, type ChatClient, type Connection, defineProvider } from '../provider.js'
import { translate } from '../translation/dialect.js'
import { isFields } from '../translation/fields.js'
import { addressVariable, secretVariable, textVariable } from '../variables.js'
import { readStream, readWhole } from './google-answer.js'
import { developerSite, type GoogleSite, vertexProviderName, vertexSite } from './google-client.js'
import type { CredentialSettings } from './google-credentials.js'
import { geminiEmbeddings } from './google-embeddings.js'
import { readGoogleError } from './google-error.js'
import { dialect, toParameters } from './google-request.js'
import { createGoogleTokens } from './google-token.js'
import type { VertexSettings } from './google-vertex.js'
import { countOf, type ListQuirks, listOpenAiModels, textOf, textsOf } from './openai-models.js'

const baseUrl = 'https://generativelanguage.googleapis.com'

/** A text in the environment; in a file of connections, the word itself. */
const onOff = z
  .union([z.enum(['true', 'false']), z.boolean()], { error: 'must be true or false' })
  .transform((value) => String(value) === 'true')
  .optional()

/** A text that becomes part of an address. */
const matching = (pattern: RegExp, error: string) => z.string().trim().regex(pattern, { error }).optional()

/**
 * The Gemini API with an API key, or Vertex AI with Application Default Credentials, as the switch says.
 * https://ai.google.dev/api/generate-content
 * https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */
export const google = defineProvider({
  id: 'google',
  priceList: 'google',
  name: dialect.provider,
  aliases: ['gemini', 'vertex_ai'],
  variables: {
    GOOGLE_API_KEY: secretVariable('API key of the Gemini API: turns the provider on.'),
    GEMINI_API_KEY: secretVariable('Another name of GOOGLE_API_KEY.'),
    GOOGLE_MODEL_ID: textVariable('The model of Google where a caller names none.', 'gemini-2.5-flash'),
    GOOGLE_GEMINI_BASE_URL: addressVariable('Where the Gemini API is served.', baseUrl),
    GOOGLE_GENAI_USE_VERTEXAI: {
      schema: onOff,
      comment:
        'Asks Vertex AI in place of the Gemini API, with Application Default Credentials and no API key.',
      example: 'true',
    },
    GOOGLE_CLOUD_PROJECT: {
      schema: matching(/^[a-z0-9][a-z0-9.:-]*$/, 'must be the id of a project'),
      comment: 'Vertex AI: the project.',
      example: 'my-project',
    },
    GOOGLE_CLOUD_LOCATION: {
      schema: matching(/^[a-z0-9-]+$/, 'must be a location, as europe-west4'),
      comment: 'Vertex AI: the location.',
      example: 'global',
    },
    GOOGLE_VERTEX_BASE_URL: addressVariable('Where Vertex AI is served, for a private endpoint.'),
    GOOGLE_APPLICATION_CREDENTIALS: textVariable(
      'Vertex AI: a credential file. Left empty, that of gcloud or the service account of the machine or pod is used.',
    ),
    CLOUDSDK_CONFIG: textVariable("Vertex AI: the folder of gcloud's configuration."),
    GCE_METADATA_HOST: {
      schema: matching(/^[\w.-]+(?::\d+)?$/, 'must be a host, with a port or without'),
      comment: 'Vertex AI: the metadata server of the machine.',
      example: '169.254.169.254',
    },
  },
  configure(values) {
    const defaultModel = values.GOOGLE_MODEL_ID || undefined
    if (values.GOOGLE_GENAI_USE_VERTEXAI) {
      const project = values.GOOGLE_CLOUD_PROJECT
      if (!project) return { connections: [], missing: ['GOOGLE_CLOUD_PROJECT'] }
      const credential: CredentialSettings = {
        file: values.GOOGLE_APPLICATION_CREDENTIALS || undefined,
        gcloudFolder: values.CLOUDSDK_CONFIG || undefined,
        metadataHost: values.GCE_METADATA_HOST || undefined,
      }
      const settings: VertexSettings = {
        project,
        location: values.GOOGLE_CLOUD_LOCATION || 'global',
        address: values.GOOGLE_VERTEX_BASE_URL,
        tokens: createGoogleTokens(credential, vertexProviderName),
      }
      return {
        connections: [vertexConnection(settings, defaultModel, credential.file)],
        // Named where no credential is found.
        missing: ['GOOGLE_APPLICATION_CREDENTIALS'],
      }
    }
    const apiKey = values.GOOGLE_API_KEY || values.GEMINI_API_KEY
    if (!apiKey) return { connections: [], missing: ['GOOGLE_API_KEY'] }
    const address = values.GOOGLE_GEMINI_BASE_URL ?? baseUrl
    return {
      connections: [
        {
          id: 'default',
          credential: 'api_key',
          defaultModel,
          open: (transport) => gemini(developerSite(apiKey, address, transport)),
          embed: (transport) => geminiEmbeddings(developerSite(apiKey, address, transport)),
          list: (transport, signal) => listModels(apiKey, address, transport, signal),
        },
      ],
      missing: [],
    }
  },
})

function vertexConnection(
  settings: VertexSettings,
  defaultModel: string | undefined,
  credentialFile: string | undefined,
): Connection {
  const { tokens } = settings
  return {
    id: 'default',
    // Nothing is read at the start: which kind it is, the first token tells.
    get credential() {
      return tokens.known()?.kind ?? 'workload_identity'
    },
    credentialFile,
    defaultModel,
    open: (transport) => gemini(vertexSite(settings, transport)),
    embed: (transport) => geminiEmbeddings(vertexSite(settings, transport)),
    check: async (transport, signal) => void (await tokens.get(transport, signal)),
  }
}

function gemini(site: GoogleSite): ChatClient {
  const { context } = site
  const translated = (request: ChatRequest, options: CallOptions, signal: AbortSignal) =>
    translate(request, options, dialect, (chat, drop) => toParameters(chat, drop, signal, site))

  return {
    async complete(request, options) {
      const { signal } = options
      try {
        const { models } = await site.sdk()
        const response = await models.generateContent(await translated(request, options, signal))
        return toCompletion(request.model, readWhole(response, context))
      } catch (error) {
        throw toFailure(error, context, readGoogleError, signal)
      }
    },

    async stream(request, options) {
      const { signal } = options
      // The SDK leaves the answer open when its reader goes away; this closes it.
      const call = new AbortController()
      const either = AbortSignal.any([signal, call.signal])
      try {
        const { models } = await site.sdk()
        const responses = await models.generateContentStream(await translated(request, options, either))
        const failure = (error: unknown) => toFailure(error, context, readGoogleError, signal, true)
        const pieces = readPieces(responses, request.model, call, context, failure)
        return closing(pieces, () => call.abort())
      } catch (error) {
        call.abort()
        throw toFailure(error, context, readGoogleError, signal)
      }
    },
  }
}

/** https://ai.google.dev/api/models#method:-models.list: those that answer, or embed. */
function listModels(apiKey: string, address: string, transport: Transport, signal: AbortSignal) {
  const context: FailureContext = { provider: google.name, secrets: () => [apiKey] }
  const quirks: ListQuirks = {
    address: (base) => `${base}/v1beta/models?pageSize=1000`,
    models: (body) => (isFields(body) ? body.models : undefined),
    describe: ({
      name,
      displayName,
      inputTokenLimit,
      outputTokenLimit,
      supportedGenerationMethods: methods,
    }) => ({
      name: textOf(displayName),
      maxOutputTokens: countOf(outputTokenLimit),
      id: isUsed(textsOf(methods)) ? (textOf(name) ?? '').replace(/^models\//, '') : '',
      contextLength: countOf(inputTokenLimit),
    }),
  }
  const headers = { 'x-goog-api-key': apiKey }
  return listOpenAiModels(transport, context, { baseUrl: address, proof: { headers } }, quirks, signal)
}

function isUsed(methods: string[] = []): boolean {
  return methods.includes('generateContent') || methods.includes('embedContent')
}

async function* readPieces(
  responses: AsyncIterable<GenerateContentResponse>,
  model: string,
  call: AbortController,
  context: FailureContext,
  failure: (error: unknown) => unknown,
): AsyncGenerator<ChatChunk> {
  try {
    yield* readStream(responses, model, context)
  } catch (error) {
    throw failure(error)
  } finally {
    call.abort()
  }
}
