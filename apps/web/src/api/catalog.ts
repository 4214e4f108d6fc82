import type { Catalog } from '@gatehouse/contracts'
import { queryOptions } from '@tanstack/react-query'
import { request } from './request.ts'

/** Every model that one may use, and the providers; one answer for all pages that ask. */
export const catalogQuery = queryOptions({
  queryKey: ['catalog'],
  queryFn: ({ signal }) => request<Catalog>('/api/v1/models', { signal }),
  staleTime: 30_000,
})
