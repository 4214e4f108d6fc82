import {
  type Configuration,
  type ConnectionSettings,
  isModelId,
  modelProviders,
  type Provider,
} from '@gatehouse/llm'
import type { Timeouts } from '@gatehouse/outbound'
import type { FilePath, YamlFile } from '@gatehouse/platform'
import { type RoutingFile, usualConnection, type WrittenAlias } from './file-schema.js'
import type { Alias, Target } from './routing.js'

/**
 * Reads the aliases, and follows each to where it leads.
 * @param usual what a provider makes of the environment
 * @throws ConfigError for one that leads nowhere, to itself, or that takes a provider's name
 */
export function readAliases(
  file: YamlFile<RoutingFile>,
  connections: readonly ConnectionSettings[],
  usual: (provider: Provider) => Configuration,
): Alias[] {
  const written = new Map(Object.entries(file.value.models ?? {}))
  for (const id of written.keys()) {
    const owner = providerNamed(id.split('/')[0] ?? '')
    if (owner) throw file.problem(['models', id], `cannot be an alias: that name belongs to ${owner.name}`)
  }
  const reader = new AliasReader(file, written, connections, usual)
  return [...written].map(([id, alias]) => reader.alias(id, alias, []))
}

/** By its id or another name of it. */
export function providerNamed(name: string): Provider | undefined {
  return modelProviders.find(({ id, aliases }) => id === name || aliases.includes(name))
}

/** As the transport takes them. */
export function readTimeouts(given: WrittenAlias['timeouts']): Partial<Timeouts> | undefined {
  if (!given) return undefined
  const { connect_ms: connectMs, first_byte_ms: firstByteMs, idle_ms: idleMs } = given
  return {
    ...(connectMs === undefined ? {} : { connectMs }),
    ...(firstByteMs === undefined ? {} : { firstByteMs }),
    ...(idleMs === undefined ? {} : { idleMs }),
  }
}

type WrittenTarget = WrittenAlias['candidates'][number]

class AliasReader {
  private readonly known = new Map<string, Alias>()

  constructor(
    private readonly file: YamlFile<RoutingFile>,
    private readonly written: ReadonlyMap<string, WrittenAlias>,
    private readonly connections: readonly ConnectionSettings[],
    private readonly usual: (provider: Provider) => Configuration,
  ) {}

  /** @param from the aliases that led here */
  alias(id: string, given: WrittenAlias, from: readonly string[]): Alias {
    const known = this.known.get(id)
    if (known) return known
    const { candidates, fallbacks = [], retries, timeouts } = given
    const way = [...from, id]
    const alias: Alias = {
      id,
      candidates: candidates.map((entry, index) => ({
        weight: (typeof entry === 'string' ? undefined : entry.weight) ?? 1,
        target: this.target(entry, ['models', id, 'candidates', index], way),
      })),
      fallbacks: fallbacks.map((entry, index) => this.target(entry, ['models', id, 'fallbacks', index], way)),
      retries,
      timeouts: readTimeouts(timeouts),
    }
    this.known.set(id, alias)
    return alias
  }

  private target(entry: WrittenTarget, path: FilePath, from: readonly string[]): Target {
    const { model: name, connection } = typeof entry === 'string' ? { model: entry } : entry
    const problem = (member: 'model' | 'connection', sentence: string) =>
      this.file.problem(typeof entry === 'string' ? path : [...path, member], sentence)
    const other = this.written.get(name)
    if (other) {
      if (connection !== undefined)
        throw problem('connection', `cannot stand beside an alias: "${name}" says it itself`)
      if (from.includes(name)) throw problem('model', `leads back to itself: ${[...from, name].join(' → ')}`)
      return { alias: this.alias(name, other, from) }
    }
    const slash = name.indexOf('/')
    const provider = slash === -1 ? undefined : providerNamed(name.slice(0, slash))
    if (!provider)
      throw problem('model', 'must be provider/model with a known provider, or an alias of this file')
    const model = name.slice(slash + 1)
    if (!isModelId(model)) throw problem('model', `names no model that ${provider.name} can have`)

    const own = this.connections.filter((one) => one.provider === provider.id).map(({ id }) => id)
    const { connections, missing } = this.usual(provider)
    const ids = [...(connections.length > 0 ? [usualConnection] : []), ...own]
    if (ids.length === 0)
      throw problem(
        'model',
        `needs a connection to ${provider.name}: set ${missing.join(' and ')}, or add one to connections`,
      )
    if (connection !== undefined && !ids.includes(connection))
      throw problem('connection', `must be a connection to ${provider.name}: ${ids.join(', ')}`)
    // A model's own name may hold an @, as Vertex AI's do: a connection is never guessed from it.
    const suffix = model.split('@').slice(1).at(-1)
    if (suffix !== undefined && own.includes(suffix))
      throw problem(
        'model',
        `ends in the name of a connection. Write "connection: ${suffix}" beside the model`,
      )
    return { provider: provider.id, connection, model }
  }
}
