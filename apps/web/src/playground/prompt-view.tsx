import { ActionIcon, Tooltip } from '@mantine/core'
import { Pencil } from 'lucide-react'
import { memo, useState } from 'react'
import type { Turn } from './conversation.ts'
import { playground } from './playground-store.ts'
import classes from './prompt-view.module.css'

/** Longer ones are folded: the answer is what one came for. */
const longPrompt = 600

/** What was asked. The last one can be taken back to be asked differently. */
export const PromptView = memo(function PromptView({ turn, canEdit }: { turn: Turn; canEdit: boolean }) {
  const { prompt, pictures } = turn
  const isLong = prompt.length > longPrompt || prompt.split('\n').length > 8
  const [whole, setWhole] = useState(false)
  const edit = () => {
    playground.dispatch({ type: 'took-back' })
    // Beside what is being typed: nothing of that is lost.
    const { draft } = playground
    draft.set({
      prompt: [prompt, draft.value.prompt].filter((text) => text.trim() !== '').join('\n\n'),
      pictures: [...pictures, ...draft.value.pictures],
    })
    document.getElementById('prompt')?.focus()
  }
  return (
    <div className={classes.prompt}>
      <h3 className={classes.heading}>Prompt</h3>
      <div className={classes.words}>
        {pictures.length > 0 && (
          <div className={classes.pictures}>
            {pictures.map(({ id, name, url }) => (
              <img key={id} src={url} alt={name} />
            ))}
          </div>
        )}
        <p className={classes.text} data-folded={(isLong && !whole) || undefined}>
          {prompt}
        </p>
        {isLong && (
          <button
            type="button"
            className={classes.fold}
            aria-expanded={whole}
            onClick={() => setWhole(!whole)}
          >
            {whole ? 'Show less' : 'Show all'}
          </button>
        )}
      </div>
      {canEdit && (
        <Tooltip label="Edit and ask again">
          <ActionIcon size="md" aria-label="Edit the prompt" onClick={edit}>
            <Pencil size={14} />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  )
})
