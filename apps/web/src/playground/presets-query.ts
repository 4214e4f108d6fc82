import type { List, PresetView } from '@gatehouse/contracts'
import { queryOptions } from '@tanstack/react-query'
import { request } from '../api/request.ts'

/** One's own presets. */
export const presetsQuery = queryOptions({
  queryKey: ['presets'],
  queryFn: ({ signal }) => request<List<PresetView>>('/api/v1/presets', { query: { limit: 100 }, signal }),
  staleTime: 30_000,
})

/** The model of a preset as callers name it; `gatehouse` stands for an alias. */
export const idOfPreset = ({ provider, model }: Pick<PresetView, 'provider' | 'model'>): string =>
  provider === 'gatehouse' ? model : `${provider}/${model}`

/** The other way round. */
export function presetModelOf(id: string): { provider: string; model: string } {
  const slash = id.indexOf('/')
  return slash < 0
    ? { provider: 'gatehouse', model: id }
    : { provider: id.slice(0, slash), model: id.slice(slash + 1) }
}
