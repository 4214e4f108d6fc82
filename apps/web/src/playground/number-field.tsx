import { TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'

interface NumberFieldProps {
  label: string
  value: number | undefined
  range: readonly [least: number, most: number]
  whole?: boolean
  onChange: (value: number | undefined) => void
}

/** A figure, or nothing; what is none is not taken, and says so. */
export function NumberField({
  label,
  value,
  range: [least, most],
  whole = false,
  onChange,
}: NumberFieldProps) {
  const [typed, setTyped] = useState(value === undefined ? '' : String(value))
  const figure = typed.trim() === '' ? undefined : Number(typed.replace(',', '.'))
  const right =
    figure === undefined || (figure >= least && figure <= most && (!whole || Number.isInteger(figure)))
  const given = useRef(value)
  // Another one than was given on from here: a preset was loaded, say.
  useEffect(() => {
    if (value === given.current) return
    given.current = value
    setTyped(value === undefined ? '' : String(value))
  }, [value])
  const told = whole ? `a whole number of at least ${least}` : `${least} to ${most}`
  return (
    <TextInput
      label={label}
      inputMode={whole ? 'numeric' : 'decimal'}
      autoComplete="off"
      placeholder="default"
      value={typed}
      error={right ? undefined : `Must be ${told}`}
      onChange={({ currentTarget: { value: next } }) => {
        setTyped(next)
        const parsed = next.trim() === '' ? undefined : Number(next.replace(',', '.'))
        const fits =
          parsed === undefined || (parsed >= least && parsed <= most && (!whole || Number.isInteger(parsed)))
        given.current = fits ? parsed : undefined
        onChange(given.current)
      }}
    />
  )
}
