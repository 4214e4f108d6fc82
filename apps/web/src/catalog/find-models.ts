import type { Catalog, CatalogModel, CatalogProvider } from '@gatehouse/contracts'
import type { CatalogSearch } from './search.ts'

/** What is shown: the operator's names, the providers that answer with their models, those that need something first. */
export interface Found {
  aliases: CatalogModel[]
  providers: { provider: CatalogProvider; models: CatalogModel[] }[]
  unconfigured: CatalogProvider[]
}

/**
 * What matches. A provider whose own name matches keeps all of its models; one with none that match is left out while
 * something is looked for.
 */
export function findModels({ data, providers }: Catalog, { query = '', provider }: CatalogSearch): Found {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const matches = (...texts: (string | null)[]) => {
    const text = texts.join(' ').toLowerCase()
    return words.every((word) => text.includes(word))
  }
  const isAsked = ({ id }: CatalogProvider) => provider === undefined || provider === id
  const byProvider = Map.groupBy(data, (model) => model.provider)
  const configured = providers
    .filter((entry) => entry.state !== 'unconfigured' && isAsked(entry))
    .map((entry) => {
      const models = byProvider.get(entry.id) ?? []
      const name = `${entry.id} ${entry.name}`
      return { provider: entry, models: models.filter((model) => matches(model.id, model.name, name)) }
    })
  return {
    aliases:
      provider === undefined
        ? data.filter((model) => model.alias && matches(model.id, ...model.candidates))
        : [],
    providers: words.length === 0 ? configured : configured.filter(({ models }) => models.length > 0),
    unconfigured: providers.filter(
      (entry) => entry.state === 'unconfigured' && isAsked(entry) && matches(entry.id, entry.name),
    ),
  }
}
