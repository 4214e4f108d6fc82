import type { HistoryDetail, HistoryItem, List } from '@gatehouse/contracts'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import type { HistorySearch } from './search.ts'

/** What narrows the list: all of the address but the call that is open. */
export type Filters = Omit<HistorySearch, 'call'>

export const filtersOf = ({ call: _, ...filters }: HistorySearch): Filters => filters

export const isFiltered = (filters: Filters): boolean =>
  Object.values(filters).some((value) => value !== undefined)

const pageSize = 25
const page = (filters: Filters, signal: AbortSignal, after?: string) =>
  request<List<HistoryItem>>('/api/v1/history', { query: { ...filters, limit: pageSize, after }, signal })

/** One's own calls, newest first. They stay where they are while one reads: new ones come on request. */
export const callsQuery = (filters: Filters) =>
  infiniteQueryOptions({
    queryKey: ['history', 'list', filters],
    queryFn: ({ pageParam, signal }) => page(filters, signal, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => (last.has_more ? (last.last_id ?? undefined) : undefined),
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })

/** The newest of them, looked at every three seconds while the page is seen. */
export const newestQuery = (filters: Filters, live: boolean) =>
  queryOptions({
    queryKey: ['history', 'newest', filters],
    queryFn: ({ signal }) => page(filters, signal),
    enabled: live,
    refetchInterval: live ? 3000 : false,
    staleTime: 0,
    gcTime: 0,
  })

/** One call with what was said; `full`: all of it, however long. */
export const callQuery = (id: string, full: boolean) =>
  queryOptions({
    queryKey: ['history', 'call', id, full],
    queryFn: ({ signal }) =>
      request<HistoryDetail>(`/api/v1/history/${encodeURIComponent(id)}`, {
        query: { full: full || undefined },
        signal,
      }),
    staleTime: 60_000,
  })
