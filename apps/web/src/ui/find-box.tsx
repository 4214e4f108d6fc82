import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'

interface FindBoxProps {
  label: string
  placeholder: string
  /** With its label above it, beside other fields that have theirs. */
  labelled?: boolean
  /** As the address has it. */
  value: string | undefined
  onFind: (value: string | undefined) => void
}

/** One box for whatever something may be found by; the address follows when the typing rests. */
export function FindBox({ label, placeholder, labelled = false, value, onFind }: FindBoxProps) {
  const [typed, setTyped] = useState(value ?? '')
  const settle = useDebouncedCallback((text: string) => onFind(text.trim() || undefined), 200)
  // Back, or a link, may have put another one into the address.
  useEffect(() => setTyped((text) => (text.trim() === (value ?? '') ? text : (value ?? ''))), [value])
  return (
    <TextInput
      type="search"
      {...(labelled ? { label } : { 'aria-label': label })}
      placeholder={placeholder}
      leftSection={<Search size={15} aria-hidden />}
      value={typed}
      spellCheck={false}
      autoComplete="off"
      maxLength={320}
      onChange={(event) => {
        setTyped(event.currentTarget.value)
        settle(event.currentTarget.value)
      }}
    />
  )
}
