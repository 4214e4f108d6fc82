import type { HistoryItem } from '@gatehouse/contracts'
import { Button, Loader, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { CallFigures } from './call-figures.tsx'
import { Step } from './step.tsx'

/** The third step: the gateway has seen a call, by whatever way it came. */
export function CallStep({ call }: { call: HistoryItem | null | undefined }) {
  if (call)
    return (
      <Step
        number={3}
        title="First call seen"
        done
        action={
          <Button
            size="xs"
            variant="default"
            renderRoot={(props) => <Link to="/history" search={{ call: call.id }} {...props} />}
          >
            Open the call
          </Button>
        }
      >
        <CallFigures call={call} />
      </Step>
    )
  return (
    <Step
      number={3}
      title="Make the first call"
      done={false}
      action={
        <Text
          size="sm"
          c="dimmed"
          component="span"
          style={{ display: 'inline-flex', gap: 8, alignItems: 'center' }}
        >
          <Loader size={14} color="gray" aria-hidden />
          Waiting for a call
        </Text>
      }
    >
      <span>
        Run one of the snippets below, or ask something in the <Link to="/playground">playground</Link>. The
        call shows up here by itself.
      </span>
    </Step>
  )
}
