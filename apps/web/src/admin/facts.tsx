import type { ReactNode } from 'react'
import { CopyButton } from '../ui/copy-button.tsx'
import classes from './facts.module.css'

/** What is known of something: a name and a value each line. Null is left out. */
export function Facts({ of }: { of: readonly (readonly [name: string, value: ReactNode] | null)[] }) {
  return (
    <dl className={classes.facts}>
      {of.map(
        (fact) =>
          fact && (
            <div key={fact[0]} className={classes.fact}>
              <dt>{fact[0]}</dt>
              <dd>{fact[1]}</dd>
            </div>
          ),
      )}
    </dl>
  )
}

/** An id, cut short where there is no room; whole when it is copied. */
export function CopiedId({ id, label }: { id: string; label: string }) {
  return (
    <span className={classes.id}>
      <span className={classes.code}>{id}</span>
      <CopyButton value={id} label={label} />
    </span>
  )
}

/** What a machine said, as it said it. */
export const Verbatim = ({ children }: { children: ReactNode }) => (
  <span className={classes.code}>{children}</span>
)
