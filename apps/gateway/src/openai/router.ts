import type { Models } from '@gatehouse/llm'
import { LRUCache } from 'lru-cache'
import type { Routing } from '../routing/routing.js'
import { createAliases } from './aliases.js'
import { Circuits } from './circuit.js'
import { inTermsOf, nameModel } from './model-name.js'
import type { AliasListing, Route } from './route.js'

/** Finds the way for a model's name. */
export interface Router {
  /**
   * @param name as callers write it: an alias, `provider/model`, or bare
   * @param provider what `?provider=` says; an alias has none
   * @throws AppError as `nameModel` and `Models.resolve` do
   */
  byName(name: string | undefined, provider: unknown): Route
  /** Of several connections, the first. @throws AppError as `Models.resolve` does */
  byProvider(provider: unknown, model: string | undefined): Route
  /** The aliases of the configuration, in its order. */
  aliases(): AliasListing[]
  /**
   * Whether a way is left alone at present by this process, since it failed several times in a row.
   * @param connection the provider's first unless told
   */
  isLeftAlone(way: { provider: string; connection?: string | undefined; model: string }): boolean
}

/** Names that are remembered: callers make them up, so there must be an end. */
const maxNames = 5000
/** A provider may come on later: a local one that is started, credentials that are found. */
const ttlMs = 5000

/** Routes over a catalogue of models, as the configuration says; without one, each name is one candidate, asked once. */
export function createRouter(models: Models, routing?: Routing): Router {
  const known = new LRUCache<string, Route>({ max: maxNames, ttl: ttlMs, ttlResolution: 1000 })
  const circuits = new Circuits()
  const aliases = routing && createAliases(routing, models, circuits)
  const retries = routing?.retries ?? 0

  const byProvider = (provider: unknown, model: string | undefined): Route => ({
    // Another connection may be another region, or somebody else's bill: it is gone to where an alias names it.
    candidates: models
      .resolve(provider, model)
      .slice(0, 1)
      .map((candidate) => ({ ...candidate, retries, circuit: circuits.find(candidate) })),
  })
  return {
    byProvider,
    byName(name, provider) {
      if (aliases && name !== undefined && provider === undefined) {
        const route = aliases.route(name)
        if (route) return route
      }
      const key = provider === undefined ? (name ?? '') : `${JSON.stringify(provider)} ${name}`
      const found = known.get(key)
      if (found) return found
      const named = nameModel(models, name, provider)
      const route = inTermsOf(provider, () => byProvider(named.provider, named.model))
      known.set(key, route)
      return route
    },
    aliases: () => aliases?.list() ?? [],
    isLeftAlone({ provider, connection, model }) {
      try {
        const [candidate] = models.resolve(provider, model, { connection })
        return candidate !== undefined && circuits.find(candidate)?.isOpen === true
      } catch {
        return false
      }
    },
  }
}
