import type { AuditView } from '@gatehouse/contracts'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { useTimeZone } from '../../time-zone.ts'
import { DayField } from '../../ui/day-field.tsx'
import { FindBox } from '../../ui/find-box.tsx'
import { dayIn, daysAfter, startOf } from '../../ui/zoned-day.ts'
import type { AuditSearch } from '../search.ts'
import { actionTitle } from './action-words.ts'
import classes from './audit-filters.module.css'
import { actionsQuery } from './audit-queries.ts'
import { TargetFilter } from './target-filter.tsx'

const ActorField = lazy(() => import('./actor-field.tsx').then((module) => ({ default: module.ActorField })))

interface AuditFiltersProps {
  filters: AuditSearch
  /** What is in sight, where names of whom is filtered by are found. */
  entries: readonly AuditView[]
  onChange: (changes: AuditSearch) => void
}

/** Narrows the log; every filter stands in the address. */
export function AuditFilters({ filters, entries, onChange }: AuditFiltersProps) {
  const [zone] = useTimeZone()
  const { data } = useQuery(actionsQuery)
  const actions = [...new Set([...(data?.actions ?? []), ...(filters.action ? [filters.action] : [])])]
    .map((value) => ({ value, label: actionTitle(value) }))
    .toSorted((one, other) => one.label.localeCompare(other.label))
  const filtered = Object.values(filters).some((value) => value !== undefined)
  return (
    <>
      <div className={classes.fields}>
        <FindBox
          label="Request id"
          placeholder="Whole id"
          labelled
          value={filters.query}
          onFind={(query) => onChange({ query })}
        />
        <Suspense fallback={<TextInput label="Who" placeholder="Name or e-mail" disabled />}>
          <ActorField
            actorId={filters.actor_id}
            entries={entries}
            onChange={(actor_id) => onChange({ actor_id })}
          />
        </Suspense>
        <NativeSelect
          label="Action"
          data={[{ value: '', label: 'Any action' }, ...actions]}
          value={filters.action ?? ''}
          onChange={(event) => onChange({ action: event.currentTarget.value })}
        />
        <DayField
          label="From"
          value={filters.from ? dayOf(filters.from, zone) : ''}
          onChange={(day) => onChange({ from: momentOf(day, zone) })}
        />
        <DayField
          label="Up to and with"
          value={filters.to ? daysAfter(dayOf(filters.to, zone), -1) : ''}
          onChange={(day) => onChange({ to: day ? momentOf(daysAfter(day, 1), zone) : undefined })}
        />
      </div>
      {filtered && (
        <div className={classes.chosen}>
          <TargetFilter
            targetId={filters.target_id}
            entries={entries}
            onClear={() => onChange({ target_id: undefined })}
          />
          <Button variant="default" size="compact-sm" onClick={() => onChange(nothing)}>
            Clear the filters
          </Button>
        </div>
      )}
    </>
  )
}

const nothing: AuditSearch = {
  query: undefined,
  actor_id: undefined,
  target_id: undefined,
  action: undefined,
  from: undefined,
  to: undefined,
}

/** A day of the address: as it is, or that of a moment. */
const dayOf = (value: string, zone: string): string => {
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return value
  return Number.isNaN(Date.parse(value)) ? '' : dayIn(value, zone)
}

const momentOf = (day: string, zone: string): string | undefined =>
  day === '' ? undefined : startOf(day, zone).toISOString()
