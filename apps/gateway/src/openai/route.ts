import type { Candidate } from '@gatehouse/llm'
import type { Circuit } from './circuit.js'

/** A way to serve a call, and how it may be tried. */
export interface RoutedCandidate extends Candidate {
  /** How often it is asked again, before the first byte. */
  retries: number
  /** Where the configuration names it. */
  circuit: Circuit | undefined
}

/** The ways to a model. */
export interface Route {
  /** In the order in which to try them; never empty. */
  candidates: readonly RoutedCandidate[]
  /** The alias of the configuration by which it was asked for. */
  alias?: string
}

/** An alias, and what may answer to it. */
export interface AliasListing {
  id: string
  /** Each once: those that are chosen among, then the fallbacks. `connection` is absent where it is the provider's first. */
  candidates: readonly { provider: string; connection: string | undefined; model: string }[]
}
