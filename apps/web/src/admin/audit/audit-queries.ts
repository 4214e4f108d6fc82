import type { AdminUser, AuditActions, AuditView, List } from '@gatehouse/contracts'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request } from '../../api/request.ts'
import { paged } from '../paged.ts'
import type { AuditSearch } from '../search.ts'

/** Where the log is. */
export const auditPath = '/api/v1/admin/audit'

/** Entries that the filters let through, newest first. */
export const auditQuery = (filters: AuditSearch) =>
  paged<List<AuditView>>(['admin', 'audit', 'list', filters], auditPath, { ...filters, limit: 25 })

/** All that the log tells of. */
export const actionsQuery = queryOptions({
  queryKey: ['admin', 'audit', 'actions'],
  queryFn: ({ signal }) => request<AuditActions>(`${auditPath}/actions`, { signal }),
  staleTime: 600_000,
})

/** People to choose an actor from, as somebody types. */
export const actorsQuery = (typed: string) =>
  queryOptions({
    queryKey: ['admin', 'audit', 'actors', typed],
    queryFn: ({ signal }) =>
      request<List<AdminUser>>('/api/v1/admin/users', { query: { query: typed, limit: 8 }, signal }),
    enabled: typed.length > 1,
    placeholderData: keepPreviousData,
  })
