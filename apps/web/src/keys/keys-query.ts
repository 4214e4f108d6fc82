import type { KeyView, List } from '@gatehouse/contracts'
import { infiniteQueryOptions } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import type { KeysSearch } from './search.ts'

/** One's own keys, newest first, a page at a time. */
export const keysQuery = ({ status }: KeysSearch) =>
  infiniteQueryOptions({
    queryKey: ['keys', 'list', status ?? 'all'],
    queryFn: ({ signal, pageParam }) =>
      request<List<KeyView>>('/api/v1/keys', { query: { status, limit: 50, after: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: ({ has_more, last_id }) => (has_more ? (last_id ?? undefined) : undefined),
  })
