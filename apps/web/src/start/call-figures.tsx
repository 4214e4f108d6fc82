import type { HistoryItem } from '@gatehouse/contracts'
import { Ago, Amount, Usd } from '../ui/figures.tsx'
import { duration } from '../ui/format.ts'
import { Status } from '../ui/status.tsx'
import classes from './call-figures.module.css'

const states = {
  success: { kind: 'good', word: 'Answered' },
  error: { kind: 'bad', word: 'Failed' },
  aborted: { kind: 'off', word: 'Aborted' },
} as const

/** A call in short: what answered, how much of it, what it cost. */
export function CallFigures({ call }: { call: HistoryItem }) {
  const { kind, word } = states[call.status]
  return (
    <dl className={classes.figures}>
      <dt>Model</dt>
      <dd className={classes.model}>{call.asked_model}</dd>
      <dt>Result</dt>
      <dd>
        <Status kind={kind}>{word}</Status>
        {call.latency_ms !== null && <span className={classes.aside}>in {duration(call.latency_ms)}</span>}
      </dd>
      <dt>Tokens</dt>
      <dd>
        <Amount value={call.usage.total_tokens} />
      </dd>
      <dt>Cost</dt>
      <dd>
        <Usd amount={call.cost_usd} />
      </dd>
      <dt>When</dt>
      <dd>
        <Ago at={call.created_at} />
      </dd>
    </dl>
  )
}
