import { text } from '../search-text.ts'

/** `model`: which to begin with; `preset` and `call`: what to load. */
export interface PlaygroundSearch {
  model?: string | undefined
  preset?: string | undefined
  call?: string | undefined
}

export const playgroundSearch = (search: Record<string, unknown>): PlaygroundSearch => ({
  model: text(search.model),
  preset: text(search.preset),
  call: text(search.call),
})
