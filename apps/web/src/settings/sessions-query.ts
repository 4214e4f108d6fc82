import type { List, SessionsEnded, SessionView } from '@gatehouse/contracts'
import { queryOptions } from '@tanstack/react-query'
import { ApiError } from '../api/api-error.ts'
import { request } from '../api/request.ts'

/** One's own sessions, newest first: as many as one sees at once. */
export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => request<List<SessionView>>('/auth/sessions', { query: { limit: 100 }, signal }),
})

/** Ends one; one that has ended already is what was wanted. */
export async function endSession(id: string): Promise<void> {
  await request(`/auth/sessions/${id}`, { method: 'DELETE' }).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 404)) throw error
  })
}

/** Ends all but this one. @returns how many */
export async function endOtherSessions(): Promise<number> {
  return (await request<SessionsEnded>('/auth/sessions', { method: 'DELETE' })).ended
}
