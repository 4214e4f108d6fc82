import type { AuditView } from '@gatehouse/contracts'
import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { actorsQuery } from './audit-queries.ts'

interface ActorFieldProps {
  actorId: string | undefined
  entries: readonly AuditView[]
  onChange: (actorId: string | undefined) => void
}

/** Chooses who did it among all people, found as one types. */
export function ActorField({ actorId, entries, onChange }: ActorFieldProps) {
  const [typed, setTyped] = useState('')
  const [settled] = useDebouncedValue(typed.trim(), 200)
  const found = useQuery(actorsQuery(settled))
  const chosen = entries.find(({ actor }) => actor?.id === actorId)?.actor
  const options = new Map(
    (found.data?.data ?? []).map(({ id, name, email }) => [
      id,
      name && email ? `${name} (${email})` : (name ?? email ?? id),
    ]),
  )
  if (actorId && !options.has(actorId)) options.set(actorId, chosen?.name ?? chosen?.email ?? actorId)
  return (
    <Select
      label="Who"
      placeholder="Name or e-mail"
      data={[...options].map(([value, label]) => ({ value, label }))}
      value={actorId ?? null}
      onChange={(value) => onChange(value ?? undefined)}
      error={
        settled.length > 1 && found.data?.data.length === 0 && !actorId ? 'Nobody is called that' : undefined
      }
      // Beside its field, for who does not see the screen.
      comboboxProps={{ withinPortal: false }}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Anybody' }}
      // The server has searched by more than the label shows.
      filter={({ options: all }) => all}
      onSearchChange={setTyped}
    />
  )
}
