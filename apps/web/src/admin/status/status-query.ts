import type { SystemStatus } from '@gatehouse/contracts'
import { queryOptions } from '@tanstack/react-query'
import { request } from '../../api/request.ts'

/** How the gateway stands, asked for every ten seconds while the page is seen. */
export const statusQuery = queryOptions({
  queryKey: ['admin', 'status'],
  queryFn: ({ signal }) => request<SystemStatus>('/api/v1/admin/status', { signal }),
  refetchInterval: 10_000,
  staleTime: 0,
})
