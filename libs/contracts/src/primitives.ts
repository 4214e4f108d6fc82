import { z } from 'zod'

/** A UUID of ours (version 7: ordered by time), lower case. */
export const Id = z.uuid().meta({ description: 'UUIDv7', examples: ['019a3f6c-2d41-7b8e-9c05-6f1e2a7d4b30'] })

/** The same in a query: a documentation page fills examples in, and would ask for what is not there. */
export const IdFilter = z.uuid()

/** How many there are of something. */
export const Count = z
  .int()
  .min(0)
  .meta({ examples: [12] })

/** A number within bounds; whatever is wrong with one, the sentence says both. */
export const numberFrom = (min: number, max: number) =>
  z
    .number({ error: `must be a number from ${min} to ${max}` })
    .min(min)
    .max(max)

/**
 * Text that a database and a provider can take: Postgres refuses U+0000, and half a surrogate pair has no UTF-8. Every
 * text that comes from a caller is one of these.
 * @param error in place of the sentences for what is no text and for what holds one of the two
 */
export const text = (error?: string) =>
  z.string({ error }).refine((value) => value.isWellFormed() && !value.includes('\u0000'), {
    error: error ?? 'must not hold U+0000 or half a surrogate pair',
  })

/** The same for what others say of themselves (an issuer, a provider): U+FFFD in place of what `text` refuses. */
export const mendText = (value: string): string => value.toWellFormed().replaceAll('\u0000', '\uFFFD')

/** Texts at which a model stops. Four are what OpenAI takes; a longer one is no mark but a load. */
export const Stop = z.union([text().min(1).max(256), z.array(text().min(1).max(256)).min(1).max(4)], {
  error: 'must be one text of 1 to 256 characters, or a list of 1 to 4 of them',
})

/** ISO 8601 in UTC. */
export const Timestamp = z.iso
  .datetime()
  .meta({ description: 'ISO 8601, UTC', examples: ['2026-01-15T09:30:00.000Z'] })

/** A time in a query: a day (its first moment, UTC) or a moment with its zone. */
export const Moment = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: 'is a day as 2026-11-22, or a time as 2026-11-22T13:30:00Z',
  })
  .refine((value) => value >= '2000', { error: 'lies before the year 2000' })

/**
 * Query of every list: OpenAI's cursor paging (https://platform.openai.com/docs/api-reference). A query's schema has no
 * id of its own: its fields stand one by one in the documentation, each a parameter with a name.
 */
export const page = {
  limit: z.coerce
    .number({ error: 'must be a whole number from 1 to 100' })
    .int()
    .min(1)
    .max(100)
    .default(20)
    .meta({ description: 'how many at most' }),
  after: z
    .uuid({ error: 'must be the id of the last item of the page before' })
    .optional()
    .meta({ description: 'id of the last item of the page before' }),
  order: z.enum(['asc', 'desc']).default('desc').meta({ description: 'by time' }),
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
