import type { AuditView } from '@gatehouse/contracts'
import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Panel } from '../../ui/panel.tsx'
import { AuditEntries } from '../audit/audit-entries.tsx'

interface RecentAuditProps {
  entries: readonly AuditView[]
  /** Of the account that they are about. */
  id: string
  name: string
}

/** The last things that were done by or to an account, and the way to all of them. */
export function RecentAudit({ entries, id, name }: RecentAuditProps) {
  return (
    <Panel
      flush
      title="Recent audit entries"
      actions={
        <Anchor
          size="sm"
          renderRoot={(props) => <Link to="/admin/audit" search={{ target_id: id }} {...props} />}
        >
          All about {name}
        </Anchor>
      }
    >
      {entries.length === 0 ? (
        <Text size="sm" c="dimmed" px="lg" pb="lg">
          Nothing was done by or to this account yet.
        </Text>
      ) : (
        <AuditEntries entries={entries} label="Recent audit entries" compact />
      )}
    </Panel>
  )
}
