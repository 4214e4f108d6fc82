import type { Me } from '@gatehouse/contracts'
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { boot } from '../boot.ts'
import { request } from './request.ts'

/** Oneself; known from the first paint on. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => request<Me>('/api/v1/users/me', { signal }),
  ...(boot.me ? { initialData: boot.me } : {}),
  staleTime: 60_000,
})

/** Who is signed in. Only on pages that ask for a sign-in. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data

export const isAdmin = ({ roles }: Pick<Me, 'roles'>): boolean => roles.includes('admin')
