import type { Catalog, CatalogModel, CatalogProvider } from '@gatehouse/contracts'
import { expect, it } from 'vitest'
import { chatModels, firstModel } from './chat-models.ts'

const model = (id: string, output: string | null = null, more: Partial<CatalogModel> = {}) =>
  ({
    id,
    provider: id.split('/')[0],
    model: id.split('/')[1],
    status: 'ready',
    output_modalities: [],
    candidates: [],
    price: output === null ? null : { output_usd_per_million: output },
    ...more,
  }) as unknown as CatalogModel
const catalog = (...data: CatalogModel[]) =>
  ({ data, providers: [{ id: 'demo', demo: true } as CatalogProvider] }) as Catalog
const first = (...data: CatalogModel[]) => firstModel(catalog(...data))?.id

it('begins with a cheap model that can converse', () => {
  expect(first(model('demo/echo'), model('openai/big', '60'), model('openai/small', '0.6'))).toBe(
    'openai/small',
  )
  expect(first(model('demo/echo'), model('ollama/llama'))).toBe('ollama/llama')
  expect(first(model('openai/text-embedding-3-small', '0'), model('demo/echo'))).toBe('demo/echo')
  expect(first(model('openai/small', '0.6', { status: 'degraded' }), model('openai/big', '60'))).toBe(
    'openai/big',
  )
})

it('takes another one for a second column, and one that may fail where none is ready', () => {
  const two = catalog(model('openai/small', '0.6'), model('openai/big', '60'))
  expect(firstModel(two, ['openai/small'])?.id).toBe('openai/big')
  expect(firstModel(two, ['openai/small', 'openai/big'])?.id).toBe('openai/small')
  expect(first(model('openai/small', '0.6', { status: 'degraded' }))).toBe('openai/small')
})

it('knows what is not for conversations, by what is told or by the name', () => {
  const kept = chatModels(
    catalog(
      model('demo/echo'),
      model('x/whisper-1'),
      model('x/painter', null, { output_modalities: ['image'] }),
      model('x/embedded-chat', null, { output_modalities: ['text'] }),
      model('house-search', null, { alias: true, candidates: ['openai/text-embedding-3-small'] }),
    ),
  )
  expect(kept.map(({ id }) => id)).toEqual(['x/embedded-chat', 'demo/echo'])
  expect(firstModel(catalog())).toBeUndefined()
})
