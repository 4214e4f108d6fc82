import { Button, Group, UnstyledButton } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useTimeZone } from '../time-zone.ts'
import { day } from '../ui/format.ts'
import { callsQuery, type Filters } from './calls-query.ts'
import { firstDay, lastDay } from './filter-days.ts'
import classes from './toolbar.module.css'

const nothing: Filters = {
  provider: undefined,
  model: undefined,
  key_id: undefined,
  from: undefined,
  to: undefined,
  status: undefined,
  request_id: undefined,
}

interface FilterChipsProps {
  filters: Filters
  onChange: (changes: Partial<Filters>) => void
}

/** What narrows the list at present, each to be taken away. */
export function FilterChips({ filters, onChange }: FilterChipsProps) {
  const [zone] = useTimeZone()
  const key = useKeyName(filters)
  const said = (date: string) => (date === '' ? 'no such day' : day(date, 'UTC'))
  const chips: [name: keyof Filters, words: string][] = [
    ['provider', filters.provider && `Provider: ${filters.provider}`],
    ['model', filters.model && `Model: ${filters.model}`],
    ['key_id', filters.key_id && `Key: ${key}`],
    ['from', filters.from && `From ${said(firstDay(filters.from, zone))}`],
    ['to', filters.to && `Up to ${said(lastDay(filters.to, zone))}`],
  ].filter((chip): chip is [keyof Filters, string] => chip[1] !== undefined)
  if (chips.length === 0) return null
  return (
    <Group gap={6} mt="sm" role="group" aria-label="Filters in use">
      {chips.map(([name, words]) => (
        <span key={name} className={classes.chip}>
          <span>{words}</span>
          <UnstyledButton
            className={classes.remove}
            aria-label={`Remove the filter ${words}`}
            onClick={() => onChange({ [name]: undefined })}
          >
            <X size={14} aria-hidden />
          </UnstyledButton>
        </span>
      ))}
      <Button variant="subtle" size="compact-sm" onClick={() => onChange(nothing)}>
        Clear all
      </Button>
    </Group>
  )
}

/** By the calls that are here: to ask for it would be a call for a word. */
function useKeyName(filters: Filters): string {
  const pages = useQueryClient().getQueryData(callsQuery(filters).queryKey)?.pages ?? []
  const call = pages.flatMap(({ data }) => data).find(({ key }) => key?.id === filters.key_id)
  return call?.key?.name ?? 'one of yours'
}
