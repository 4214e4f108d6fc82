import type { HistoryItem } from '@gatehouse/contracts'
import { Link } from '@tanstack/react-router'
import { Ago, Amount, Usd } from '../ui/figures.tsx'
import { duration } from '../ui/format.ts'
import type { Column } from '../ui/records.tsx'
import { Status } from '../ui/status.tsx'
import classes from './call-list.module.css'
import { answeredBy, askedFor, endpointName, keyName, outcomes } from './call-words.ts'

/** What the list says of a call. */
export const callColumns = (onOpened: () => void): Column<HistoryItem>[] => [
  {
    key: 'model',
    header: 'Model',
    primary: true,
    cell: (call) => {
      const answered = answeredBy(call)
      return (
        <span className={classes.name}>
          <Link
            from="/history"
            to="/history"
            search={(now) => ({ ...now, call: call.id })}
            resetScroll={false}
            className={classes.model}
            onClick={onOpened}
          >
            {askedFor(call)}
          </Link>
          <span className={classes.below}>
            {answered === null ? endpointName(call.endpoint) : `answered by ${answered}`}
          </span>
        </span>
      )
    },
  },
  {
    key: 'outcome',
    header: 'Outcome',
    cell: ({ status, attempts, error }) => (
      <span>
        <Status kind={outcomes[status].kind}>{outcomes[status].words}</Status>
        {(attempts > 1 || error) && (
          <span className={classes.below}>
            {[error?.code.replaceAll('_', ' '), attempts > 1 && `${attempts} attempts`]
              .filter(Boolean)
              .join(' · ')}
          </span>
        )}
      </span>
    ),
  },
  {
    key: 'time',
    header: 'Time',
    align: 'right',
    cell: ({ latency_ms, first_byte_ms }) => (
      <span className={classes.figure}>
        {duration(latency_ms)}
        {first_byte_ms !== null && (
          <span className={classes.below}>first byte {duration(first_byte_ms)}</span>
        )}
      </span>
    ),
  },
  {
    key: 'tokens',
    header: 'Tokens',
    align: 'right',
    cell: ({ usage: { input_tokens, output_tokens, total_tokens, estimated } }) => (
      <span className={classes.figure}>
        {estimated && '≈ '}
        <Amount value={total_tokens} />
        <span className={classes.below}>
          <Amount value={input_tokens} /> in, <Amount value={output_tokens} /> out
        </span>
      </span>
    ),
  },
  {
    key: 'cost',
    header: 'Cost',
    align: 'right',
    cell: ({ cost_usd }) => (
      <span className={classes.figure}>
        <Usd amount={cost_usd} />
      </span>
    ),
  },
  { key: 'key', header: 'Key', wideOnly: true, cell: (call) => <KeyOf call={call} /> },
  {
    key: 'when',
    header: 'When',
    align: 'right',
    cell: ({ created_at }) => (
      <span className={classes.figure}>
        <Ago at={created_at} />
      </span>
    ),
  },
]

function KeyOf({ call }: { call: HistoryItem }) {
  return <span className={call.key ? classes.key : classes.below}>{keyName(call)}</span>
}
