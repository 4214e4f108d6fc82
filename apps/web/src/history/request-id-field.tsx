import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'

/** Finds the one call of a request id. */
export function RequestIdField({
  value,
  onChange,
}: {
  value: string | undefined
  onChange: (value: string | undefined) => void
}) {
  const [typed, setTyped] = useState(value ?? '')
  const settle = useDebouncedCallback((text: string) => onChange(text.trim() || undefined), 200)
  // Back, or a link, may have put another one into the address.
  useEffect(() => setTyped((text) => (text.trim() === (value ?? '') ? text : (value ?? ''))), [value])
  return (
    <TextInput
      aria-label="Request id"
      placeholder="Find by request id"
      leftSection={<Search size={15} aria-hidden />}
      value={typed}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => {
        setTyped(event.currentTarget.value)
        settle(event.currentTarget.value)
      }}
    />
  )
}
