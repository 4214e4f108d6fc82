import type { HistoryItem, KeyView, List } from '@gatehouse/contracts'
import { queryOptions } from '@tanstack/react-query'
import { catalogQuery } from '../api/catalog.ts'
import { request } from '../api/request.ts'
import { chatModels } from '../catalog/chat-models.ts'

/** How often it is asked whether a step is done by now, while somebody looks. */
const callMs = 1500
const modelMs = 3000

/** What may be called; asked again until something may. */
export const firstModelsQuery = queryOptions({
  ...catalogQuery,
  refetchInterval: ({ state: { data } }) =>
    data && (!data.complete || chatModels(data).length === 0) ? modelMs : false,
})

/** The last call of this person; asked again until there is one. */
export const lastCallQuery = queryOptions({
  queryKey: ['history', 'last'],
  queryFn: ({ signal }) =>
    request<List<HistoryItem>>('/api/v1/history', { query: { limit: 1 }, signal }).then(
      ({ data: [call] }) => call ?? null,
    ),
  refetchInterval: ({ state: { data } }) => (data === null ? callMs : false),
})

/** The newest key that still holds. */
export const lastKeyQuery = queryOptions({
  queryKey: ['keys', 'last'],
  queryFn: ({ signal }) =>
    request<List<KeyView>>('/api/v1/keys', { query: { status: 'active', limit: 1 }, signal }).then(
      ({ data: [key] }) => key ?? null,
    ),
})
