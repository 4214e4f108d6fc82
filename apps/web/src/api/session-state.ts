import { useSyncExternalStore } from 'react'

/**
 * `ended`: the gateway no longer knows this browser; `disabled`: nor lets the account in again; `other`: it knows it as
 * somebody else than this page was opened by, to whom nothing here belongs.
 */
export type SessionState = 'open' | 'ended' | 'disabled' | 'other'

let state: SessionState = 'open'
const watchers = new Set<() => void>()

/** Called by whoever meets a refusal, or a sign-in anew. */
export function setSessionState(next: SessionState): void {
  // Only the page anew makes an end of that.
  if (next === state || state === 'other') return
  state = next
  for (const watcher of watchers) watcher()
}

const watch = (watcher: () => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** Whether this browser is somebody else by now. */
export const isSomebodyElse = (): boolean => state === 'other'

export const useSessionState = (): SessionState => useSyncExternalStore(watch, () => state)
