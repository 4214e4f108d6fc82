import { text } from '../search-text.ts'

/** `next`: where one was going; `error`: the code of why a sign-in failed. */
export interface SignInSearch {
  next?: string | undefined
  error?: string | undefined
}

export const signInSearch = (search: Record<string, unknown>): SignInSearch => ({
  next: text(search.next),
  error: text(search.error),
})
