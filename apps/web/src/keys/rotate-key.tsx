import type { KeyView, NewKeyView } from '@gatehouse/contracts'
import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { request } from '../api/request.ts'
import { Failure } from '../ui/states.tsx'

const overlaps = [
  { value: '0', label: 'Not at all: it ends at once' },
  { value: '1', label: '1 hour' },
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '7 days' },
]

interface RotateKeyProps {
  /** Where keys are made: one's own unless given. */
  path?: string
  of: KeyView
  onClose: () => void
  onMade: (key: NewKeyView) => void
}

/** Makes a key in the place of another, which goes on for a while. */
export function RotateKey({ path = '/api/v1/keys', of: key, onClose, onMade }: RotateKeyProps) {
  const [overlap, setOverlap] = useState('24')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const rotate = async () => {
    setBusy(true)
    setError(null)
    try {
      const body = { overlap_hours: Number(overlap) }
      onMade(await request<NewKeyView>(`${path}/${key.id}/rotate`, { body }))
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} title={`Rotate “${key.name}”`}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void rotate()
        }}
      >
        <Stack gap="md">
          <Text size="sm">
            You get a new key with the same name, models and time to hold. The old one goes on for a while, so
            that whoever uses it has time to change.
          </Text>
          <Radio.Group label="How long the old key goes on" value={overlap} onChange={setOverlap}>
            <Stack gap="xs" mt={6}>
              {overlaps.map(({ value, label }) => (
                <Radio key={value} value={value} label={label} />
              ))}
            </Stack>
          </Radio.Group>
          {error !== null && <Failure error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy}>
              Rotate the key
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
