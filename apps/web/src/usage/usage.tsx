import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { isAdmin, useMe } from '../api/me.ts'
import { useTimeZone } from '../time-zone.ts'
import { Page } from '../ui/page.tsx'
import { Failure } from '../ui/states.tsx'
import { Controls } from './controls.tsx'
import { type Asked, overviewQuery } from './overview-query.ts'
import { rangeOf } from './range.ts'
import { Report } from './report.tsx'
import { ReportWaiting } from './report-waiting.tsx'
import type { UsageSearch } from './search.ts'

const route = getRouteApi('/app/usage')

/** What calls came to: in money, calls, tokens and errors, by day and by what one chooses. */
export function UsagePage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const admin = isAdmin(useMe())
  const [ownZone] = useTimeZone()
  const zone = search.zone ?? ownZone
  const everybody = admin && search.of === 'all'
  const split = search.split === 'principal' && !everybody ? 'model' : (search.split ?? 'model')
  const asked: Asked = {
    ...rangeOf(search, zone),
    zone,
    split,
    everybody,
    principal: everybody ? search.principal : undefined,
  }
  const overview = useQuery(overviewQuery(asked))
  const change = (changes: Partial<UsageSearch>) =>
    void navigate({ search: (now) => ({ ...now, ...changes }), replace: true, resetScroll: false })
  return (
    <Page
      title="Usage"
      description={
        everybody
          ? 'What the calls of everybody came to, people and service accounts.'
          : 'What your calls came to. Figures are a few seconds old at most.'
      }
    >
      <Stack gap="lg">
        <Controls asked={asked} search={search} admin={admin} onChange={change} />
        {overview.isError ? (
          <Failure error={overview.error} retry={() => void overview.refetch()} />
        ) : overview.data === undefined ? (
          <ReportWaiting />
        ) : (
          <Report
            overview={overview.data}
            asked={asked}
            metric={search.metric}
            asTable={search.view === 'table'}
            stale={overview.isPlaceholderData}
            onChange={change}
          />
        )}
      </Stack>
    </Page>
  )
}
