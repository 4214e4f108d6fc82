import type { ServiceAccountView } from '@gatehouse/contracts'
import { Ago } from '../../ui/figures.tsx'
import { day } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { AccountStatus } from '../account/account-status.tsx'
import { CopiedId, Facts } from '../facts.tsx'

/** How a service account stands. */
export function MachineFacts({ account }: { account: ServiceAccountView }) {
  return (
    <Panel title="Account">
      <Facts
        of={[
          ['Status', <AccountStatus key="status" status={account.status} />],
          account.roles.includes('admin') ? ['Role', 'Admin, by the configuration'] : null,
          ['Last seen', <Ago key="seen" at={account.last_seen_at} />],
          ['Created', day(account.created_at)],
          ['Id', <CopiedId key="id" id={account.id} label="Copy the id" />],
        ]}
      />
    </Panel>
  )
}
