import type { CallTry, HistoryDetail } from '@gatehouse/contracts'
import { Stack, Text, Title } from '@mantine/core'
import { duration } from '../ui/format.ts'
import { Status } from '../ui/status.tsx'
import classes from './call-attempts.module.css'
import { viaConnection } from './call-words.ts'

/** Who was asked, one after the other, and how long each took. */
export function CallAttempts({ call }: { call: HistoryDetail }) {
  const { tries, attempts } = call
  // One that answered at once: the figures say as much.
  if (tries?.length === 1 && tries[0]?.error_code === null && call.status === 'success') return null
  if (tries === null || tries.length === 0)
    return attempts === 1 ? null : (
      <Stack component="section" gap="sm" aria-label="Attempts">
        <Title order={3}>Attempts</Title>
        <Text size="sm" c="dimmed">
          {attempts === 0
            ? call.error?.code === 'unavailable'
              ? 'No provider was asked: every one that could answer had just failed several times in a row.'
              : 'No provider was asked.'
            : `A provider was asked ${attempts} times; of this call it is not known when.`}
        </Text>
      </Stack>
    )
  const end = Math.max(
    1,
    call.latency_ms ?? 0,
    ...tries.map(({ started_ms, duration_ms }) => started_ms + duration_ms),
  )
  return (
    <Stack component="section" gap="sm" aria-label="Attempts">
      <Title order={3}>Attempts</Title>
      <ol className={classes.tries}>
        {tries.map((entry) => (
          <Attempt key={entry.started_ms} entry={entry} end={end} />
        ))}
      </ol>
      {attempts > tries.length && (
        <Text size="xs" c="dimmed">
          The first {tries.length} of {attempts}.
        </Text>
      )}
    </Stack>
  )
}

function Attempt({ entry, end }: { entry: CallTry; end: number }) {
  const { provider, model, status, error_code, started_ms, duration_ms } = entry
  const share = (milliseconds: number) => `${(milliseconds / end) * 100}%`
  const isGood = error_code === null && status !== null
  const words = isGood
    ? 'Answered'
    : status === null
      ? 'Stopped by the caller'
      : `${(error_code ?? 'failed').replaceAll('_', ' ')} (${status})`
  return (
    <li className={classes.try}>
      <div className={classes.words}>
        <span className={classes.name}>{viaConnection(`${provider}/${model}`, entry)}</span>
        <Status kind={isGood ? 'good' : status === null ? 'off' : 'bad'}>{words}</Status>
      </div>
      <div className={classes.track} aria-hidden>
        <span
          className={classes.bar}
          data-good={isGood || undefined}
          style={{ left: share(started_ms), width: share(duration_ms) }}
        />
      </div>
      <span className={classes.dim}>
        {started_ms > 0
          ? `after ${duration(started_ms)}, took ${duration(duration_ms)}`
          : `took ${duration(duration_ms)}`}
      </span>
    </li>
  )
}
