import type { KeyView } from '@gatehouse/contracts'
import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Ago } from '../../ui/figures.tsx'
import { Records } from '../../ui/records.tsx'
import { Verbatim } from '../facts.tsx'
import { KeyStanding } from './key-standing.tsx'

/** Keys of somebody, as an admin sees them. */
export function KeyRecords({
  keys,
  actions,
}: {
  keys: readonly KeyView[]
  /** What can be done to one that holds. */
  actions: (key: KeyView) => ReactNode
}) {
  return (
    <Records
      label="Keys"
      rows={keys}
      keyOf={({ id }) => id}
      columns={[
        {
          key: 'name',
          header: 'Key',
          primary: true,
          cell: ({ name, prefix, models }) => (
            <div>
              {name}
              <Text size="xs" c="dimmed" fw={400}>
                <Verbatim>{prefix}…</Verbatim> ·{' '}
                {models === null ? 'every model of its owner' : models.join(', ')}
              </Text>
            </div>
          ),
        },
        { key: 'status', header: 'Status', cell: (key) => <KeyStanding apiKey={key} /> },
        { key: 'used', header: 'Last used', cell: ({ last_used }) => <Ago at={last_used?.at} /> },
        { key: 'ends', header: 'Ends', cell: ({ expires_at }) => <Ago at={expires_at} /> },
        {
          key: 'actions',
          header: 'Actions',
          align: 'right',
          cell: (key) => (key.status === 'active' || key.status === 'retiring' ? actions(key) : null),
        },
      ]}
    />
  )
}
