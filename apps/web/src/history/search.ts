import { oneOf, text } from '../search-text.ts'

/** Filters of the history, and the call that is open beside it. */
export interface HistorySearch {
  provider?: string | undefined
  model?: string | undefined
  status?: 'success' | 'error' | 'aborted' | undefined
  request_id?: string | undefined
  key_id?: string | undefined
  /** Moments, ISO 8601: from the one on, up to the other. */
  from?: string | undefined
  to?: string | undefined
  call?: string | undefined
}

const status = oneOf(['success', 'error', 'aborted'])

export const historySearch = (search: Record<string, unknown>): HistorySearch => ({
  provider: text(search.provider),
  model: text(search.model),
  status: status(search.status),
  request_id: text(search.request_id),
  key_id: text(search.key_id),
  from: text(search.from),
  to: text(search.to),
  call: text(search.call),
})
