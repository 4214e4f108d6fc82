import { Title, VisuallyHidden } from '@mantine/core'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import classes from './step.module.css'

/** The steps, beside each other where there is room. */
export const Steps = ({ children }: { children: ReactNode }) => (
  <ol className={classes.steps} aria-label="Steps to the first call">
    {children}
  </ol>
)

interface StepProps {
  number: number
  title: string
  done: boolean
  children: ReactNode
  /** What to do, below. */
  action?: ReactNode
}

/** One step: it turns green by itself once it is done. */
export function Step({ number, title, done, children, action }: StepProps) {
  return (
    <li className={classes.step}>
      <div className={classes.head}>
        <span className={classes.mark} data-done={done || undefined} aria-hidden>
          {done ? <Check size={14} strokeWidth={3} /> : number}
        </span>
        <Title order={2} fz="md" fw={600}>
          {title}
        </Title>
        <VisuallyHidden role="status">{done ? `Done: ${title}` : ''}</VisuallyHidden>
      </div>
      <div className={classes.body}>
        {children}
        {action !== undefined && <div className={classes.foot}>{action}</div>}
      </div>
    </li>
  )
}
