import type { List } from '@gatehouse/contracts'
import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import { type Asking, request } from '../api/request.ts'

/** A list, a page after another; what is there stays in sight while other filters are asked for. */
export const paged = <Page extends List<unknown>>(
  queryKey: readonly unknown[],
  path: string,
  query: NonNullable<Asking['query']>,
) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      request<Page>(path, { query: { ...query, after: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => (last.has_more ? (last.last_id ?? undefined) : undefined),
    placeholderData: keepPreviousData,
  })
