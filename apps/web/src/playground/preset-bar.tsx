import type { PresetView } from '@gatehouse/contracts'
import { Button, NativeSelect } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { request } from '../api/request.ts'
import { Confirm } from '../ui/confirm.tsx'
import { failed } from '../ui/toast.ts'
import classes from './column-settings.module.css'
import type { Parameters } from './conversation.ts'
import { parametersOf } from './draft.ts'
import { playground } from './playground-store.ts'
import { idOfPreset, presetModelOf, presetsQuery } from './presets-query.ts'
import { SavePreset } from './save-preset.tsx'

/** What is set in a column. */
export interface PresetBarProps {
  column: string
  model: string
  parameters: Parameters
}

/** Models with parameters that were saved under a name. */
export function PresetBar({ column, model, parameters }: PresetBarProps) {
  const queries = useQueryClient()
  const { data, error, refetch } = useQuery(presetsQuery)
  const [chosen, setChosen] = useState('')
  const [saving, setSaving] = useState(false)
  const [deleting, setDeleting] = useState(false)
  const [said, setSaid] = useState('')
  const presets = data?.data ?? []
  const preset = presets.find((one) => one.id === chosen)
  const changed = preset !== undefined && !isSame(preset, model, parameters)

  const load = (presetId: string) => {
    setSaid('')
    setChosen(presetId)
    const found = presets.find((one) => one.id === presetId)
    if (!found) return
    playground.dispatch({ type: 'chose', column, model: idOfPreset(found) })
    playground.dispatch({ type: 'set', column, parameters: parametersOf(found.parameters) })
  }
  const update = async ({ name, description, is_default }: PresetView) => {
    try {
      await request(`/api/v1/presets/${chosen}`, {
        method: 'PUT',
        body: {
          name,
          ...presetModelOf(model),
          parameters,
          is_default,
          ...(description === null ? {} : { description }),
        },
      })
      await queries.invalidateQueries(presetsQuery)
      setSaid(`“${name}” is updated`)
    } catch (failure) {
      failed(failure)
    }
  }
  const remove = async () => {
    await request(`/api/v1/presets/${chosen}`, { method: 'DELETE' })
    setChosen('')
    await queries.invalidateQueries(presetsQuery)
  }
  return (
    <div className={classes.presets}>
      <NativeSelect
        label="Preset"
        value={preset ? chosen : ''}
        onChange={({ currentTarget: { value } }) => load(value)}
        data={[
          { value: '', label: presets.length === 0 ? 'None saved yet' : 'None' },
          ...presets.map((one) => ({ value: one.id, label: one.name })),
        ]}
        error={
          error ? (
            <button type="button" className={classes.again} onClick={() => void refetch()}>
              Could not be loaded. Try again
            </button>
          ) : undefined
        }
      />
      {changed && (
        <Button variant="default" onClick={() => void update(preset)}>
          Update
        </Button>
      )}
      {preset && !changed && (
        <Button variant="default" onClick={() => setDeleting(true)}>
          Delete
        </Button>
      )}
      <Button variant="default" onClick={() => setSaving(true)} disabled={model === ''}>
        Save as
      </Button>
      <p role="status" className={classes.said}>
        {said}
      </p>
      {saving && (
        <SavePreset
          model={model}
          parameters={parameters}
          onClose={() => setSaving(false)}
          onSaved={(saved) => {
            setChosen(saved.id)
            setSaid(`“${saved.name}” is saved`)
          }}
        />
      )}
      <Confirm
        opened={deleting}
        onClose={() => setDeleting(false)}
        title="Delete this preset?"
        action="Delete preset"
        onConfirm={remove}
      >
        “{preset?.name}” is removed for good. This column keeps its model and parameters.
      </Confirm>
    </div>
  )
}

const isSame = (preset: PresetView, model: string, parameters: Parameters): boolean =>
  idOfPreset(preset) === model && inOrder(preset.parameters) === inOrder(parameters)

const inOrder = (value: object): string =>
  JSON.stringify(
    Object.entries(value)
      .map(([name, entry]) => [name, name === 'stop' ? [entry].flat() : entry])
      .sort(([one], [other]) => String(one).localeCompare(String(other))),
  )
