import { Button, Collapse, Group, NativeSelect, Switch } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { ListFilter } from 'lucide-react'
import { lazy, Suspense, useId, useState } from 'react'
import { FindBox } from '../ui/find-box.tsx'
import type { Filters } from './calls-query.ts'
import { FilterChips } from './filter-chips.tsx'
import classes from './toolbar.module.css'

const FilterFields = lazy(() =>
  import('./filter-fields.tsx').then((module) => ({ default: module.FilterFields })),
)
const route = getRouteApi('/app/history')
const outcomes = [
  { value: '', label: 'Any outcome' },
  { value: 'success', label: 'Succeeded' },
  { value: 'error', label: 'Failed' },
  { value: 'aborted', label: 'Stopped' },
]

interface ToolbarProps {
  filters: Filters
  live: boolean
  onLive: (live: boolean) => void
}

/** Narrows the list; every filter stands in the address. */
export function Toolbar({ filters, live, onLive }: ToolbarProps) {
  const navigate = route.useNavigate()
  const [opened, setOpened] = useState(false)
  const [wasOpened, setWasOpened] = useState(false)
  const fields = useId()
  const change = (changes: Partial<Filters>) =>
    void navigate({ search: (now) => ({ ...now, ...changes }), replace: true, resetScroll: false })
  return (
    <div>
      <Group gap="xs" className={classes.bar}>
        <FindBox
          label="Request id"
          placeholder="Find by request id"
          value={filters.request_id}
          onFind={(request_id) => change({ request_id })}
        />
        <NativeSelect
          aria-label="Outcome"
          data={outcomes}
          value={filters.status ?? ''}
          onChange={(event) =>
            change({ status: (event.currentTarget.value || undefined) as Filters['status'] })
          }
        />
        <Button
          variant="default"
          leftSection={<ListFilter size={15} />}
          aria-expanded={opened}
          aria-controls={fields}
          onClick={() => {
            setOpened(!opened)
            setWasOpened(true)
          }}
        >
          Filters
        </Button>
        <Switch
          ml="auto"
          label="Live"
          aria-label="Live: look for new calls every 3 seconds"
          checked={live}
          onChange={(event) => onLive(event.currentTarget.checked)}
        />
      </Group>
      <div id={fields}>
        <Collapse expanded={opened} transitionDuration={120}>
          {wasOpened && (
            <Suspense fallback={<div className={classes.fields} />}>
              <FilterFields filters={filters} onChange={change} />
            </Suspense>
          )}
        </Collapse>
      </div>
      <FilterChips filters={filters} onChange={change} />
    </div>
  )
}
