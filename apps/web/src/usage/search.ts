import { oneOf, text } from '../search-text.ts'

/** What usage is shown of, and how it is split. */
export interface UsageSearch {
  /** Days that move with today; 30 unless days of one's own are named. */
  range?: '7' | '90' | 'month' | undefined
  /** First day, and the day after the last, in `zone`. */
  from?: string | undefined
  to?: string | undefined
  /** IANA name of a time zone. */
  zone?: string | undefined
  split?: 'model' | 'provider' | 'key' | 'principal' | undefined
  metric?: 'cost' | 'calls' | 'tokens' | undefined
  /** `all`: of everybody, for admins. */
  of?: 'all' | undefined
  /** Of one person or service account alone, for admins. */
  principal?: string | undefined
  /** The bars as a table. */
  view?: 'table' | undefined
}

/** A day of the calendar; whatever is none is not there. */
const day = (value: unknown): string | undefined => {
  const found = /^20\d\d-\d\d-\d\d$/.exec(String(value))?.[0]
  return found !== undefined && !Number.isNaN(Date.parse(found)) ? found : undefined
}

/** A time zone that this browser knows. */
function timeZone(value: unknown): string | undefined {
  const name = text(value)
  try {
    return name && new Intl.DateTimeFormat('en', { timeZone: name }) && name
  } catch {
    return undefined
  }
}

const range = oneOf(['7', '90', 'month'])
const split = oneOf(['model', 'provider', 'key', 'principal'])
const metric = oneOf(['cost', 'calls', 'tokens'])
const of = oneOf(['all'])
const view = oneOf(['table'])

export const usageSearch = (search: Record<string, unknown>): UsageSearch => ({
  range: range(search.range),
  from: day(search.from),
  to: day(search.to),
  zone: timeZone(search.zone),
  split: split(search.split),
  metric: metric(search.metric),
  of: of(search.of),
  principal: text(search.principal),
  view: view(search.view),
})
