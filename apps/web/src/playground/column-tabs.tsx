import type { KeyboardEvent } from 'react'
import { answerState } from './answer-state.ts'
import classes from './column-tabs.module.css'
import type { Column } from './conversation.ts'

interface ColumnTabsProps {
  columns: readonly Column[]
  current: string | undefined
  lastTurn: string | undefined
  onChoose: (column: string) => void
}

/** The columns of a narrow window, one at a time; each says how it stands. */
export function ColumnTabs({ columns, current, lastTurn, onChoose }: ColumnTabsProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (by === undefined) return
    const at = columns.findIndex(({ id }) => id === current)
    const next = columns.at((at + by) % columns.length)
    if (!next) return
    event.preventDefault()
    onChoose(next.id)
    event.currentTarget.querySelector<HTMLElement>(`[data-column="${next.id}"]`)?.focus()
  }
  return (
    <div role="tablist" aria-label="Columns" className={classes.tabs} onKeyDown={onKeyDown}>
      {columns.map(({ id, model, answers }) => {
        const state = answerState(lastTurn === undefined ? undefined : answers[lastTurn])
        return (
          <button
            key={id}
            type="button"
            role="tab"
            id={`tab-${id}`}
            data-column={id}
            aria-selected={id === current}
            aria-controls={`pane-${id}`}
            tabIndex={id === current ? 0 : -1}
            className={classes.tab}
            onClick={() => onChoose(id)}
          >
            <span className={classes.name}>{model.slice(model.indexOf('/') + 1) || 'No model'}</span>
            <span className={classes.state} data-kind={state.kind}>
              {state.words}
            </span>
          </button>
        )
      })}
    </div>
  )
}
