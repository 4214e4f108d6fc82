import { Button } from '@mantine/core'
import { ArrowDown } from 'lucide-react'
import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { AnswerView } from './answer-view.tsx'
import type { Column, Turn } from './conversation.ts'
import { playground } from './playground-store.ts'
import { PromptView } from './prompt-view.tsx'
import classes from './transcript.module.css'

/** So near to its end that one means to see what comes. */
const nearPx = 32

interface TranscriptProps {
  column: Column
  turns: readonly Turn[]
  busy: boolean
  label: string
}

/** What was said in a column; it follows what comes in as long as its end is in view. */
export const Transcript = memo(function Transcript({ column, turns, busy, label }: TranscriptProps) {
  const box = useRef<HTMLDivElement>(null)
  const following = useRef(true)
  const [behind, setBehind] = useState(false)
  const toEnd = () => {
    following.current = true
    setBehind(false)
    box.current?.scrollTo({ top: box.current.scrollHeight })
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: with whatever changes in it
  useLayoutEffect(() => {
    // When all columns have drawn what came: to ask for the height after each would lay the page out as often.
    queueMicrotask(() => {
      if (following.current && box.current) box.current.scrollTop = box.current.scrollHeight
    })
  }, [column])
  const asked = turns.length
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new question is looked at
  useEffect(toEnd, [asked])
  return (
    <div className={classes.frame}>
      <section
        ref={box}
        className={classes.scroll}
        aria-label={label}
        aria-busy={busy}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          following.current = scrollHeight - scrollTop - clientHeight < nearPx
          setBehind(!following.current)
        }}
      >
        {turns.length === 0 && <p className={classes.nothing}>The answer will stand here.</p>}
        {turns.map((turn, index) => {
          const isLast = index === turns.length - 1
          const answer = column.answers[turn.id]
          return (
            <div key={turn.id} className={classes.turn}>
              <PromptView turn={turn} canEdit={isLast} />
              {answer ? (
                <AnswerView answer={answer} isLast={isLast} />
              ) : (
                <div className={classes.unasked}>
                  <span>Not asked here, and not part of what this model is sent.</span>
                  <Button
                    variant="default"
                    size="xs"
                    disabled={busy || column.model === ''}
                    onClick={() => void playground.ask(column.id, turn.id)}
                  >
                    Ask this model
                  </Button>
                </div>
              )}
            </div>
          )
        })}
      </section>
      {behind && (
        <Button
          className={classes.latest}
          variant="default"
          size="xs"
          radius="xl"
          leftSection={<ArrowDown size={14} />}
          onClick={toEnd}
        >
          Jump to latest
        </Button>
      )}
    </div>
  )
})
