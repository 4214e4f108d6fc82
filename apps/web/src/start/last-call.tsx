import type { HistoryItem } from '@gatehouse/contracts'
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Ago, Amount, Usd } from '../ui/figures.tsx'
import { Status } from '../ui/status.tsx'
import classes from './last-call.module.css'

/** In the place of the steps, for who has called before: all is ready, and this was the last call. */
export function LastCall({ call }: { call: HistoryItem }) {
  return (
    <section className={classes.line} aria-label="Last call">
      <Status kind="good">All set</Status>
      <span className={classes.words}>
        Last call: <strong>{call.asked_model}</strong>, <Amount value={call.usage.total_tokens} /> tokens,{' '}
        <Usd amount={call.cost_usd} />, <Ago at={call.created_at} />
      </span>
      <Button
        size="xs"
        variant="default"
        renderRoot={(props) => <Link to="/history" search={{ call: call.id }} {...props} />}
      >
        Open the call
      </Button>
    </section>
  )
}
