import { text } from '../search-text.ts'

/** What is looked for among the models, and of which provider. */
export interface CatalogSearch {
  query?: string | undefined
  provider?: string | undefined
}

export const catalogSearch = (search: Record<string, unknown>): CatalogSearch => ({
  query: text(search.query),
  provider: text(search.provider),
})
