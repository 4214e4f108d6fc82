import type { AdminUser, AdminUserDetail, DeletionPreview, List } from '@gatehouse/contracts'
import { queryOptions } from '@tanstack/react-query'
import { request } from '../../api/request.ts'
import { paged } from '../paged.ts'
import type { AccountsSearch } from '../search.ts'

const users = '/api/v1/admin/users'

export const pathOf = (id: string): string => `${users}/${encodeURIComponent(id)}`

/** People that the filters let through. */
export const usersQuery = (filters: AccountsSearch) =>
  paged<List<AdminUser>>(['admin', 'users', 'list', filters], users, { ...filters, limit: 25 })

/** One person with all that an admin sees of them. */
export const userQuery = (id: string) =>
  queryOptions({
    queryKey: ['admin', 'users', 'one', id],
    queryFn: ({ signal }) => request<AdminUserDetail>(`${pathOf(id)}/detail`, { signal }),
  })

/** What would be removed; asked for when somebody is about to. */
export const deletionPreviewQuery = (id: string, asked: boolean) =>
  queryOptions({
    queryKey: ['admin', 'users', 'deletion', id],
    queryFn: ({ signal }) => request<DeletionPreview>(`${pathOf(id)}/deletion-preview`, { signal }),
    enabled: asked,
    staleTime: 0,
    gcTime: 0,
  })
