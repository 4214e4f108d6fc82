import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { History, RotateCw, Square } from 'lucide-react'
import { memo } from 'react'
import { CopyButton } from '../ui/copy-button.tsx'
import { Status } from '../ui/status.tsx'
import { AnswerFigures } from './answer-figures.tsx'
import classes from './answer-foot.module.css'
import { answerState } from './answer-state.ts'
import { type Answer, isRunning } from './conversation.ts'
import { playground } from './playground-store.ts'

const kinds = { off: 'off', busy: 'off', good: 'good', warn: 'warn', bad: 'bad' } as const

interface AnswerFootProps {
  column: string
  turn: string
  answer: Answer
  /** Which column, for the names of the buttons. */
  of: string
}

/** It has nothing to do with each word that comes in, but with the first. */
const isSame = (before: AnswerFootProps, now: AnswerFootProps): boolean =>
  before.column === now.column &&
  before.turn === now.turn &&
  before.of === now.of &&
  (before.answer === now.answer ||
    (isRunning(now.answer) &&
      before.answer.status === now.answer.status &&
      before.answer.provider === now.answer.provider &&
      before.answer.usage === now.answer.usage &&
      (before.answer.text === '') === (now.answer.text === '')))

/** Below the last answer of a column, where it does not move while text comes in: how it stands, and what can be done. */
export const AnswerFoot = memo(function AnswerFoot({ column, turn, answer, of }: AnswerFootProps) {
  const state = answerState(answer)
  const running = isRunning(answer)
  const by = answer.provider && [
    answer.provider,
    (answer.attempts ?? 1) > 1 ? `${answer.attempts} attempts` : '',
  ]
  return (
    <footer className={classes.foot}>
      <div className={classes.inner}>
        <div className={classes.row}>
          <Status kind={kinds[state.kind]}>{state.words}</Status>
          {by && <span className={classes.by}>by {by.filter(Boolean).join(', ')}</span>}
          <span className={classes.actions}>
            {running ? (
              <Button
                variant="default"
                size="compact-sm"
                leftSection={<Square size={12} fill="currentColor" />}
                onClick={() => playground.stop(column)}
                aria-label={`Stop${of}`}
              >
                Stop
              </Button>
            ) : (
              <>
                {answer.callId !== null && (
                  <Tooltip label="Open in the history">
                    <ActionIcon
                      size="md"
                      aria-label={`Open in the history${of}`}
                      renderRoot={(props) => (
                        <Link {...props} to="/history" search={{ call: answer.callId ?? '' }} />
                      )}
                    >
                      <History size={15} />
                    </ActionIcon>
                  </Tooltip>
                )}
                {answer.text !== '' && <CopyButton value={answer.text} label={`Copy the answer${of}`} />}
                <Tooltip label="Retry">
                  <ActionIcon
                    size="md"
                    aria-label={`Retry${of}`}
                    onClick={() => void playground.ask(column, turn)}
                  >
                    <RotateCw size={15} />
                  </ActionIcon>
                </Tooltip>
              </>
            )}
          </span>
        </div>
        <AnswerFigures answer={answer} />
      </div>
    </footer>
  )
}, isSame)
