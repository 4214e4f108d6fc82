import type { Models } from '@gatehouse/llm'

/**
 * A provider as a filter names it, under the id that calls are kept under. A name that nobody has stays: there may be
 * calls of one that is gone.
 */
export function withProviderId<Query extends { provider?: string | undefined }>(
  models: Pick<Models, 'providerId'>,
  query: Query,
): Query {
  if (query.provider === undefined) return query
  try {
    return { ...query, provider: models.providerId(query.provider) }
  } catch {
    return query
  }
}
