import type { List, ServiceAccountDetail, ServiceAccountView } from '@gatehouse/contracts'
import { queryOptions } from '@tanstack/react-query'
import { request } from '../../api/request.ts'
import { paged } from '../paged.ts'
import type { AccountsSearch } from '../search.ts'

const serviceAccounts = '/api/v1/admin/service-accounts'

export const pathOf = (id: string): string => `${serviceAccounts}/${encodeURIComponent(id)}`

/** Service accounts that the filters let through. */
export const serviceAccountsQuery = ({ query, status }: AccountsSearch) =>
  paged<List<ServiceAccountView>>(['admin', 'service-accounts', 'list', query, status], serviceAccounts, {
    query,
    // Machines are not deleted.
    status: status === 'deleted' ? undefined : status,
    limit: 25,
  })

/** One service account with all that an admin sees of it. */
export const serviceAccountQuery = (id: string) =>
  queryOptions({
    queryKey: ['admin', 'service-accounts', 'one', id],
    queryFn: ({ signal }) => request<ServiceAccountDetail>(`${pathOf(id)}/detail`, { signal }),
  })
