import { Group, NativeSelect, SegmentedControl } from '@mantine/core'
import { useMemo } from 'react'
import { ownTimeZone, zoneChoices } from '../time-zone.ts'
import { DayField } from '../ui/day-field.tsx'
import { daysAfter } from '../ui/zoned-day.ts'
import classes from './controls.module.css'
import { OneAccount } from './one-account.tsx'
import type { Asked } from './overview-query.ts'
import type { UsageSearch } from './search.ts'

const ranges = [
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
  { value: 'month', label: 'This month' },
  { value: 'custom', label: 'Days of your choice' },
]

interface ControlsProps {
  asked: Asked
  search: UsageSearch
  admin: boolean
  onChange: (changes: Partial<UsageSearch>) => void
}

/** Which days, in which time zone, of whom; all of it stands in the address. */
export function Controls({ asked, search, admin, onChange }: ControlsProps) {
  const isCustom = search.from !== undefined || search.to !== undefined
  const zones = useMemo(() => zoneChoices(asked.zone, ownTimeZone()), [asked.zone])
  const choose = (value: string) => {
    if (value === 'custom') return onChange({ range: undefined, from: asked.from, to: asked.to })
    const range = value === '30' ? undefined : (value as UsageSearch['range'])
    onChange({ range, from: undefined, to: undefined })
  }
  return (
    <Group gap="sm" align="flex-end" className={classes.bar}>
      <NativeSelect
        label="Days"
        data={ranges}
        value={isCustom ? 'custom' : (search.range ?? '30')}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {isCustom && (
        <>
          <DayField
            label="From"
            value={asked.from}
            max={daysAfter(asked.to, -1)}
            onChange={(from) => {
              if (from) onChange({ from, to: asked.to > from ? asked.to : daysAfter(from, 1) })
            }}
          />
          <DayField
            label="Up to and including"
            value={daysAfter(asked.to, -1)}
            min={asked.from}
            onChange={(last) => {
              if (last) onChange({ from: asked.from <= last ? asked.from : last, to: daysAfter(last, 1) })
            }}
          />
        </>
      )}
      <NativeSelect
        label="Time zone"
        data={zones}
        value={asked.zone}
        onChange={(event) => onChange({ zone: event.currentTarget.value })}
        className={classes.zone}
      />
      {admin && (
        <SegmentedControl
          aria-label="Whose usage"
          className={classes.whose}
          data={[
            { value: 'own', label: 'Mine' },
            { value: 'all', label: 'Everybody' },
          ]}
          value={asked.everybody ? 'all' : 'own'}
          onChange={(value) =>
            onChange(
              value === 'all'
                ? { of: 'all' }
                : { of: undefined, principal: undefined, split: notByPerson(search) },
            )
          }
        />
      )}
      {asked.principal !== undefined && (
        <OneAccount asked={asked} onAll={() => onChange({ principal: undefined, split: 'principal' })} />
      )}
    </Group>
  )
}

const notByPerson = ({ split }: UsageSearch): UsageSearch['split'] =>
  split === 'principal' ? undefined : split
