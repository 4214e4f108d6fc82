import type { ServiceAccountView } from '@gatehouse/contracts'
import { Anchor, Text } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { Ago, Amount, Usd } from '../../ui/figures.tsx'
import { count } from '../../ui/format.ts'
import { type Column, Records } from '../../ui/records.tsx'
import { AccountStatus } from '../account/account-status.tsx'
import { accountName } from './account-name.ts'
import { modelWords } from './model-words.ts'

const columns: Column<ServiceAccountView>[] = [
  {
    key: 'name',
    header: 'Service account',
    primary: true,
    cell: (account) => (
      <div>
        <Anchor
          fz="inherit"
          fw="inherit"
          c="inherit"
          renderRoot={(props) => (
            <Link to="/admin/service-accounts/$id" params={{ id: account.id }} {...props} />
          )}
        >
          {accountName(account)}
        </Anchor>
        {account.identities.map(({ issuer, subject }) => (
          <Text key={`${issuer} ${subject}`} size="xs" c="dimmed" fw={400}>
            {subject}
            <br />
            {issuer}
          </Text>
        ))}
      </div>
    ),
  },
  { key: 'status', header: 'Status', cell: ({ status }) => <AccountStatus status={status} /> },
  { key: 'models', header: 'Models', cell: ({ models }) => modelWords(models) },
  { key: 'keys', header: 'Keys', align: 'right', cell: ({ keys }) => count(keys) },
  { key: 'seen', header: 'Last seen', cell: ({ last_seen_at }) => <Ago at={last_seen_at} /> },
  {
    key: 'calls',
    header: 'Calls, 30 days',
    align: 'right',
    cell: ({ last_30_days }) => <Amount value={last_30_days.calls} />,
  },
  {
    key: 'cost',
    header: 'Cost, 30 days',
    align: 'right',
    cell: ({ last_30_days }) => <Usd amount={last_30_days.total_cost} />,
  },
]

/** Service accounts, each a way to all that is known of it. */
export function ServiceAccountRecords({ accounts }: { accounts: readonly ServiceAccountView[] }) {
  const navigate = useNavigate()
  return (
    <Records
      label="Service accounts"
      columns={columns}
      rows={accounts}
      keyOf={({ id }) => id}
      onOpen={({ id }) => void navigate({ to: '/admin/service-accounts/$id', params: { id } })}
    />
  )
}
