import { TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'

interface DayFieldProps {
  label: string
  /** A day as `2026-11-23`; empty for none. */
  value: string
  min?: string | undefined
  max?: string | undefined
  onChange: (day: string) => void
}

/** A day, typed or chosen in the browser's own calendar. While a year is typed it is none yet: 2 is not meant as the year 2. */
export function DayField({ label, value, min, max, onChange }: DayFieldProps) {
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  return (
    <TextInput
      type="date"
      label={label}
      value={typed}
      min={min}
      max={max}
      onChange={({ currentTarget: { value: day } }) => {
        setTyped(day)
        if (day === '' || (day >= '2000' && day < '2100')) onChange(day)
      }}
    />
  )
}
