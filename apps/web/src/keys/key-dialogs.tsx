import { useQueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { Confirm } from '../ui/confirm.tsx'
import { useReturnFocus } from '../ui/return-focus.ts'
import { done } from '../ui/toast.ts'
import { CreateKey } from './create-key.tsx'
import type { KeyDialog } from './key-dialog.ts'
import { RotateKey } from './rotate-key.tsx'
import { ShownKey } from './shown-key.tsx'

interface KeyDialogsProps {
  dialog: KeyDialog
  onDialog: (dialog: KeyDialog | null) => void
}

/** The dialogs of the page; they come when the first of them opens. */
export function KeyDialogs({ dialog, onDialog }: KeyDialogsProps) {
  const queries = useQueryClient()
  useReturnFocus()
  const close = () => onDialog(null)
  const renew = () => queries.invalidateQueries({ queryKey: ['keys'] })
  if (dialog.kind === 'create')
    return (
      <CreateKey
        onClose={close}
        onMade={(made) => {
          void renew()
          onDialog({ kind: 'shown', made, rotated: false })
        }}
      />
    )
  if (dialog.kind === 'shown') return <ShownKey made={dialog.made} rotated={dialog.rotated} onClose={close} />
  const { key } = dialog
  if (dialog.kind === 'rotate')
    return (
      <RotateKey
        of={key}
        onClose={close}
        onMade={(made) => {
          void renew()
          onDialog({ kind: 'shown', made, rotated: true })
        }}
      />
    )
  return (
    <Confirm
      opened
      onClose={close}
      title="Revoke this key?"
      action="Revoke the key"
      typed={key.name}
      onConfirm={async () => {
        await request(`/api/v1/keys/${key.id}`, { method: 'DELETE' })
        await renew()
        done(`“${key.name}” is revoked.`)
      }}
    >
      Whoever uses <strong>{key.name}</strong> ({key.prefix}…) is refused from then on, and its running calls
      end. It takes effect within 5 seconds on every replica, and cannot be undone. To change a key without a
      gap, rotate it.
    </Confirm>
  )
}
