import classes from './examples.module.css'
import { playground } from './playground-store.ts'

const examples = [
  {
    name: 'Explain a term',
    prompt: 'Explain what a reverse proxy does, in three sentences, to somebody who has never run a server.',
  },
  {
    name: 'Write code',
    prompt:
      'Write a Python function that merges overlapping time ranges. Add a short docstring and three examples.',
  },
  {
    name: 'Make a table',
    prompt: 'Compare PostgreSQL and SQLite for a small web application in a table of five rows.',
  },
]

/** Something to begin with, for who does not know what to ask. */
export function Examples() {
  return (
    <div className={classes.examples}>
      {examples.map(({ name, prompt }) => (
        <button
          key={name}
          type="button"
          className={classes.example}
          onClick={() => {
            playground.draft.set({ ...playground.draft.value, prompt })
            document.getElementById('prompt')?.focus()
          }}
        >
          {name}
        </button>
      ))}
    </div>
  )
}
