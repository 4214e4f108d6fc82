import { type Fields, findFault, geminiDialect, listOf } from './gemini.js'
import { type Dialect, type RecordedRequest, type StandIn, startStandIn } from './stand-in.js'
import { tokensOf, vectorOf } from './vectors.js'

const path =
  /^\/v1beta1\/projects\/[^/]+\/locations\/[^/]+\/(?:publishers\/[^/]+\/models|endpoints)\/([^/:]+):(generateContent|streamGenerateContent|predict|embedContent)$/

/**
 * Vertex AI: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 * @param accepts tells of an access token whether it is good
 */
export function startVertex(accepts: (token: string) => boolean): Promise<StandIn> {
  const dialect: Dialect = {
    ...geminiDialect,
    route,
    hasCredential: ({ headers }) =>
      headers['x-goog-api-key'] === undefined &&
      accepts(headers.authorization?.replace(/^Bearer /, '') ?? ''),
    findFault: (request) => findId(request) ?? findFault(request),
  }
  return startStandIn(dialect)
}

function route(request: RecordedRequest): ReturnType<Dialect['route']> {
  const { pathname, searchParams } = new URL(request.path, 'http://stand-in')
  const [, model, method] = path.exec(pathname) ?? []
  if (!model || request.method !== 'POST') return undefined
  if (method === 'predict') return predict(request)
  if (method === 'embedContent') return embed(request)
  if (method === 'generateContent') return { kind: 'complete', model }
  return searchParams.get('alt') === 'sse' ? { kind: 'stream', model } : undefined
}

/** Unlike the Gemini API it knows no ids of calls. */
function findId({ json }: RecordedRequest): string | undefined {
  const parts = listOf((json as Fields).contents).flatMap((content) => listOf(content.parts))
  for (const part of parts) {
    for (const name of ['functionCall', 'functionResponse']) {
      if (Object.hasOwn((part[name] as Fields | undefined) ?? {}, 'id'))
        return `Invalid JSON payload received. Unknown name "id" at '${name}': Cannot find field.`
    }
  }
  return undefined
}

/** https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api */
function predict({ json, path: where }: RecordedRequest) {
  const { instances, parameters } = json as Fields
  const { outputDimensionality: length, autoTruncate } = (parameters ?? {}) as Fields
  const texts = listOf(instances).map(({ content }) => String(content))
  const fault =
    autoTruncate !== false
      ? 'it would be cut'
      : where.includes('gemini') && texts.length > 1
        ? 'one text only'
        : texts.length > 250
          ? 'at most 250 texts'
          : undefined
  const predictions = texts.map((text) => ({
    embeddings: {
      values: vectorOf(text, Number(length ?? 3)),
      statistics: { truncated: false, token_count: tokensOf([text]) },
    },
  }))
  return { kind: 'json' as const, fault, body: { predictions } }
}

/** https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/multimodal-embeddings-api */
function embed({ json }: RecordedRequest) {
  const { content, embedContentConfig } = json as Fields
  const { outputDimensionality: length, autoTruncate } = (embedContentConfig ?? {}) as Fields
  const [part] = listOf((content as Fields | undefined)?.parts)
  const text = String(part?.text)
  return {
    kind: 'json' as const,
    fault: autoTruncate === false ? undefined : 'it would be cut',
    body: {
      embedding: { values: vectorOf(text, Number(length ?? 3)) },
      usageMetadata: { promptTokenCount: tokensOf([text]) },
      truncated: false,
    },
  }
}
