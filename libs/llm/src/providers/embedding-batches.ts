import { badResponse, type FailureContext } from '../failure.js'
import type { Embeddings } from '../provider.js'

/** Vectors of one request, in the order of its texts. */
export interface Batch {
  data: number[][]
  /** Null where the provider does not tell. */
  promptTokens: number | null
}

/** Requests at once for one call: enough to hide the way to the provider, few enough for its limit of rate. */
const maxAtOnce = 6

/**
 * Vectors for as many texts as there are, by as many requests as it takes, a few at once; the first that fails ends the
 * others. The tokens are the sum, or null where one request did not tell.
 * @param ask gives one vector for each text
 * @throws AppError `bad_upstream_response` where it does not, and whatever `ask` throws
 */
export async function embedInBatches(
  texts: readonly string[],
  batchSize: number,
  signal: AbortSignal,
  context: FailureContext,
  ask: (texts: string[], signal: AbortSignal) => Promise<Batch>,
): Promise<Embeddings> {
  const batches: Batch[] = []
  const call = new AbortController()
  const either = AbortSignal.any([signal, call.signal])
  let next = 0
  const work = async () => {
    while (next * batchSize < texts.length) {
      const index = next++
      const asked = texts.slice(index * batchSize, (index + 1) * batchSize)
      const batch = await ask(asked, either)
      // One vector too few would put every later one to another text.
      if (batch.data.length !== asked.length) throw badResponse(context, 'another number of vectors')
      batches[index] = batch
    }
  }
  try {
    const workers = Math.min(maxAtOnce, Math.ceil(texts.length / batchSize))
    await Promise.all(Array.from({ length: workers }, work))
  } catch (error) {
    call.abort()
    throw error
  }
  return { data: batches.flatMap(({ data }) => data), usage: { promptTokens: sum(batches) } }
}

function sum(batches: Batch[]): number | null {
  let total = 0
  for (const { promptTokens } of batches) {
    if (promptTokens === null) return null
    total += promptTokens
  }
  return total
}

/** A list of numbers. @throws AppError `bad_upstream_response` */
export function toVector(value: unknown, context: FailureContext): number[] {
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number')) return value
  throw badResponse(context, 'not a vector')
}
