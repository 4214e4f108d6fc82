import { isModelId } from '@gatehouse/llm'
import type { FilePath, YamlFile } from '@gatehouse/platform'
import { isPriced, type OwnPrice } from '@gatehouse/usage'
import type { RoutingFile, WrittenPrice } from './file-schema.js'
import { providerNamed } from './read-aliases.js'

/**
 * Reads what models cost.
 * @throws ConfigError for a price of nothing that there is, of the same model twice, or that says half of what it must
 */
export function readPrices({ value, problem }: YamlFile<RoutingFile>): OwnPrice[] {
  const made: OwnPrice[] = []
  for (const [name, written] of Object.entries(value.prices ?? {})) {
    const path: FilePath = ['prices', name]
    const { provider, model } = named(name) ?? {}
    if (!provider || !model || !(model === '*' || isModelId(model)))
      throw problem(path, 'must be the price of provider/model with a known provider, or of provider/*')
    if (made.some((other) => other.provider === provider.id && other.model === model))
      throw problem(path, `is the price of ${provider.id}/${model}, which stands here already`)
    made.push({ provider: provider.id, model, price: read(written, path, problem) })
  }
  return made
}

function read(
  written: WrittenPrice,
  path: FilePath,
  problem: YamlFile<RoutingFile>['problem'],
): OwnPrice['price'] {
  const {
    same_as: same,
    input_usd_per_million: input,
    output_usd_per_million: output,
    cached_input_usd_per_million: cached = input,
  } = written
  if (same === undefined) {
    if (input === undefined || output === undefined || cached === undefined)
      throw problem(path, 'must have input_usd_per_million and output_usd_per_million, or same_as')
    return { input: input / 1e6, output: output / 1e6, cached: cached / 1e6 }
  }
  if (input !== undefined || output !== undefined || cached !== undefined)
    throw problem([...path, 'same_as'], 'cannot stand beside figures')
  const { provider, model } = named(same) ?? {}
  const listed = provider && model ? { priceList: provider.priceList, model } : undefined
  if (!listed || !isPriced(listed))
    throw problem([...path, 'same_as'], `is "${same}", for which no price is built in`)
  return listed
}

function named(name: string) {
  const slash = name.indexOf('/')
  if (slash === -1) return undefined
  return { provider: providerNamed(name.slice(0, slash)), model: name.slice(slash + 1) }
}
