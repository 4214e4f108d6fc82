import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { History, SearchX } from 'lucide-react'
import { More } from '../ui/more.tsx'
import { Records } from '../ui/records.tsx'
import { Empty, Failure, Waiting } from '../ui/states.tsx'
import { callColumns } from './call-columns.tsx'
import classes from './call-list.module.css'
import { callsQuery, type Filters, isFiltered } from './calls-query.ts'
import { NewCalls } from './new-calls.tsx'

const route = getRouteApi('/app/history')

interface CallListProps {
  filters: Filters
  live: boolean
  selected: string | undefined
  /** Called before a call is opened from here. */
  onOpened: () => void
}

/** The calls, newest first, page by page. */
export function CallList({ filters, live, selected, onOpened }: CallListProps) {
  const navigate = route.useNavigate()
  const calls = useInfiniteQuery(callsQuery(filters))
  if (calls.isPending) return <Waiting rows={10} height={57} />
  if (calls.isError && !calls.data)
    return (
      <div className={classes.failure}>
        <Failure error={calls.error} retry={() => void calls.refetch()} />
      </div>
    )
  const rows = calls.data.pages.flatMap(({ data }) => data)
  return (
    <>
      {live && <NewCalls filters={filters} shown={rows} hasMore={calls.hasNextPage} />}
      {rows.length === 0 ? (
        <Nothing filtered={isFiltered(filters)} />
      ) : (
        <Records
          label="Calls"
          columns={callColumns(onOpened)}
          rows={rows}
          keyOf={({ id }) => id}
          selected={selected}
          onOpen={({ id }) => {
            onOpened()
            void navigate({ search: (now) => ({ ...now, call: id }), resetScroll: false })
          }}
        />
      )}
      {calls.isFetchNextPageError && (
        <div className={classes.failure}>
          <Failure error={calls.error} retry={() => void calls.fetchNextPage()} />
        </div>
      )}
      <More
        has={calls.hasNextPage}
        busy={calls.isFetchingNextPage}
        onMore={() => void calls.fetchNextPage()}
      />
    </>
  )
}

function Nothing({ filtered }: { filtered: boolean }) {
  if (filtered)
    return (
      <Empty
        icon={SearchX}
        title="No call matches"
        action={
          <Button variant="default" renderRoot={(props) => <Link to="/history" {...props} />}>
            Clear the filters
          </Button>
        }
      >
        A request id has to be whole, and a model named as its provider names it.
      </Empty>
    )
  return (
    <Empty
      icon={History}
      title="No calls yet"
      action={
        <Button renderRoot={(props) => <Link to="/playground" {...props} />}>Open the playground</Button>
      }
    >
      Every call you make stands here within two seconds, from the playground or by a key. Ask a model
      something to see the first one.
    </Empty>
  )
}
