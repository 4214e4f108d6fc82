import { count } from '../../ui/format.ts'
import { Status, type StatusKind } from '../../ui/status.tsx'
import classes from './status.module.css'

const known: Record<string, [kind: StatusKind, words: string]> = {
  ready: ['good', 'ready'],
  ok: ['good', 'answering'],
  degraded: ['bad', 'degraded'],
  unconfigured: ['off', 'not configured'],
  not_asked: ['off', 'not asked yet'],
}
const order = Object.keys(known)

/** How many stand how; those of no state are left out. */
export function States({ of, none }: { of: Record<string, number>; none: string }) {
  const some = Object.entries(of)
    .filter(([, number]) => number > 0)
    .toSorted(([one], [other]) => order.indexOf(one) - order.indexOf(other))
  if (some.length === 0) return <span>{none}</span>
  return (
    <span className={classes.states}>
      {some.map(([state, number]) => {
        const [kind, words] = known[state] ?? ['off', state.replaceAll('_', ' ')]
        return (
          <Status key={state} kind={kind}>
            {count(number)} {words}
          </Status>
        )
      })}
    </span>
  )
}
