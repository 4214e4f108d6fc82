import { Link } from '@tanstack/react-router'
import { BookOpen, ChevronRight, KeyRound, MessageSquareText } from 'lucide-react'
import classes from './next-steps.module.css'

/** Where to go from here. */
export function NextSteps() {
  return (
    <nav aria-label="Next steps" className={classes.steps}>
      <Link to="/playground" className={classes.step}>
        <MessageSquareText size={18} aria-hidden />
        <span>
          <strong>Playground</strong>
          <span className={classes.words}>Ask several models at once</span>
        </span>
        <ChevronRight size={16} aria-hidden />
      </Link>
      <Link to="/keys" className={classes.step}>
        <KeyRound size={18} aria-hidden />
        <span>
          <strong>Keys</strong>
          <span className={classes.words}>One for each program</span>
        </span>
        <ChevronRight size={16} aria-hidden />
      </Link>
      <a href="/docs" className={classes.step}>
        <BookOpen size={18} aria-hidden />
        <span>
          <strong>API reference</strong>
          <span className={classes.words}>Every route, to try out</span>
        </span>
        <ChevronRight size={16} aria-hidden />
      </a>
    </nav>
  )
}
