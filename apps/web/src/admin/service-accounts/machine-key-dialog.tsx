import type { NewKeyView, ServiceAccountView } from '@gatehouse/contracts'
import { CreateKey } from '../../keys/create-key.tsx'
import type { KeyDialog } from '../../keys/key-dialog.ts'
import { RotateKey } from '../../keys/rotate-key.tsx'
import { ShownKey } from '../../keys/shown-key.tsx'
import { useReturnFocus } from '../../ui/return-focus.ts'
import { pathOf } from './service-account-queries.ts'

interface MachineKeyDialogProps {
  account: ServiceAccountView
  dialog: KeyDialog
  onDialog: (dialog: KeyDialog | null) => void
  onChange: () => Promise<unknown>
}

/** The same dialogs as for one's own keys, for those of a service account. */
export function MachineKeyDialog({ account, dialog, onDialog, onChange }: MachineKeyDialogProps) {
  useReturnFocus()
  const path = `${pathOf(account.id)}/keys`
  const close = () => onDialog(null)
  const show = (made: NewKeyView, rotated: boolean) => {
    onDialog({ kind: 'shown', made, rotated })
    void onChange()
  }
  if (dialog.kind === 'create')
    return <CreateKey path={path} whose="it" onClose={close} onMade={(made) => show(made, false)} />
  if (dialog.kind === 'rotate')
    return <RotateKey path={path} of={dialog.key} onClose={close} onMade={(made) => show(made, true)} />
  if (dialog.kind === 'shown') return <ShownKey made={dialog.made} rotated={dialog.rotated} onClose={close} />
  return null
}
