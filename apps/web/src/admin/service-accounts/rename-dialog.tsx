import type { ServiceAccountView } from '@gatehouse/contracts'
import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { request } from '../../api/request.ts'
import { done } from '../../ui/toast.ts'
import { FormDialog } from './form-dialog.tsx'
import { pathOf } from './service-account-queries.ts'

export interface AccountDialogProps {
  account: ServiceAccountView
  onClose: () => void
  onChange: () => Promise<unknown>
}

/** Gives a service account a name that people know it by. */
export function RenameDialog({ account, onClose, onChange }: AccountDialogProps) {
  const [name, setName] = useState(account.name ?? '')
  return (
    <FormDialog
      title="Rename the service account"
      action="Rename"
      onClose={onClose}
      onSubmit={async () => {
        await request(pathOf(account.id), { method: 'PATCH', body: { name } })
        await onChange()
        onClose()
        done('The service account is renamed.')
      }}
    >
      {(complaint) => (
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={complaint('name')}
          required
          maxLength={100}
          autoComplete="off"
          data-autofocus
        />
      )}
    </FormDialog>
  )
}
