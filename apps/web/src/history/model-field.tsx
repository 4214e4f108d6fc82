import { Autocomplete } from '@mantine/core'
import { useEffect, useState } from 'react'

interface ModelFieldProps {
  value: string
  models: string[]
  onChange: (model: string) => void
}

/** A model by its name: one of those that are there, or one that is there no more. */
export function ModelField({ value, models, onChange }: ModelFieldProps) {
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  const settle = (model: string) => {
    if (model.trim() !== value) onChange(model.trim())
  }
  return (
    <Autocomplete
      label="Model"
      placeholder="Any model"
      data={models}
      limit={20}
      value={typed}
      onChange={setTyped}
      onOptionSubmit={settle}
      onBlur={() => settle(typed)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') settle(event.currentTarget.value)
      }}
      size="sm"
    />
  )
}
