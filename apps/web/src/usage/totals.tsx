import type { UsageFigures, UsageOverview } from '@gatehouse/contracts'
import { ArrowDown, ArrowUp, Minus } from 'lucide-react'
import type { ReactNode } from 'react'
import { count, day, moment, percent, short, usd } from '../ui/format.ts'
import { daysAfter } from '../ui/zoned-day.ts'
import { type Change, changeOf, pointsOf } from './change.ts'
import { daysIn, forecast } from './range.ts'
import classes from './report.module.css'

/** Spend, calls, tokens and errors, each against as many days before. */
export function Totals({ overview, zone }: { overview: UsageOverview; zone: string }) {
  const { totals, previous } = overview
  const range = { from: overview.from, to: overview.to }
  const days = daysIn(range)
  const ahead = forecast(range, Number(totals.total_cost), zone)
  const cost = (figures: UsageFigures) => Number(figures.total_cost)
  return (
    <div>
      <dl className={classes.totals}>
        <Total
          name="Spend"
          value={usd(totals.total_cost)}
          change={changeOf(cost(totals), cost(previous))}
          detail={ahead && `At this pace ${usd(ahead.cost)} by ${day(ahead.lastDay, 'UTC')}`}
        />
        <Total name="Calls" value={count(totals.calls)} change={changeOf(totals.calls, previous.calls)} />
        <Total
          name="Tokens"
          value={short(totals.total_tokens)}
          change={changeOf(totals.total_tokens, previous.total_tokens)}
        />
        <Total
          name="Errors"
          value={percent(errorRate(totals))}
          change={pointsOf(errorRate(totals), errorRate(previous))}
        />
      </dl>
      <p className={classes.note}>
        {period(overview)}, against the {days === 1 ? 'day' : `${days} days`} before. As of{' '}
        {moment(overview.as_of, zone)}.
      </p>
    </div>
  )
}

/** Of the calls that the caller let come to an end. */
function errorRate({ calls, failed_calls, aborted_calls }: UsageFigures): number | null {
  const ended = calls - aborted_calls
  return ended === 0 ? null : failed_calls / ended
}

function period({ from, to }: UsageOverview): string {
  const last = daysAfter(to, -1)
  return from === last ? day(from, 'UTC') : `${day(from, 'UTC')} to ${day(last, 'UTC')}`
}

interface TotalProps {
  name: string
  value: string
  change: Change
  detail?: ReactNode
}

function Total({ name, value, change, detail }: TotalProps) {
  return (
    <div className={classes.total}>
      <dt>{name}</dt>
      <dd className={classes.number}>{value}</dd>
      <dd className={classes.change}>
        <ChangeWords change={change} />
      </dd>
      {detail && <dd className={classes.change}>{detail}</dd>}
    </div>
  )
}

function ChangeWords({ change: { direction, amount } }: { change: Change }) {
  if (direction === 'none') return null
  if (direction === 'new') return 'none before'
  const Icon = { more: ArrowUp, less: ArrowDown, same: Minus }[direction]
  return (
    <>
      <Icon size={13} aria-hidden />
      {direction === 'same' ? 'as before' : `${amount} ${direction}`}
    </>
  )
}
