import { z } from 'zod'

/** A UUID of ours (version 7: ordered by time), lower case. */
export const Id = z.uuid().meta({ description: 'UUIDv7' })

/** ISO 8601 in UTC. */
export const Timestamp = z.iso.datetime().meta({ description: 'ISO 8601, UTC' })

/** Query of every list: OpenAI's cursor paging (https://platform.openai.com/docs/api-reference). */
export const page = {
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z.string().max(64).optional().meta({ description: 'id of the last item of the page before' }),
  order: z.enum(['asc', 'desc']).default('desc'),
}

/** Answer of every list. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({
    object: z.literal('list'),
    data: z.array(item),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
}

/** What `listOf` describes. */
export interface List<T> {
  object: 'list'
  data: T[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
}

/**
 * A page from one row more than was asked for.
 * @param rows at most `limit + 1` rows, in the order of the list
 */
export function toList<T extends { id: string }>(rows: T[], limit: number): List<T> {
  const data = rows.slice(0, limit)
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: rows.length > limit,
  }
}
