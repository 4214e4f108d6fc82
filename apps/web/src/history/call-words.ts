import type { HistoryItem } from '@gatehouse/contracts'
import type { StatusKind } from '../ui/status.tsx'

/** How a call ended, in words. */
export const outcomes: Record<HistoryItem['status'], { kind: StatusKind; words: string }> = {
  success: { kind: 'good', words: 'Succeeded' },
  error: { kind: 'bad', words: 'Failed' },
  aborted: { kind: 'off', words: 'Stopped' },
}

type Named = Pick<HistoryItem, 'asked_model' | 'provider' | 'model'>

/** What was asked for; with its provider, where the model was named as the provider names it. */
export const askedFor = ({ asked_model, provider, model }: Named): string =>
  asked_model === model ? `${provider}/${model}` : asked_model

/** What answered, where that is not what was asked for: an alias, a fallback. */
export function answeredBy(call: Named): string | null {
  const full = `${call.provider}/${call.model}`
  return askedFor(call) === full ? null : full
}

/** `/v1/chat/completions` as people say it: `chat/completions`. */
export const endpointName = (endpoint: string): string => endpoint.replace(/^\/(api\/)?v1\//, '')

/** By what the caller was known. */
export const keyName = ({ key, key_id }: Pick<HistoryItem, 'key' | 'key_id'>): string =>
  key ? key.name : key_id === null ? 'No key' : 'Deleted key'

/** With the connection by which it was asked, where a provider has several. */
export const viaConnection = (
  name: string,
  { provider, connection }: Pick<HistoryItem, 'provider' | 'connection'>,
): string => (connection === 'default' || connection === provider ? name : `${name}, by ${connection}`)
