/** Where the process stands between start and stop. */
export interface Lifecycle {
  /** What `/ready` says is missing; empty when ready. */
  missing(): string[]
  /** Something that readiness waits for: give it a name, and call what comes back when it is there. */
  await(name: string): () => void
  /** SIGTERM came: not ready any more, still serving. */
  beginStop(): void
  /** The time of grace is over: no new request. */
  beginRefusing(): void
  refusing(): boolean
}

/** A process that has just begun and waits for nothing yet. */
export function createLifecycle(): Lifecycle {
  const waiting = new Set<string>()
  let phase: 'serving' | 'stopping' | 'refusing' = 'serving'
  return {
    missing: () => [...waiting, ...(phase === 'serving' ? [] : ['shutting down'])],
    await(name) {
      waiting.add(name)
      return () => void waiting.delete(name)
    },
    beginStop() {
      if (phase === 'serving') phase = 'stopping'
    },
    beginRefusing() {
      phase = 'refusing'
    },
    refusing: () => phase === 'refusing',
  }
}
