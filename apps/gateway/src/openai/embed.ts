import { AppError } from '@gatehouse/contracts'
import type { EmbeddingClient } from '@gatehouse/llm'
import { z } from 'zod'
import type { Call, Settled } from './pipeline.js'

/** What is asked of a provider whose embeddings are translated; lists of tokens mean something to their own model alone. */
const EmbeddingBody = z.object({
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(2048)]),
  dimensions: z.int().min(1).max(100_000).optional(),
  encoding_format: z.enum(['float', 'base64']).optional(),
  user: z.string().optional(),
})

/**
 * Asks one candidate for vectors, in its own shape, and answers in OpenAI's:
 * https://platform.openai.com/docs/api-reference/embeddings/object
 * @throws AppError
 */
export async function embedOnce(
  call: Call,
  client: EmbeddingClient,
): Promise<{ body: unknown; settled: Settled }> {
  const { data: body, error } = EmbeddingBody.safeParse(call.request())
  if (!body) {
    const param = error.issues[0]?.path.join('.') || 'input'
    throw new AppError('invalid_request', {
      param,
      message:
        param === 'input'
          ? '"input" must be a text, or a list of 1 to 2048 texts; lists of tokens are taken by models of OpenAI alone.'
          : `"${param}" is not valid.`,
    })
  }
  const input = [body.input].flat()
  const { dimensions, encoding_format, user } = body
  const { model } = call.candidate
  const { data, usage } = await client.create(
    {
      model,
      input,
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(encoding_format === undefined ? {} : { encoding_format }),
      ...(user === undefined ? {} : { user }),
    },
    call.options(),
  )
  if (usage.promptTokens !== null)
    call.tally.figures({
      usage: { prompt_tokens: usage.promptTokens },
      finishReason: undefined,
      hasChoices: false,
    })
  else call.tally.begun()
  const settled = call.settle()
  await call.written
  const vectors = data.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: encoding_format === 'base64' ? base64(vector) : vector,
  }))
  const tokens = settled.inputTokens
  return {
    body: { object: 'list', data: vectors, model, usage: { prompt_tokens: tokens, total_tokens: tokens } },
    settled,
  }
}

/** Little-endian 32-bit floats, as the official clients read them. */
function base64(vector: number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}
