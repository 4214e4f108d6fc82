import '@mantine/charts/styles.css'
import { BarChart } from '@mantine/charts'
import { day as fullDay } from '../ui/format.ts'
import classes from './bars.module.css'
import { type Metric, type Series, type SeriesDay, written, writtenShort } from './series.ts'
import { Swatch, useScheme } from './swatch.tsx'

interface BarsProps {
  series: Series[]
  days: SeriesDay[]
  metric: Metric
}

const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** Stacked bars, a day each; the arrow keys go from day to day. */
export function Bars({ series, days, metric }: BarsProps) {
  const scheme = useScheme()
  const byDay = new Map(days.map((entry) => [entry.day, entry]))
  const data = days.map(({ day, values }) =>
    Object.fromEntries([
      ['day', day] as const,
      ...series.map(({ id }, place) => [id, values[place] ?? 0] as const),
    ]),
  )
  return (
    <BarChart
      className={classes.chart}
      data={data}
      dataKey="day"
      type="stacked"
      series={series.map(({ id, name, colour }) => ({ name: id, label: name, color: colour[scheme] }))}
      maxBarWidth={36}
      strokeDasharray="0"
      gridColor="var(--gate-line)"
      textColor="dimmed"
      tickLine="none"
      cursorFill="var(--gate-surface)"
      xAxisProps={{
        tickFormatter: (day: string) => dayMonth.format(Date.parse(day)),
        interval: 'equidistantPreserveStart',
        minTickGap: 20,
      }}
      yAxisProps={{
        width: 56,
        tickFormatter: (value: number) => writtenShort(metric, value),
        allowDecimals: metric === 'cost',
      }}
      barProps={{ stroke: 'var(--mantine-color-body)', strokeWidth: 1, strokeOpacity: 1 }}
      barChartProps={{ barCategoryGap: '18%', title: 'Usage by day' }}
      tooltipProps={{
        position: {},
        content: ({ label }) => {
          const entry = byDay.get(String(label))
          return entry ? <DayDetail entry={entry} series={series} metric={metric} /> : null
        },
      }}
    />
  )
}

function DayDetail({ entry, series, metric }: { entry: SeriesDay; series: Series[]; metric: Metric }) {
  return (
    <div className={classes.tooltip}>
      <div className={classes.head}>
        <span>{fullDay(entry.day, 'UTC')}</span>
        <span>{written(metric, entry.total)}</span>
      </div>
      {series.map(
        ({ id, name, colour }, place) =>
          (entry.values[place] ?? 0) > 0 && (
            <div key={id} className={classes.line}>
              <Swatch colour={colour} />
              <span className={classes.name}>{name}</span>
              <span>{written(metric, entry.values[place] ?? 0)}</span>
            </div>
          ),
      )}
    </div>
  )
}
