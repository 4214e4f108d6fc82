import type { Catalog } from '@gatehouse/contracts'
import { queryOptions } from '@tanstack/react-query'
import { request } from '../api/request.ts'

/** Every model that one may use. Asked for again soon while a provider has not been heard of. */
export const catalogQuery = queryOptions({
  queryKey: ['catalog'],
  queryFn: ({ signal }) => request<Catalog>('/api/v1/models', { signal }),
  staleTime: 30_000,
  refetchInterval: (query) => (query.state.data?.complete === false ? 3000 : 60_000),
})
