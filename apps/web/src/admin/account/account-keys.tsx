import type { KeyView } from '@gatehouse/contracts'
import { Text } from '@mantine/core'
import { Panel } from '../../ui/panel.tsx'
import { KeyRecords } from './key-records.tsx'
import { RevokeKey } from './revoke-key.tsx'

/** Keys that a person has made; an admin can end them, and no more. */
export function AccountKeys({
  keys,
  onChange,
}: {
  keys: readonly KeyView[]
  onChange: () => Promise<unknown>
}) {
  return (
    <Panel flush title="Keys" description={keys.length === 100 ? 'The newest 100.' : undefined}>
      {keys.length === 0 ? (
        <Text size="sm" c="dimmed" px="lg" pb="lg">
          They have made no key.
        </Text>
      ) : (
        <KeyRecords
          keys={keys}
          actions={({ id, name }) => <RevokeKey id={id} name={name} onRevoked={onChange} />}
        />
      )}
    </Panel>
  )
}
