import type { Settled } from './pipeline.js'

/** The headers that say who answered, as flat pairs. */
export function routeHeaders(call: { provider: string; model: string; attempts: number }): string[] {
  return [
    'x-gatehouse-provider',
    call.provider,
    'x-gatehouse-model',
    encodeURI(call.model),
    'x-gatehouse-attempts',
    String(call.attempts),
  ]
}

/** What the call cost, where that is known before the head goes out. */
export function costHeader({ costUsd }: Settled): string[] {
  return costUsd === null ? [] : ['x-gatehouse-cost-usd', String(costUsd)]
}

/** Flat pairs as an object. */
export function fromPairs(pairs: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let index = 0; index < pairs.length; index += 2) headers[pairs[index] ?? ''] = pairs[index + 1] ?? ''
  return headers
}
