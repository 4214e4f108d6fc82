import type { RecentUsage } from '@gatehouse/contracts'
import { count, day } from '../../ui/format.ts'
import classes from './bars.module.css'

const height = 60
const step = 10

/** Calls of each day, drawn small; the figures stand beside it, and the sums are told to who does not see it. */
export function Bars({ days }: { days: RecentUsage['days'] }) {
  const most = Math.max(1, ...days.map(({ calls }) => calls))
  const first = days[0]
  const last = days.at(-1)
  if (!first || !last) return null
  const busiest = days.reduce((one, other) => (other.calls > one.calls ? other : one))
  return (
    <div>
      <svg
        className={classes.bars}
        viewBox={`0 0 ${days.length * step} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Calls a day; the most were ${count(busiest.calls)} on ${utc(busiest.day)}.`}
      >
        {days.map(({ day: name, calls }, index) => {
          const size = calls === 0 ? 1 : Math.max(2, (calls / most) * (height - 2))
          return (
            <rect
              key={name}
              className={calls === 0 ? classes.none : classes.bar}
              x={index * step + 1}
              y={height - size}
              width={step - 2}
              height={size}
            />
          )
        })}
      </svg>
      <div className={classes.ends} aria-hidden>
        <span>{utc(first.day)}</span>
        <span>most a day: {count(busiest.calls)}</span>
        <span>{utc(last.day)}</span>
      </div>
    </div>
  )
}

const utc = (name: string) => day(name, 'UTC')
