import type { PresetView } from '@gatehouse/contracts'
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError } from '../api/api-error.ts'
import { request } from '../api/request.ts'
import { Failure } from '../ui/states.tsx'
import type { Parameters } from './conversation.ts'
import { presetModelOf, presetsQuery } from './presets-query.ts'

interface SavePresetProps {
  model: string
  parameters: Parameters
  onClose: () => void
  onSaved: (preset: PresetView) => void
}

/** Asks for a name, and saves a model with its parameters under it. */
export function SavePreset({ model, parameters, onClose, onSaved }: SavePresetProps) {
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const ofName = error instanceof ApiError && error.param === 'name' ? error.message : undefined
  const save = async () => {
    setBusy(true)
    setError(null)
    try {
      const saved = await request<PresetView>('/api/v1/presets', {
        body: { name: name.trim(), ...presetModelOf(model), parameters },
      })
      await queries.invalidateQueries(presetsQuery)
      onSaved(saved)
      onClose()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} title="Save as a preset" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            description={`${model} with the parameters of this column`}
            value={name}
            maxLength={100}
            error={ofName}
            onChange={(event) => setName(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
          {error !== null && ofName === undefined && <Failure error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={name.trim() === ''}>
              Save preset
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
