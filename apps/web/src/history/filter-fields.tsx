import type { KeyView, List } from '@gatehouse/contracts'
import { NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { catalogQuery } from '../api/catalog.ts'
import { request } from '../api/request.ts'
import { useTimeZone } from '../time-zone.ts'
import { DayField } from '../ui/day-field.tsx'
import { daysAfter, startOf } from '../ui/zoned-day.ts'
import type { Filters } from './calls-query.ts'
import { firstDay, lastDay } from './filter-days.ts'
import { ModelField } from './model-field.tsx'
import classes from './toolbar.module.css'

interface FilterFieldsProps {
  filters: Filters
  onChange: (changes: Partial<Filters>) => void
}

/** What the list can be narrowed by besides; what there is to choose from is asked for when this is opened. */
export function FilterFields({ filters, onChange }: FilterFieldsProps) {
  const [zone] = useTimeZone()
  const { provider, model, key_id, from, to } = filters
  const catalog = useQuery(catalogQuery)
  const keys = useQuery({
    queryKey: ['history', 'keys'],
    queryFn: ({ signal }) => request<List<KeyView>>('/api/v1/keys', { query: { limit: 100 }, signal }),
    staleTime: 60_000,
  })
  const providers = (catalog.data?.providers ?? [])
    .filter(({ state }) => state !== 'unconfigured')
    .map(({ id, name }) => ({ value: id, label: name }))
  const models = (catalog.data?.data ?? [])
    .filter((entry) => !entry.alias && (!provider || entry.provider === provider))
    .map((entry) => entry.model)
  const own = (keys.data?.data ?? []).map(({ id, name, prefix }) => ({
    value: id,
    label: `${name} (${prefix}…)`,
  }))
  return (
    <div className={classes.fields}>
      <NativeSelect
        label="Provider"
        data={choices('Any provider', providers, provider)}
        value={provider ?? ''}
        onChange={(event) => onChange({ provider: event.currentTarget.value || undefined })}
      />
      <ModelField
        value={model ?? ''}
        models={[...new Set(models)]}
        onChange={(value) => onChange({ model: value || undefined })}
      />
      <NativeSelect
        label="Key"
        data={choices('Any key', own, key_id)}
        value={key_id ?? ''}
        onChange={(event) => onChange({ key_id: event.currentTarget.value || undefined })}
      />
      <DayField
        label="From"
        value={firstDay(from, zone)}
        max={lastDay(to, zone) || undefined}
        onChange={(day) => onChange({ from: day ? startOf(day, zone).toISOString() : undefined })}
      />
      <DayField
        label="Up to and including"
        value={lastDay(to, zone)}
        min={firstDay(from, zone) || undefined}
        onChange={(day) => onChange({ to: day ? startOf(daysAfter(day, 1), zone).toISOString() : undefined })}
      />
    </div>
  )
}

/** What stands in the address is a choice too, known or not. */
function choices(any: string, known: { value: string; label: string }[], chosen: string | undefined) {
  const isKnown = chosen === undefined || known.some(({ value }) => value === chosen)
  return [{ value: '', label: any }, ...known, ...(isKnown ? [] : [{ value: chosen, label: chosen }])]
}
