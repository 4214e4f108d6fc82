import type { Catalog, CatalogModel, CatalogProvider } from '@gatehouse/contracts'
import { expect, it } from 'vitest'
import { findModels } from './find-models.ts'

const model = (id: string, more: Partial<CatalogModel> = {}) =>
  ({ id, provider: id.split('/')[0], name: null, alias: false, candidates: [], ...more }) as CatalogModel
const provider = (id: string, state: CatalogProvider['state'] = 'ready') =>
  ({ id, name: id.toUpperCase(), state }) as CatalogProvider

const catalog = {
  data: [
    model('fast', { provider: 'gatehouse', alias: true, candidates: ['groq/llama-3.3-70b'] }),
    model('openai/gpt-4o'),
    model('openai/gpt-4o-mini', { name: 'Small one' }),
    model('groq/llama-3.3-70b'),
  ],
  providers: [provider('openai'), provider('groq'), provider('xai', 'unconfigured')],
} as Catalog

const shown = (search: Parameters<typeof findModels>[1]) => {
  const { aliases, providers, unconfigured } = findModels(catalog, search)
  return {
    models: [...aliases, ...providers.flatMap(({ models }) => models)].map(({ id }) => id),
    providers: [...providers.map((entry) => entry.provider.id), ...unconfigured.map(({ id }) => id)],
  }
}

it('shows all where nothing is looked for', () => {
  expect(shown({})).toEqual({
    models: ['fast', 'openai/gpt-4o', 'openai/gpt-4o-mini', 'groq/llama-3.3-70b'],
    providers: ['openai', 'groq', 'xai'],
  })
})

it.each([
  [{ query: 'llama' }, ['fast', 'groq/llama-3.3-70b'], ['groq']],
  [{ query: 'GPT mini' }, ['openai/gpt-4o-mini'], ['openai']],
  [{ query: 'small' }, ['openai/gpt-4o-mini'], ['openai']],
  [{ query: 'groq' }, ['fast', 'groq/llama-3.3-70b'], ['groq']],
  [{ query: 'xai' }, [], ['xai']],
  [{ provider: 'groq' }, ['groq/llama-3.3-70b'], ['groq']],
  [{ provider: 'groq', query: 'gpt' }, [], []],
])('%j finds %j', (search, models, providers) => {
  expect(shown(search)).toEqual({ models, providers })
})
