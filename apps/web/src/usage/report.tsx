import type { UsageOverview } from '@gatehouse/contracts'
import { Button, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { ChartColumn } from 'lucide-react'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { startOf } from '../ui/zoned-day.ts'
import { BarsPanel } from './bars-panel.tsx'
import { GroupsPanel } from './groups-panel.tsx'
import type { Asked } from './overview-query.ts'
import classes from './report.module.css'
import type { UsageSearch } from './search.ts'
import type { Metric } from './series.ts'
import { Totals } from './totals.tsx'
import { Unpriced } from './unpriced.tsx'

interface ReportProps {
  overview: UsageOverview
  asked: Asked
  /** What was chosen; undefined: cost, or calls where nothing cost anything. */
  metric: Metric | undefined
  asTable: boolean
  /** Another one is under way. */
  stale: boolean
  onChange: (changes: Partial<UsageSearch>) => void
}

/** The figures, the bars, and what they are made of. */
export function Report({ overview, asked, metric: chosen, asTable, stale, onChange }: ReportProps) {
  if (overview.totals.calls === 0 && overview.previous.calls === 0)
    return (
      <Panel>
        <Empty
          icon={ChartColumn}
          title="No calls in these days"
          action={
            <Button renderRoot={(props) => <Link to="/playground" {...props} />}>Open the playground</Button>
          }
        >
          A call is counted here seconds after its end, with its tokens and its cost. Make one, or choose
          other days.
        </Empty>
      </Panel>
    )
  const metric = chosen ?? (Number(overview.totals.total_cost) > 0 ? 'cost' : 'calls')
  return (
    <Stack gap="lg" className={classes.report} data-stale={stale || undefined} aria-busy={stale}>
      <Totals overview={overview} zone={asked.zone} />
      <BarsPanel overview={overview} asked={asked} metric={metric} asTable={asTable} onChange={onChange} />
      <Unpriced models={overview.unpriced} />
      <GroupsPanel overview={overview} asked={asked} metric={metric} />
      {startOf(overview.from, asked.zone).getTime() % 3_600_000 !== 0 && (
        <Text size="xs" c="dimmed">
          Sums are kept by the hour of UTC, and the days of this time zone begin within one: such an hour
          counts to the day in which it begins.
        </Text>
      )}
    </Stack>
  )
}
