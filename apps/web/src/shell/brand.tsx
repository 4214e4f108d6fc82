import { Link } from '@tanstack/react-router'
import classes from './brand.module.css'

/** Our sign: two posts and a lintel. */
export function Mark({ size = 20 }: { size?: number }) {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" className={classes.mark}>
      <path d="M2 3h12v3h-1v8h-3V8H6v6H3V6H2z" fill="currentColor" />
    </svg>
  )
}

/** Our name, which leads to the first page. */
export function Brand() {
  return (
    <Link to="/start" className={classes.brand}>
      <Mark />
      Gatehouse
    </Link>
  )
}
