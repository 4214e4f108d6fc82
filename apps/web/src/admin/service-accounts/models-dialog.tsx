import { Radio, Stack } from '@mantine/core'
import { useState } from 'react'
import { request } from '../../api/request.ts'
import { ModelChoice } from '../../keys/model-choice.tsx'
import { done } from '../../ui/toast.ts'
import { FormDialog } from './form-dialog.tsx'
import type { AccountDialogProps } from './rename-dialog.tsx'
import { pathOf } from './service-account-queries.ts'

/** Says which models a service account may use: every one, some, or none. */
export function ModelsDialog({ account, onClose, onChange }: AccountDialogProps) {
  const [choice, setChoice] = useState(
    account.models === null ? 'all' : account.models.length === 0 ? 'none' : 'some',
  )
  const [some, setSome] = useState(account.models ?? [])
  return (
    <FormDialog
      title="Models it may use"
      action="Save"
      onClose={onClose}
      onSubmit={async () => {
        const models = choice === 'all' ? null : choice === 'none' ? [] : some
        await request(pathOf(account.id), { method: 'PATCH', body: { models } })
        await onChange()
        onClose()
        done('The models are changed.')
      }}
    >
      {(complaint) => (
        <>
          <Radio.Group value={choice} onChange={setChoice} aria-label="Models">
            <Stack gap="sm">
              <Radio value="all" label="Every model" description="Also those that come later." />
              <Radio value="some" label="Only these" />
              <Radio value="none" label="No model" description="It can come in, and every call is refused." />
            </Stack>
          </Radio.Group>
          {choice === 'some' && (
            <ModelChoice value={some} onChange={setSome} error={complaint('models') ?? undefined} />
          )}
        </>
      )}
    </FormDialog>
  )
}
