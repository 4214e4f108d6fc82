import { X } from 'lucide-react'
import type { Picture } from './conversation.ts'
import classes from './picture-list.module.css'
import { playground } from './playground-store.ts'

/** The images that go with the prompt. */
export function PictureList({ pictures }: { pictures: readonly Picture[] }) {
  if (pictures.length === 0) return null
  const remove = (gone: string) => {
    const { value } = playground.draft
    playground.draft.set({ ...value, pictures: value.pictures.filter(({ id }) => id !== gone) })
    document.getElementById('prompt')?.focus()
  }
  return (
    <ul className={classes.list} aria-label="Images of the prompt">
      {pictures.map(({ id, name, url }) => (
        <li key={id}>
          <img src={url} alt={name} />
          <button type="button" aria-label={`Remove ${name}`} onClick={() => remove(id)}>
            <X size={14} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  )
}
