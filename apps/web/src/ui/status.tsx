import { CircleAlert, CircleCheck, CircleDashed, CircleX, Clock, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import classes from './status.module.css'

/** How something stands. */
export type StatusKind = 'good' | 'warn' | 'bad' | 'off' | 'waiting'

const icons: Record<StatusKind, LucideIcon> = {
  good: CircleCheck,
  warn: CircleAlert,
  bad: CircleX,
  off: CircleDashed,
  waiting: Clock,
}

/** How something stands, in words and with a picture: colour is never all that says it. */
export function Status({ kind, children }: { kind: StatusKind; children: ReactNode }) {
  const Icon = icons[kind]
  return (
    <span className={classes.status} data-kind={kind}>
      <Icon size={14} aria-hidden />
      <span>{children}</span>
    </span>
  )
}
