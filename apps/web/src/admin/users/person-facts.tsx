import type { AdminUser } from '@gatehouse/contracts'
import { Ago } from '../../ui/figures.tsx'
import { day } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { AccountStatus } from '../account/account-status.tsx'
import { CopiedId, Facts } from '../facts.tsx'
import { roleWords } from './role-words.ts'

interface PersonFactsProps {
  person: AdminUser
  /** ADMIN_EMAILS names them. */
  adminByEnvironment: boolean
}

/** Who somebody is. */
export function PersonFacts({ person, adminByEnvironment }: PersonFactsProps) {
  return (
    <Panel title="Account">
      <Facts
        of={[
          ['Status', <AccountStatus key="status" status={person.status} />],
          ['Role', `${roleWords(person.roles)}${adminByEnvironment ? ', from environment' : ''}`],
          ['E-mail', person.email ?? 'none'],
          ['Last seen', <Ago key="seen" at={person.last_seen_at} />],
          ['Created', day(person.created_at)],
          ['Id', <CopiedId key="id" id={person.id} label="Copy the id" />],
        ]}
      />
    </Panel>
  )
}
