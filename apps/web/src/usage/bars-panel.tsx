import type { UsageOverview } from '@gatehouse/contracts'
import { Button, Group, NativeSelect, SegmentedControl, Skeleton } from '@mantine/core'
import { ChartColumn, Download, Table2 } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { Panel } from '../ui/panel.tsx'
import classes from './bars.module.css'
import { BarsTable } from './bars-table.tsx'
import { Legend } from './legend.tsx'
import { type Asked, csvAddress } from './overview-query.ts'
import type { UsageSearch } from './search.ts'
import { type Metric, type Split, seriesOf } from './series.ts'

const Bars = lazy(() => import('./bars.tsx').then((module) => ({ default: module.Bars })))

const metrics: { value: Metric; label: string }[] = [
  { value: 'cost', label: 'Cost' },
  { value: 'calls', label: 'Calls' },
  { value: 'tokens', label: 'Tokens' },
]
const splits: { value: Split; label: string }[] = [
  { value: 'model', label: 'by model' },
  { value: 'provider', label: 'by provider' },
  { value: 'key', label: 'by key' },
]

interface BarsPanelProps {
  overview: UsageOverview
  asked: Asked
  metric: Metric
  asTable: boolean
  onChange: (changes: Partial<UsageSearch>) => void
}

/** The days as bars, or the same as a table and as a file. */
export function BarsPanel({ overview, asked, metric, asTable, onChange }: BarsPanelProps) {
  const { series, days } = seriesOf(overview, metric, asked.split)
  const choices = asked.everybody ? [...splits, { value: 'principal' as const, label: 'by account' }] : splits
  return (
    <Panel
      title="By day"
      flush={asTable}
      actions={
        <>
          <SegmentedControl
            size="xs"
            aria-label="What the bars measure"
            data={metrics}
            value={metric}
            onChange={(value) => onChange({ metric: value as Metric })}
          />
          <NativeSelect
            size="xs"
            aria-label="What the bars are made of"
            data={choices}
            value={asked.split}
            onChange={({ currentTarget: { value } }) =>
              onChange({ split: value === 'model' ? undefined : (value as Split) })
            }
          />
          <Group gap={6} wrap="nowrap">
            <Button
              size="xs"
              variant="default"
              leftSection={asTable ? <ChartColumn size={14} aria-hidden /> : <Table2 size={14} aria-hidden />}
              onClick={() => onChange({ view: asTable ? undefined : 'table' })}
            >
              {asTable ? 'Show as bars' : 'Show as table'}
            </Button>
            <Button
              size="xs"
              variant="default"
              component="a"
              href={csvAddress(asked)}
              download
              leftSection={<Download size={14} aria-hidden />}
            >
              CSV
            </Button>
          </Group>
        </>
      }
    >
      {asTable ? (
        <BarsTable series={series} days={days} metric={metric} />
      ) : (
        <>
          <div className={classes.frame}>
            <Suspense fallback={<Skeleton height="100%" />}>
              <Bars series={series} days={days} metric={metric} />
            </Suspense>
          </div>
          <Legend series={series} />
        </>
      )}
    </Panel>
  )
}
