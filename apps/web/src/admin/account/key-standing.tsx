import type { KeyView } from '@gatehouse/contracts'
import { Ago } from '../../ui/figures.tsx'
import { Status } from '../../ui/status.tsx'

/** Whether a key holds, and until when. */
export function KeyStanding({ apiKey: { status, expires_at, revoked_at } }: { apiKey: KeyView }) {
  if (status === 'active') return <Status kind="good">Active</Status>
  if (status === 'retiring')
    return (
      <Status kind="waiting">
        Replaced, ends <Ago at={revoked_at} />
      </Status>
    )
  if (status === 'revoked')
    return (
      <Status kind="off">
        Revoked <Ago at={revoked_at} />
      </Status>
    )
  return (
    <Status kind="off">
      Ended <Ago at={expires_at} />
    </Status>
  )
}
