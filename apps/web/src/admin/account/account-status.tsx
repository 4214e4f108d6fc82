import type { AdminUser } from '@gatehouse/contracts'
import { Status } from '../../ui/status.tsx'

/** Whether an account may do something. */
export function AccountStatus({ status }: { status: AdminUser['status'] }) {
  if (status === 'active') return <Status kind="good">Active</Status>
  if (status === 'disabled') return <Status kind="bad">Disabled</Status>
  return <Status kind="waiting">Deleted</Status>
}
