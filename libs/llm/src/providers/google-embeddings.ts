import type { EmbedContentConfig, EmbedContentResponse } from '@google/genai'
import { badResponse, toFailure } from '../failure.js'
import { given } from '../given.js'
import type { EmbeddingClient } from '../provider.js'
import { type Batch, embedInBatches, toVector } from './embedding-batches.js'
import type { GoogleSite } from './google-client.js'
import { readGoogleError } from './google-error.js'

/**
 * Vectors by `batchEmbedContents`: https://ai.google.dev/api/embeddings#method:-models.batchembedcontents
 * On Vertex AI by `predict` or `embedContent`, as the SDK finds by the model's name:
 * https://cloud.google.com/vertex-ai/generative-ai/docs/embeddings/get-text-embeddings
 */
export function geminiEmbeddings(site: GoogleSite): EmbeddingClient {
  const { context } = site
  return {
    async create({ model: asked, input, dimensions, user }, { signal, onDropped }) {
      try {
        const model = site.nameOf(asked)
        if (user) onDropped?.(['user'])
        const { models } = await site.sdk()
        const size = batchSize(site, model)
        return await embedInBatches(input, size, signal, context, async (texts, abortSignal) => {
          const config: EmbedContentConfig = {
            abortSignal,
            ...given({ outputDimensionality: dimensions }),
            // Vertex AI cuts a text that is too long, unless told.
            ...(site.kind === 'vertex' ? { autoTruncate: false } : {}),
          }
          // Contents, each of its own: the SDK makes one of texts that are given bare, for newer models.
          const contents = texts.map((text) => ({ role: 'user', parts: [{ text }] }))
          const answer = await models.embedContent({ model, contents, config })
          if (!Array.isArray(answer.embeddings)) throw badResponse(context, 'no vectors')
          return {
            data: answer.embeddings.map((one) => toVector(one?.values, context)),
            promptTokens: tokensOf(answer),
          }
        })
      } catch (error) {
        throw toFailure(error, context, readGoogleError, signal)
      }
    },
  }
}

/**
 * Texts in one request. Vertex AI takes 20 000 tokens, of 2 048 at most in each text; one text for its Gemini models.
 * The Gemini API takes a hundred: https://ai.google.dev/gemini-api/docs/embeddings
 */
function batchSize({ kind }: GoogleSite, model: string): number {
  if (kind === 'developer') return 100
  return /gemini|maas/.test(model) ? 1 : 9
}

/** The Gemini API's newer models tell it for all, the older ones do not; Vertex AI tells it of each text. */
function tokensOf({ usageMetadata, embeddings = [] }: EmbedContentResponse): Batch['promptTokens'] {
  if (usageMetadata?.promptTokenCount !== undefined) return usageMetadata.promptTokenCount
  const counts = embeddings.map(({ statistics }) => statistics?.tokenCount)
  return counts.reduce<number | null>(
    (sum, count) => (sum === null || count === undefined ? null : sum + count),
    0,
  )
}
