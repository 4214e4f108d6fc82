import { Textarea } from '@mantine/core'
import classes from './composer.module.css'
import { playground } from './playground-store.ts'
import { useStored } from './stored.ts'

/** What every column is told before the first prompt. */
export function SystemPrompt() {
  const { system } = useStored(playground.conversation)
  return (
    <div className={classes.system}>
      <Textarea
        label="System prompt"
        description="For all columns; one with its own in its parameters keeps that."
        variant="unstyled"
        classNames={{ input: classes.systemInput }}
        autosize
        minRows={1}
        maxRows={5}
        autoFocus={system === ''}
        value={system}
        onChange={({ currentTarget: { value } }) => playground.dispatch({ type: 'system', system: value })}
      />
    </div>
  )
}
