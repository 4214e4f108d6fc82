import { memo, useMemo } from 'react'
import { AnswerFoot } from './answer-foot.tsx'
import { announcement } from './answer-state.ts'
import { ColumnHead, placeWords } from './column-head.tsx'
import classes from './column-pane.module.css'
import { type Column, isBusy, type Turn } from './conversation.ts'
import { Transcript } from './transcript.tsx'

interface ColumnPaneProps {
  column: Column
  turns: readonly Turn[]
  position: number
  count: number
  /** It is one of several tabs, and another one is shown. */
  hidden: boolean
  tabbed: boolean
  onCode: (column: string) => void
}

/** A model, its parameters and what it said. */
export const ColumnPane = memo(function ColumnPane({
  column,
  turns,
  position,
  count,
  hidden,
  tabbed,
  onCode,
}: ColumnPaneProps) {
  const last = turns.at(-1)
  const answer = last && column.answers[last.id]
  const place = useMemo(() => ({ position, count }), [position, count])
  const of = placeWords(place)
  return (
    <section
      className={classes.pane}
      id={`pane-${column.id}`}
      hidden={hidden}
      {...(tabbed
        ? { role: 'tabpanel', 'aria-labelledby': `tab-${column.id}` }
        : { 'aria-label': `Column ${position + 1}: ${column.model || 'no model'}` })}
    >
      <ColumnHead
        column={column.id}
        model={column.model}
        parameters={column.parameters}
        place={place}
        onCode={onCode}
      />
      <Transcript column={column} turns={turns} busy={isBusy(column)} label={`Conversation${of}`} />
      {last && answer && <AnswerFoot column={column.id} turn={last.id} answer={answer} of={of} />}
      <span role="status" className={classes.said}>
        {announcement(answer)}
      </span>
    </section>
  )
})
