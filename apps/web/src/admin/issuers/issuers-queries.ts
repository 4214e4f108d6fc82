import type { IssuerList } from '@gatehouse/contracts'
import { queryOptions } from '@tanstack/react-query'
import { request } from '../../api/request.ts'

/** Whose tokens are trusted. */
export const issuersQuery = queryOptions({
  queryKey: ['admin', 'issuers'],
  queryFn: ({ signal }) => request<IssuerList>('/api/v1/admin/issuers', { signal }),
})
