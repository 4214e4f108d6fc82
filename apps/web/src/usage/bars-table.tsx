import { day as fullDay } from '../ui/format.ts'
import classes from './bars-table.module.css'
import { type Metric, type Series, type SeriesDay, written } from './series.ts'

interface BarsTableProps {
  series: Series[]
  days: SeriesDay[]
  metric: Metric
}

const titles: Record<Metric, string> = { cost: 'Cost by day', calls: 'Calls by day', tokens: 'Tokens by day' }

/** What the bars show, in figures, the newest day first. A grid of days and series says nothing as cards: it scrolls. */
export function BarsTable({ series, days, metric }: BarsTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard (axe: scrollable-region-focusable)
    <section className={classes.scroll} tabIndex={0} aria-label={titles[metric]}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">Total</th>
            {series.map(({ id, name }) => (
              <th key={id} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map(({ day, total, values }) => (
            <tr key={day}>
              <th scope="row">{fullDay(day, 'UTC')}</th>
              <td>{written(metric, total)}</td>
              {series.map(({ id }, place) => (
                <td key={id}>{written(metric, values[place] ?? 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
