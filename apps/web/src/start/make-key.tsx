import type { NewKeyView } from '@gatehouse/contracts'
import { Anchor, Button, Code, Stack, Text, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, sentenceOf } from '../api/api-error.ts'
import { request } from '../api/request.ts'
import { CopyButton } from '../ui/copy-button.tsx'

const keyDays = 30

/** A key that was made on this page: it is kept in the memory of the page alone, and gone with it. */
export function MadeKey({ made }: { made: NewKeyView }) {
  return (
    <Stack gap="xs" align="flex-start">
      <Code fz="sm">{masked(made)}</Code>
      <Text size="sm" c="dimmed">
        It stands in the snippets until you leave this page. Keep a copy: it is not shown again.
      </Text>
    </Stack>
  )
}

export const CopyMadeKey = ({ made }: { made: NewKeyView }) => (
  <CopyButton value={made.key} label="Copy the key" words="Copy the key" />
)

/** Makes a key with one button. */
export function MakeKey({ onMade }: { onMade: (key: NewKeyView) => void }) {
  const queries = useQueryClient()
  const [name, setName] = useState('First steps')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const make = async () => {
    setBusy(true)
    setError(null)
    try {
      const expires_at = new Date(Date.now() + keyDays * 86_400_000).toISOString()
      onMade(await request<NewKeyView>('/api/v1/keys', { body: { name, expires_at } }))
      void queries.invalidateQueries({ queryKey: ['keys'] })
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  const atName = error instanceof ApiError && error.param === 'name'
  return (
    <form
      style={{ width: '100%' }}
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <TextInput
        label="Name of the key"
        size="xs"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={100}
        required
        withAsterisk={false}
        error={atName ? sentenceOf(error) : undefined}
      />
      <Text size="sm" c="dimmed" my={8}>
        It holds for {keyDays} days and may use what you may;{' '}
        <Anchor renderRoot={(props) => <Link to="/keys" {...props} />} underline="always">
          keys
        </Anchor>{' '}
        can do more.
      </Text>
      {error !== null && !atName && (
        <Text size="sm" c="var(--gate-bad)" mb={8} role="alert">
          {sentenceOf(error)}
        </Text>
      )}
      <Button size="xs" type="submit" loading={busy}>
        Make a key
      </Button>
    </form>
  )
}

/** A key as a screen may show it: its beginning, which the list of keys shows too. */
export const masked = ({ prefix }: Pick<NewKeyView, 'prefix'>): string => `${prefix}${'•'.repeat(12)}`
