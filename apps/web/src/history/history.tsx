import { Stack } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { CallList } from './call-list.tsx'
import { filtersOf } from './calls-query.ts'
import { Keeping } from './keeping.tsx'
import { Toolbar } from './toolbar.tsx'

const CallDrawer = lazy(() => import('./call-drawer.tsx').then((module) => ({ default: module.CallDrawer })))
const route = getRouteApi('/app/history')

/** One's own calls, and one of them beside the list. */
export function HistoryPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [live, setLive] = useState(false)
  const openedHere = useRef(false)
  const opener = useRef<Element | null>(null)
  const filters = filtersOf(search)

  // However it was closed, one goes on from where it was opened.
  useEffect(() => {
    if (search.call !== undefined || !(opener.current instanceof HTMLElement)) return
    opener.current.focus({ preventScroll: true })
    opener.current = null
  }, [search.call])

  const close = () => {
    // Back is what takes one out of it too; who came by a link has no list behind them.
    if (openedHere.current) window.history.back()
    else void navigate({ search: filters, replace: true, resetScroll: false })
    openedHere.current = false
  }
  return (
    <Page title="History" description="What you asked for, what answered, how long it took and what it cost.">
      <Stack gap="md">
        <Keeping />
        <Toolbar filters={filters} live={live} onLive={setLive} />
        <Panel flush>
          <CallList
            filters={filters}
            live={live}
            selected={search.call}
            onOpened={() => {
              openedHere.current = search.call === undefined
              opener.current = document.activeElement
            }}
          />
        </Panel>
      </Stack>
      {search.call !== undefined && (
        <Suspense fallback={null}>
          <CallDrawer id={search.call} onClose={close} />
        </Suspense>
      )}
    </Page>
  )
}
