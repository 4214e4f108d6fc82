import type { AdminUser } from '@gatehouse/contracts'
import { Anchor, Text } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { Ago } from '../../ui/figures.tsx'
import { day } from '../../ui/format.ts'
import { type Column, Records } from '../../ui/records.tsx'
import { AccountStatus } from '../account/account-status.tsx'
import { OneLine } from '../one-line.tsx'
import { providerName } from '../provider-name.ts'
import { personName } from './person-name.ts'
import { roleWords } from './role-words.ts'

const columns: Column<AdminUser>[] = [
  {
    key: 'name',
    header: 'Person',
    primary: true,
    cell: (person) => (
      <div>
        <Anchor
          renderRoot={(props) => <Link to="/admin/users/$id" params={{ id: person.id }} {...props} />}
          c="inherit"
          fz="inherit"
          fw="inherit"
        >
          {personName(person)}
        </Anchor>
        {person.name !== null && (
          <Text size="xs" c="dimmed" fw={400}>
            {person.email ?? 'no e-mail'}
          </Text>
        )}
      </div>
    ),
  },
  { key: 'role', header: 'Role', cell: ({ roles }) => roleWords(roles) },
  { key: 'status', header: 'Status', cell: ({ status }) => <AccountStatus status={status} /> },
  {
    key: 'providers',
    header: 'Signs in by',
    cell: ({ identities }) =>
      [...new Set(identities.map(({ provider }) => providerName(provider)))].join(', ') || '—',
  },
  { key: 'seen', header: 'Last seen', cell: ({ last_seen_at }) => <Ago at={last_seen_at} /> },
  {
    key: 'created',
    header: 'Created',
    cell: ({ created_at }) => <OneLine>{day(created_at)}</OneLine>,
  },
]

/** People, each a way to all that is known of them. */
export function UserRecords({ people }: { people: readonly AdminUser[] }) {
  const navigate = useNavigate()
  return (
    <Records
      label="People"
      columns={columns}
      rows={people}
      keyOf={({ id }) => id}
      onOpen={({ id }) => void navigate({ to: '/admin/users/$id', params: { id } })}
    />
  )
}
