import { useSyncExternalStore } from 'react'

/** A value outside of React, so that it outlives the page and changes without drawing all of it. */
export class Stored<T> {
  readonly #watchers = new Set<() => void>()

  constructor(public value: T) {}

  set(value: T): void {
    if (value === this.value) return
    this.value = value
    for (const watcher of this.#watchers) watcher()
  }

  readonly watch = (watcher: () => void) => {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }
}

export const useStored = <T>(stored: Stored<T>): T => useSyncExternalStore(stored.watch, () => stored.value)
