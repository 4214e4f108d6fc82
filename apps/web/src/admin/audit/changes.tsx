import { ArrowRight } from 'lucide-react'
import { changedFields } from './changed-fields.ts'
import classes from './changes.module.css'

/** Long values are for the export. */
const shown = 160
const cut = (text: string) => (text.length > shown ? `${text.slice(0, shown)}…` : text)

/** What changed, only that, field by field. */
export function Changes({ before, after }: { before: unknown; after: unknown }) {
  const fields = changedFields(before, after)
  if (fields.length === 0) return null
  return (
    <ul className={classes.changes}>
      {fields.map((field) => (
        <li key={field.name}>
          {field.name}: {field.before !== null && <del>{cut(field.before)}</del>}
          {field.before !== null && field.after !== null && (
            <>
              {' '}
              <ArrowRight size={11} aria-label="to" />{' '}
            </>
          )}
          {field.after !== null && <ins>{cut(field.after)}</ins>}
        </li>
      ))}
    </ul>
  )
}
