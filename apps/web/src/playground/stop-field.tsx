import { Textarea } from '@mantine/core'
import { useState } from 'react'

/** Where the answer ends; a line break is written `\n`, since each line is one. */
export function StopField({
  value,
  onChange,
}: {
  value: string[] | undefined
  onChange: (stop: string[] | undefined) => void
}) {
  const shown = (value ?? []).map((word) => word.replaceAll('\n', '\\n')).join('\n')
  const [typed, setTyped] = useState(shown)
  // What was typed stays as it is as long as it means the same.
  const text = wordsOf(typed).join('\n') === (value ?? []).join('\n') ? typed : shown
  return (
    <Textarea
      label="Stop"
      placeholder="one per line"
      autosize
      minRows={1}
      maxRows={4}
      value={text}
      onChange={({ currentTarget: { value: next } }) => {
        setTyped(next)
        const words = wordsOf(next)
        onChange(words.length === 0 ? undefined : words)
      }}
    />
  )
}

const wordsOf = (typed: string): string[] =>
  typed
    .split('\n')
    .filter((word) => word !== '')
    .slice(0, 4)
    .map((word) => word.replaceAll('\\n', '\n'))
