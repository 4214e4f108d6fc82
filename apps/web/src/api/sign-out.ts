import { ApiError } from './api-error.ts'
import { request } from './request.ts'

/** Ends this session and shows the sign-in. A token that the API reference keeps in this browser goes too. */
export async function signOut(): Promise<void> {
  try {
    localStorage.removeItem('authorized')
  } catch {
    // Storage that is closed holds nothing.
  }
  await request('/auth/logout', { method: 'POST' }).catch((error: unknown) => {
    // Who is signed out already has what they asked for.
    if (!(error instanceof ApiError && error.status === 401)) throw error
  })
  location.assign('/sign-in')
}
