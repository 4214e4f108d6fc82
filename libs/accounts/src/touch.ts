import type { Database } from '@gatehouse/platform'

/** Notes that a session is in use, off the request path. */
export interface Touch {
  seen(sessionId: string, principalId: string): void
  stop(): Promise<void>
}

/** One write a minute for all sessions seen in it; "last seen" is a minute coarse by design. */
export function createTouch(
  database: Database,
  everyMs = 60_000,
  onError: (error: unknown) => void = () => {},
): Touch {
  let seen = new Map<string, string>()
  const flush = async () => {
    if (seen.size === 0) return
    const batch = seen
    seen = new Map()
    const now = new Date()
    try {
      await database.client.session.updateMany({
        where: { id: { in: [...batch.keys()] } },
        data: { lastSeenAt: now },
      })
      await database.client.principal.updateMany({
        where: { id: { in: [...new Set(batch.values())] } },
        data: { lastSeenAt: now },
      })
    } catch (error) {
      onError(error)
    }
  }
  const timer = setInterval(() => void flush(), everyMs).unref()
  return {
    seen: (sessionId, principalId) => void seen.set(sessionId, principalId),
    async stop() {
      clearInterval(timer)
      await flush()
    },
  }
}
