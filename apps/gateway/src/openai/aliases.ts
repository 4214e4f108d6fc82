import { AppError } from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import type { Alias, Routing, Target, Trying } from '../routing/routing.js'
import type { Circuits } from './circuit.js'
import type { AliasListing, Route, RoutedCandidate } from './route.js'

/** The aliases of a configuration, ready to be asked for. */
export interface Aliases {
  /** A choice made anew for each call; undefined for a name that is none. @throws AppError where nothing of it is on */
  route(name: string): Route | undefined
  list(): AliasListing[]
}

/** A provider may come on later: a local one that is started, credentials that are found. */
const ttlMs = 5000

/** @param random evenly from 0 to 1, in place of the usual one; for tests */
export function createAliases(
  routing: Routing,
  models: Models,
  circuits: Circuits,
  random: () => number = Math.random,
): Aliases {
  // By Map alone: callers make names up, and a lookup on an object would find `__proto__`.
  const roots = new Map<string, Group>()
  for (const alias of routing.aliases) roots.set(alias.id, groupOf(alias, routing, models, circuits))

  return {
    route(name) {
      const root = roots.get(name)
      if (!root) return undefined
      const candidates: RoutedCandidate[] = []
      // The same way, by two aliases, is tried once.
      for (const leaf of order(root, random)) {
        const candidate = leaf.candidate()
        if (candidate && !candidates.some((other) => isSameWay(other, candidate))) candidates.push(candidate)
      }
      if (candidates.length > 0) return { candidates, alias: name }
      throw leavesOf(root)[0]?.problem ?? new AppError('unavailable')
    },

    list: () =>
      [...roots].map(([id, root]) => {
        const ways = leavesOf(root).map(({ target }) => target)
        return { id, candidates: ways.filter((way, index) => ways.findIndex(isSameAs(way)) === index) }
      }),
  }
}

type Way = AliasListing['candidates'][number]

const isSameWay = (one: Way, other: Way) =>
  one.provider === other.provider && one.connection === other.connection && one.model === other.model
const isSameAs = (one: Way) => (other: Way) => isSameWay(one, other)

/** What an alias leads to. */
interface Group {
  members: { weight: number; to: Group | Leaf }[]
  fallbacks: (Group | Leaf)[]
}

function groupOf(alias: Alias, outer: Trying, models: Models, circuits: Circuits): Group {
  // What stands nearest to a model holds for it.
  const trying: Trying = {
    retries: alias.retries ?? outer.retries,
    timeouts: alias.timeouts ? { ...outer.timeouts, ...alias.timeouts } : outer.timeouts,
  }
  const follow = (target: Target) =>
    'alias' in target
      ? groupOf(target.alias, trying, models, circuits)
      : new Leaf(target, trying, models, circuits)
  return {
    members: alias.candidates.map(({ weight, target }) => ({ weight, to: follow(target) })),
    fallbacks: alias.fallbacks.map(follow),
  }
}

/** One model over one connection, looked up again every few seconds. */
class Leaf {
  problem: unknown
  private found: RoutedCandidate | undefined
  private foundAt = Number.NEGATIVE_INFINITY

  constructor(
    readonly target: Way,
    private readonly trying: Trying,
    private readonly models: Models,
    private readonly circuits: Circuits,
  ) {}

  /** Undefined where its provider is not on. */
  candidate(): RoutedCandidate | undefined {
    const now = performance.now()
    if (now - this.foundAt < ttlMs) return this.found
    this.foundAt = now
    const { provider, connection, model } = this.target
    const { retries, timeouts } = this.trying
    try {
      const [candidate] = this.models.resolve(provider, model, { connection, timeouts })
      this.found = candidate && { ...candidate, retries, circuit: this.circuits.of(candidate) }
    } catch (error) {
      this.found = undefined
      this.problem = error
    }
    return this.found
  }
}

/** A choice among the members by their weights, the others behind it, then the fallbacks. */
function order(to: Group | Leaf, random: () => number): Leaf[] {
  if (to instanceof Leaf) return [to]
  const left = [...to.members]
  const ordered: Leaf[] = []
  while (left.length > 0) {
    const [chosen] = left.splice(choose(left, random), 1)
    if (chosen) ordered.push(...order(chosen.to, random))
  }
  for (const fallback of to.fallbacks) ordered.push(...order(fallback, random))
  return ordered
}

function choose(members: readonly { weight: number }[], random: () => number): number {
  if (members.length === 1) return 0
  let at = random() * members.reduce((sum, { weight }) => sum + weight, 0)
  for (const [index, { weight }] of members.entries()) {
    at -= weight
    if (at < 0) return index
  }
  return members.length - 1
}

function leavesOf(to: Group | Leaf): Leaf[] {
  if (to instanceof Leaf) return [to]
  return [...to.members.map((member) => member.to), ...to.fallbacks].flatMap(leavesOf)
}
