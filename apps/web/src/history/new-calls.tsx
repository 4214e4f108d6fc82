import type { HistoryItem } from '@gatehouse/contracts'
import { Button } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import classes from './call-list.module.css'
import { callsQuery, type Filters, newestQuery } from './calls-query.ts'
import { freshCalls, merged } from './fresh-calls.ts'

interface NewCallsProps {
  filters: Filters
  shown: readonly HistoryItem[]
  hasMore: boolean
}

/** Looks for new calls, and shows them when one asks for them: a list that is read does not move by itself. */
export function NewCalls({ filters, shown, hasMore }: NewCallsProps) {
  const queries = useQueryClient()
  const newest = useQuery(newestQuery(filters, true))
  const page = newest.data?.data ?? []
  const fresh = freshCalls(page, shown, hasMore)
  const isWholePage = fresh.length > 0 && fresh.length === page.length && (newest.data?.has_more ?? false)
  const show = () => {
    const { queryKey } = callsQuery(filters)
    // More than a page came: what lies between is not known, so the list begins anew.
    if (isWholePage) return void queries.resetQueries({ queryKey })
    queries.setQueryData(queryKey, (now) => {
      const [first, ...rest] = now?.pages ?? []
      return now && first && { ...now, pages: [{ ...first, data: merged(fresh, first.data) }, ...rest] }
    })
  }
  const words = `${fresh.length}${isWholePage ? '+' : ''} new ${fresh.length === 1 ? 'call' : 'calls'}`
  return (
    <div className={classes.pill} role="status">
      {newest.isError ? (
        'New calls cannot be looked for at present.'
      ) : fresh.length === 0 ? (
        'Looking for new calls every 3 seconds'
      ) : (
        <Button size="compact-sm" radius="xl" onClick={show}>
          {words}
        </Button>
      )}
    </div>
  )
}
