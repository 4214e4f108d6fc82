import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TrustedIssuer } from '@gatehouse/identity'
import type { ConnectionSettings } from '@gatehouse/llm'
import { type FilePath, readYamlFile, type YamlFile } from '@gatehouse/platform'
import { type RoutingFile, routingFile, usualConnection } from './file-schema.js'
import { providerNamed, readAliases, readTimeouts } from './read-aliases.js'
import { readIssuers } from './read-issuers.js'
import { readPrices } from './read-prices.js'
import type { Routing } from './routing.js'

const variable = 'GATEHOUSE_CONFIG'

/** Looked for in the folder of the start. */
const usualFile = 'gatehouse.yaml'

/** What the file is read beside. */
export interface RoutingSurroundings {
  /** The value of GATEHOUSE_CONFIG. */
  path: string | undefined
  /** What `${NAME}` in the file refers to. */
  environment: Record<string, string>
  /** Parsed values of the providers' variables. */
  models: Record<string, unknown>
  production: boolean
  /** Where the usual file is looked for; nowhere unless told. */
  folder: string | undefined
  /** The trusted issuer that the variables make. */
  issuer?: TrustedIssuer | null
}

/**
 * Reads `gatehouse.yaml`, or the file that GATEHOUSE_CONFIG names; undefined where there is none.
 * @throws ConfigError naming GATEHOUSE_CONFIG, with line and column
 */
export function readRouting(surroundings: RoutingSurroundings): Routing | undefined {
  const { environment, models, production, folder } = surroundings
  const usual = folder !== undefined && existsSync(join(folder, usualFile)) ? `./${usualFile}` : undefined
  const path = surroundings.path ?? usual
  if (path === undefined) return undefined
  const file = readYamlFile({ variable, path, schema: routingFile, environment })
  const { defaults } = file.value
  const connections = readConnections(file)
  return {
    file: path,
    refersTo: file.refersTo,
    retries: defaults?.retries ?? 1,
    timeouts: readTimeouts(defaults?.timeouts),
    connections,
    issuers: readIssuers(file, surroundings.issuer ?? null),
    aliases: readAliases(file, connections, (provider) => provider.configure(models, { production })),
    prices: readPrices(file),
  }
}

function readConnections({ value, problem }: YamlFile<RoutingFile>): ConnectionSettings[] {
  const made: ConnectionSettings[] = []
  for (const [index, { id, provider: name, ...values }] of (value.connections ?? []).entries()) {
    const path: FilePath = ['connections', index]
    if (id === usualConnection)
      throw problem([...path, 'id'], `cannot be "${id}": that is the one that the variables make`)
    if (made.some((other) => other.id === id))
      throw problem([...path, 'id'], `is "${id}", which another connection has. Each needs a name of its own`)
    const found = providerNamed(name)?.configure(values)
    if (!found || found.connections.length === 0)
      throw problem(path, `makes no connection: it needs ${found?.missing.join(' and ') ?? 'a provider'}`)
    made.push({ id, provider: name, values })
  }
  return made
}
