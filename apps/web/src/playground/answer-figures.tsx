import { duration, short, usd } from '../ui/format.ts'
import classes from './answer-figures.module.css'
import { type Answer, isRunning } from './conversation.ts'

/** How long an answer took and what it cost, in the same places in every column. */
export function AnswerFigures({ answer }: { answer: Answer }) {
  const { firstTokenMs, totalMs, cost } = answer
  return (
    <dl className={classes.figures}>
      <Figure name="First token" value={duration(firstTokenMs)} />
      <Figure name="Total" value={isRunning(answer) ? '…' : duration(totalMs)} />
      <Figure name={answer.usage?.estimated ? 'In / out, estimated' : 'In / out'} value={tokens(answer)} />
      <Figure name="Cost" value={usd(cost)} />
      {answer.provider !== null && (
        <div className={classes.provider}>
          <dt>Provider</dt>
          <dd title={answer.provider}>{answer.provider}</dd>
        </div>
      )}
    </dl>
  )
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt title={name}>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

/** The same of an answer that others have followed. */
export function FiguresLine({ answer }: { answer: Answer }) {
  const { provider, model, firstTokenMs, totalMs, cost } = answer
  const parts = [
    model,
    provider && !model.startsWith(`${provider}/`) ? `by ${provider}` : '',
    firstTokenMs === null ? '' : `first token ${duration(firstTokenMs)}`,
    totalMs === null ? '' : `total ${duration(totalMs)}`,
    answer.usage ? `${tokens(answer)} tokens` : '',
    cost === null ? '' : usd(cost),
  ]
  return <p className={classes.line}>{parts.filter(Boolean).join(' · ')}</p>
}

const tokens = ({ usage }: Answer): string =>
  usage ? `${usage.estimated ? '≈ ' : ''}${short(usage.input)} / ${short(usage.output)}` : '—'
