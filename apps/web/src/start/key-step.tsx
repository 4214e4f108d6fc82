import type { KeyView, NewKeyView } from '@gatehouse/contracts'
import { Button, Skeleton } from '@mantine/core'
import { useState } from 'react'
import { day } from '../ui/format.ts'
import { CopyMadeKey, MadeKey, MakeKey } from './make-key.tsx'
import { Step } from './step.tsx'

interface KeyStepProps {
  /** The newest key of before; undefined while that is not known. */
  before: KeyView | null | undefined
  made: NewKeyView | null
  onMade: (key: NewKeyView) => void
}

/** The second step: a key, made here with one button. */
export function KeyStep({ before, made, onMade }: KeyStepProps) {
  const [again, setAgain] = useState(false)
  const has = made !== null || (before !== null && before !== undefined)
  return (
    <Step
      number={2}
      title={has ? 'You have a key' : 'Make a key'}
      done={has}
      action={
        made ? (
          <CopyMadeKey made={made} />
        ) : before && !again ? (
          <Button size="xs" variant="default" onClick={() => setAgain(true)}>
            Make one for the snippets
          </Button>
        ) : undefined
      }
    >
      {made ? (
        <MadeKey made={made} />
      ) : before && !again ? (
        <span>
          “{before.name}” holds until {day(before.expires_at)}. Its text is known to you alone: it was shown
          once.
        </span>
      ) : before === undefined ? (
        <Skeleton height={84} radius="sm" role="status" aria-label="Loading" />
      ) : (
        <MakeKey onMade={onMade} />
      )}
    </Step>
  )
}
