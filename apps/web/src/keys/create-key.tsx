import type { NewKeyView } from '@gatehouse/contracts'
import { Button, Group, Modal, NativeSelect, Radio, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ApiError, sentenceOf } from '../api/api-error.ts'
import { request } from '../api/request.ts'
import { day } from '../ui/format.ts'
import { Failure } from '../ui/states.tsx'
import { dateInDays, endOfDay, expiryDays, inDays } from './key-expiry.ts'
import { ModelChoice } from './model-choice.tsx'

interface CreateKeyProps {
  /** Where keys are made: one's own unless given. */
  path?: string
  /** Whose key it is, in the sentence of what it may use. */
  whose?: string
  onClose: () => void
  onMade: (key: NewKeyView) => void
}

/** Asks for what a key needs: a name, an end, and which models. */
export function CreateKey({ path = '/api/v1/keys', whose = 'you', onClose, onMade }: CreateKeyProps) {
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const [date, setDate] = useState(dateInDays(30))
  const [some, setSome] = useState(false)
  const [models, setModels] = useState<string[]>([])
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const at = (field: string) =>
    error instanceof ApiError && error.param?.split(/[.[]/)[0] === field ? sentenceOf(error) : undefined
  const elsewhere = error !== null && !['name', 'expires_at', 'models'].some(at)

  const make = async () => {
    setBusy(true)
    setError(null)
    try {
      const expires_at = days === 'date' ? endOfDay(date) : inDays(Number(days))
      onMade(
        await request<NewKeyView>(path, {
          body: { name, expires_at, ...(some ? { models } : {}) },
        }),
      )
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} title="New key" size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void make()
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            description="What uses it, so that you know it again."
            placeholder="nightly report"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
            withAsterisk={false}
            maxLength={100}
            autoComplete="off"
            error={at('name')}
            data-autofocus
          />
          <Group align="flex-start" grow preventGrowOverflow={false}>
            <NativeSelect
              label="It holds for"
              value={days}
              onChange={(event) => setDays(event.currentTarget.value)}
              data={[
                ...expiryDays.map((value) => ({
                  value: String(value),
                  label: `${value === 365 ? 'a year' : `${value} days`}, until ${day(inDays(value))}`,
                })),
                { value: 'date', label: 'Until a date' },
              ]}
              error={days === 'date' ? undefined : at('expires_at')}
            />
            {days === 'date' && (
              <TextInput
                type="date"
                label="Until the end of"
                value={date}
                min={dateInDays(0)}
                max={dateInDays(364)}
                onChange={(event) => setDate(event.currentTarget.value)}
                required
                withAsterisk={false}
                error={at('expires_at')}
              />
            )}
          </Group>
          <Radio.Group
            label="Models"
            value={some ? 'some' : 'all'}
            onChange={(value) => setSome(value === 'some')}
          >
            <Stack gap="xs" mt={6}>
              <Radio value="all" label={`All that ${whose} may use, now and later`} />
              <Radio value="some" label="Only these" />
            </Stack>
          </Radio.Group>
          {some && <ModelChoice value={models} onChange={setModels} error={at('models')} />}
          {elsewhere && <Failure error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={some && models.length === 0}>
              Make the key
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
