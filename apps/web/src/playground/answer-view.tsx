import { lazy, memo, Suspense } from 'react'
import { Failure } from '../ui/states.tsx'
import { FiguresLine } from './answer-figures.tsx'
import classes from './answer-view.module.css'
import { type Answer, isRunning } from './conversation.ts'

const Markdown = lazy(() => import('./markdown.tsx').then((module) => ({ default: module.Markdown })))

/** What a model said: its reasoning folded, its answer, what went wrong. */
export const AnswerView = memo(function AnswerView({ answer, isLast }: { answer: Answer; isLast: boolean }) {
  const { text, reasoning, status, error } = answer
  const running = isRunning(answer)
  return (
    <div>
      {reasoning !== '' && (
        <details className={classes.reasoning}>
          <summary>{running && text === '' ? 'Reasoning…' : 'Reasoning'}</summary>
          <p>{reasoning}</p>
        </details>
      )}
      {status === 'waiting' && (
        <p className={classes.waiting} aria-hidden>
          <span />
          <span />
          <span />
        </p>
      )}
      {text !== '' && (
        <Suspense fallback={<p className={classes.plain}>{text}</p>}>
          <Markdown text={text} growing={running} />
        </Suspense>
      )}
      {status === 'complete' && text === '' && (
        <p className={classes.none}>The model answered with nothing.</p>
      )}
      {status === 'stopped' && (
        <p className={classes.none}>Stopped{text === '' ? ' before the first word' : ' here'}.</p>
      )}
      {status === 'failed' && (
        <div className={classes.failure}>
          <Failure error={error} />
        </div>
      )}
      {!isLast && !running && <FiguresLine answer={answer} />}
    </div>
  )
})
