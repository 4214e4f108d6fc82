import type { TrustedIssuer } from '@gatehouse/identity'
import type { ConnectionSettings } from '@gatehouse/llm'
import type { Timeouts } from '@gatehouse/outbound'
import type { OwnPrice } from '@gatehouse/usage'

/** How a model may be tried. */
export interface Trying {
  /** How often one candidate is asked again, before the first byte. */
  retries: number
  /** In place of the transport's own; milliseconds. */
  timeouts: Partial<Timeouts> | undefined
}

/** What `gatehouse.yaml` says, checked. What an alias does not say itself is said here. */
export interface Routing extends Trying {
  /** As the operator named it. */
  file: string
  /** Names of the variables that the file refers to. */
  refersTo: ReadonlySet<string>
  /** Beside those that the variables make. */
  connections: readonly ConnectionSettings[]
  /** Beside the one that the variables make. */
  issuers: readonly TrustedIssuer[]
  /** In the order of the file. */
  aliases: readonly Alias[]
  /** Before the built-in list. */
  prices: readonly OwnPrice[]
}

/** A name of the operator's for models. */
export interface Alias {
  id: string
  /** One is chosen for each call, by weight; the others follow it. */
  candidates: readonly { weight: number; target: Target }[]
  /** In their order, after all candidates. */
  fallbacks: readonly Target[]
  /** Undefined: as who leads here says. */
  retries: number | undefined
  timeouts: Partial<Timeouts> | undefined
}

/** Where an alias leads: to a model of a provider, over the connection named or its first one; or to another alias. */
export type Target = { alias: Alias } | { provider: string; connection: string | undefined; model: string }
