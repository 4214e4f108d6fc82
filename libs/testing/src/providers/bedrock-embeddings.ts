import { tokensOf, vectorOf } from './vectors.js'

type Fields = Record<string, unknown>

interface Embedded {
  kind: 'json'
  body: unknown
  headers?: Record<string, string>
  fault?: string | undefined
}

/** InvokeModel of a model that embeds; undefined for one that this stand-in does not have. */
export function embed(model: string, json: unknown): Embedded | undefined {
  const body = (json ?? {}) as Fields
  if (model.includes('titan-embed-text')) return titan(body)
  if (model.includes('cohere.embed')) return cohere(body, model.includes('-v3'))
  return model.includes('nova') ? nova(body) : undefined
}

const malformed = 'Malformed input request, please reformat your input and try again.'

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
function titan({ inputText, dimensions }: Fields): Embedded {
  const sizes = [undefined, 256, 512, 1024]
  const fault = typeof inputText === 'string' && sizes.includes(dimensions as number) ? undefined : malformed
  const embedding = vectorOf(String(inputText), Number(dimensions ?? 3))
  return { kind: 'json', fault, body: { embedding, inputTextTokenCount: tokensOf([String(inputText)]) } }
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html: tokens in a header alone. */
function cohere({ texts, input_type: type, output_dimension: dimensions }: Fields, isOld: boolean): Embedded {
  const list = Array.isArray(texts) ? texts.map(String) : []
  const isWrong = list.length === 0 || list.length > 96 || typeof type !== 'string' || (isOld && dimensions)
  const vectors = list.map((text) => vectorOf(text, Number(dimensions ?? 3)))
  return {
    kind: 'json',
    fault: isWrong ? malformed : undefined,
    headers: { 'x-amzn-bedrock-input-token-count': String(tokensOf(list)) },
    body: { id: 'stand-in', texts: list, embeddings: isOld ? vectors : { float: vectors } },
  }
}

/** https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html */
function nova({ taskType, singleEmbeddingParams }: Fields): Embedded {
  const { text, embeddingDimension, embeddingPurpose } = (singleEmbeddingParams ?? {}) as Fields
  const { value, truncationMode } = (text ?? {}) as Fields
  const isWhole =
    taskType === 'SINGLE_EMBEDDING' && embeddingPurpose && truncationMode && typeof value === 'string'
  const embedding = vectorOf(String(value), Number(embeddingDimension ?? 3))
  return {
    kind: 'json',
    fault: isWhole ? undefined : malformed,
    body: { embeddings: [{ embeddingType: 'TEXT', embedding }], inputTokenCount: tokensOf([String(value)]) },
  }
}
