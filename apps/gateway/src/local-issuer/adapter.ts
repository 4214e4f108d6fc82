import { LRUCache } from 'lru-cache'
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

/** Entries of all kinds together; a sign-in takes about five for a few minutes. */
const maximumEntries = 1000

/**
 * Keeps what oidc-provider has to remember (interactions, codes, sessions), in memory and never more than 1000 entries: the
 * oldest goes first, so that a page reloaded in a loop costs nothing. A restart forgets it, and a sign-in is started again.
 */
export function createBoundedAdapter(): AdapterFactory {
  const entries = new LRUCache<string, AdapterPayload>({ max: maximumEntries })
  const sessionIds = new LRUCache<string, string>({ max: maximumEntries })

  return (model): Adapter => {
    const keyOf = (id: string) => `${model}:${id}`
    const find = async (id: string) => entries.get(keyOf(id))
    return {
      find,
      async upsert(id, payload, expiresIn) {
        const ttl = expiresIn === undefined ? {} : { ttl: Math.max(1, expiresIn * 1000) }
        entries.set(keyOf(id), payload, ttl)
        if (model === 'Session' && payload.uid) sessionIds.set(payload.uid, id, ttl)
      },
      async findByUid(uid) {
        const id = sessionIds.get(uid)
        return id === undefined ? undefined : find(id)
      },
      // Of the device flow, which is off.
      async findByUserCode() {
        return undefined
      },
      async consume(id) {
        const payload = entries.get(keyOf(id))
        if (payload) payload.consumed = Math.floor(Date.now() / 1000)
      },
      async destroy(id) {
        entries.delete(keyOf(id))
      },
      async revokeByGrantId(grantId) {
        for (const [key, payload] of entries.entries()) if (payload.grantId === grantId) entries.delete(key)
      },
    }
  }
}
