import { type Draft, draftKey, draftOf } from './draft.ts'
import { playground } from './playground-store.ts'

/** What was typed here when the page was left. */
export function readDraft(userId: string): Draft {
  try {
    return draftOf(localStorage.getItem(draftKey(userId)))
  } catch {
    return draftOf(null)
  }
}

/**
 * Keeps what is typed and chosen over a reload.
 * @returns ends it
 */
export function keepDraft(userId: string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let kept = ''
  const keep = () => {
    clearTimeout(timer)
    timer = undefined
    const { system, columns } = playground.conversation.value
    const draft: Draft = {
      prompt: playground.draft.value.prompt,
      system,
      columns: columns.map(({ model, parameters }) => ({ model, parameters })),
    }
    const text = JSON.stringify(draft)
    if (text === kept) return
    kept = text
    try {
      localStorage.setItem(draftKey(userId), text)
    } catch {
      // Storage that is full or closed keeps nothing; what is on the page stays there.
    }
  }
  const soon = () => {
    timer ??= setTimeout(keep, 400)
  }
  const ends = [playground.conversation.watch(soon), playground.draft.watch(soon)]
  window.addEventListener('pagehide', keep)
  return () => {
    keep()
    window.removeEventListener('pagehide', keep)
    for (const end of ends) end()
  }
}
