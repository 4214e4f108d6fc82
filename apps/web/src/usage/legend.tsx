import classes from './bars.module.css'
import type { Series } from './series.ts'
import { Swatch } from './swatch.tsx'

/** Which colour is what. */
export function Legend({ series }: { series: readonly Series[] }) {
  return (
    <ul className={classes.legend} aria-label="What the colours are">
      {series.map(({ id, name, colour }) => (
        <li key={id}>
          <Swatch colour={colour} />
          <span className={classes.name}>{name}</span>
        </li>
      ))}
    </ul>
  )
}
