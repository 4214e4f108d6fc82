import type { Me } from '@gatehouse/contracts'
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { boot } from '../boot.ts'
import { otherAccount } from './api-error.ts'
import { request } from './request.ts'
import { setSessionState } from './session-state.ts'

/** @throws where this browser is somebody else's by now: what is on this page is not theirs */
export async function askWhoIAm(signal?: AbortSignal): Promise<Me> {
  const me = await request<Me>('/api/v1/users/me', signal ? { signal } : {})
  if (!boot.me || me.user_id === boot.me.user_id) return me
  setSessionState('other')
  throw otherAccount()
}

/** Oneself; known from the first paint on. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => askWhoIAm(signal),
  ...(boot.me ? { initialData: boot.me } : {}),
  staleTime: 60_000,
})

/** Who is signed in. Only on pages that ask for a sign-in. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data

export const isAdmin = ({ roles }: Pick<Me, 'roles'>): boolean => roles.includes('admin')
