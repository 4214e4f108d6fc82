import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import type { Transport } from '@gatehouse/outbound'
import { badResponse, type FailureContext, toFailure } from '../failure.js'
import { given } from '../given.js'
import type { EmbeddingClient, EmbeddingRequest } from '../provider.js'
import { type Fields, isFields, unsupported } from '../translation/fields.js'
import { contextOf, lazyClient, type Settings } from './bedrock-client.js'
import { providerName } from './bedrock-content.js'
import { readAwsError } from './bedrock-error.js'
import { type Batch, embedInBatches, toVector } from './embedding-batches.js'

/** How one family is asked for vectors. */
interface Family {
  /** Texts in one request. */
  batchSize: number
  /** The model can be told how long the vectors are. */
  takesDimensions: boolean
  body: (texts: string[], dimensions: number | undefined) => Fields
  /** Vectors in the body of the answer, in order. */
  vectors: (body: Fields) => unknown
  /** Tokens, where the body has them. */
  tokens?: (body: Fields) => unknown
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
const titan = (takesDimensions: boolean): Family => ({
  batchSize: 1,
  takesDimensions,
  body: ([inputText], dimensions) => given({ inputText, dimensions }),
  vectors: ({ embedding }) => [embedding],
  tokens: ({ inputTextTokenCount }) => inputTextTokenCount,
})

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html */
const cohere = (takesDimensions: boolean): Family => ({
  batchSize: 96,
  takesDimensions,
  body: (texts, dimensions) => ({
    texts,
    // Required, and nobody says it in OpenAI's shape: what is stored, rather than what is looked for.
    input_type: 'search_document',
    // A text that is too long is refused, as OpenAI does, not cut.
    truncate: 'NONE',
    ...given({ output_dimension: dimensions }),
  }),
  vectors: ({ embeddings }) => (isFields(embeddings) ? embeddings.float : embeddings),
})

/** https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html */
const nova: Family = {
  batchSize: 1,
  takesDimensions: true,
  body: ([value], dimensions) => ({
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: 'GENERIC_INDEX',
      ...given({ embeddingDimension: dimensions }),
      text: { truncationMode: 'NONE', value },
    },
  }),
  vectors: ({ embeddings }) =>
    Array.isArray(embeddings)
      ? embeddings.map((one: unknown) => (isFields(one) ? one.embedding : undefined))
      : [],
  tokens: ({ inputTokenCount }) => inputTokenCount,
}

/** The older models of a family have vectors of one length. @throws AppError `unsupported_by_provider` */
function familyOf(model: string): Family {
  if (/titan-embed-(?:text|g1)/.test(model)) return titan(/titan-embed-text-v(?!1)/.test(model))
  if (model.includes('cohere.embed')) return cohere(!model.includes('-v3'))
  if (/nova-.*embed/.test(model)) return nova
  throw unsupported('model', providerName)
}

/** Vectors by InvokeModel, in the shape of each family: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html */
export function bedrockEmbeddings(settings: Settings, transport: Transport): EmbeddingClient {
  const context = contextOf(settings)
  const sdk = lazyClient(settings, transport)
  return {
    async create(request, { signal, onDropped }) {
      try {
        const family = familyOf(request.model.toLowerCase())
        // Vectors of another length would spoil the store that they are put in.
        if (request.dimensions !== undefined && !family.takesDimensions)
          throw unsupported('dimensions', providerName)
        if (request.user) onDropped?.(['user'])
        const client = await sdk()
        return await embedInBatches(request.input, family.batchSize, signal, context, (texts, either) =>
          invoke(client, request, family, texts, context, either),
        )
      } catch (error) {
        throw toFailure(error, context, readAwsError, signal)
      }
    },
  }
}

async function invoke(
  client: BedrockRuntimeClient,
  { model, dimensions }: EmbeddingRequest,
  { body, vectors, tokens }: Family,
  texts: string[],
  context: FailureContext,
  signal: AbortSignal,
): Promise<Batch> {
  const { InvokeModelCommand } = await import('@aws-sdk/client-bedrock-runtime')
  const command = new InvokeModelCommand({
    modelId: model,
    contentType: 'application/json',
    accept: 'application/json',
    body: Buffer.from(JSON.stringify(body(texts, dimensions))),
  })
  let counted: unknown
  // Some families tell their tokens in a header alone, which the SDK does not give out.
  command.middlewareStack.add(
    (next) => async (given_) => {
      const result = await next(given_)
      counted = headerOf(result.response, 'x-amzn-bedrock-input-token-count')
      return result
    },
    { step: 'deserialize', priority: 'high' },
  )
  const output = await client.send(command, { abortSignal: signal })
  const answer = parse(Buffer.from(output.body).toString('utf8'), context)
  const found = vectors(answer)
  if (!Array.isArray(found)) throw badResponse(context, 'no vectors')
  return {
    data: found.map((one) => toVector(one, context)),
    promptTokens: toCount(tokens?.(answer) ?? counted),
  }
}

function headerOf(response: unknown, name: string): unknown {
  const headers = isFields(response) ? response.headers : undefined
  return isFields(headers) ? headers[name] : undefined
}

function toCount(value: unknown): number | null {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return Number.isSafeInteger(count) && Number(count) >= 0 ? Number(count) : null
}

function parse(text: string, context: FailureContext): Fields {
  try {
    const value: unknown = JSON.parse(text)
    if (isFields(value)) return value
  } catch (error) {
    throw badResponse(context, error)
  }
  throw badResponse(context, 'not an object')
}
