import { text } from '../search-text.ts'

/** `link_error`: the code of why an identity was not added; `linked`: the way of signing in that was. */
export interface SettingsSearch {
  link_error?: string | undefined
  linked?: string | undefined
}

export const settingsSearch = (search: Record<string, unknown>): SettingsSearch => ({
  link_error: text(search.link_error),
  linked: text(search.linked),
})
