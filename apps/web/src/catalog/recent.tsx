import type { CatalogProvider } from '@gatehouse/contracts'
import { Ago } from '../ui/figures.tsx'
import { count, duration, percent } from '../ui/format.ts'
import classes from './catalog.module.css'

const credentials: Record<string, string> = {
  keyless: 'keyless',
  key: 'by API key',
  none: 'no credential needed',
}

interface RecentProps {
  recent: CatalogProvider['recent']
  credential: CatalogProvider['credential']
}

/** How it has answered in the last hour, to all callers together. */
export function Recent({ recent, credential }: RecentProps) {
  return (
    <span className={classes.recent}>
      {recent === null ? (
        <span>How it has answered is not known at present.</span>
      ) : recent.calls === 0 ? (
        <span>No calls in the last hour</span>
      ) : (
        <>
          <span>
            {count(recent.calls)} {recent.calls === 1 ? 'call' : 'calls'} in the last hour
          </span>
          {recent.success_rate !== null && <span>{percent(recent.success_rate)} succeeded</span>}
          {recent.median_first_byte_ms !== null && (
            <span>first byte {duration(recent.median_first_byte_ms)} in the median</span>
          )}
          {recent.last_success_at !== null && (
            <span>
              last success <Ago at={recent.last_success_at} />
            </span>
          )}
        </>
      )}
      {credential !== null && <span>{credentials[credential] ?? `credential: ${credential}`}</span>}
    </span>
  )
}
