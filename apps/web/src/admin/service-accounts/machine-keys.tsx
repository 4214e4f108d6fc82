import type { KeyView, ServiceAccountView } from '@gatehouse/contracts'
import { Button, Group, Text } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import type { KeyDialog } from '../../keys/key-dialog.ts'
import { Panel } from '../../ui/panel.tsx'
import { KeyRecords } from '../account/key-records.tsx'
import { RevokeKey } from '../account/revoke-key.tsx'

const MachineKeyDialog = lazy(() =>
  import('./machine-key-dialog.tsx').then((module) => ({ default: module.MachineKeyDialog })),
)

interface MachineKeysProps {
  account: ServiceAccountView
  keys: readonly KeyView[]
  onChange: () => Promise<unknown>
}

/** Keys of a service account, for where its platform gives no tokens. */
export function MachineKeys({ account, keys, onChange }: MachineKeysProps) {
  const [dialog, setDialog] = useState<KeyDialog | null>(null)
  return (
    <Panel
      flush
      title="Keys"
      description="For programs whose platform gives no tokens. Where it does, a key is not needed."
      actions={
        <Button size="xs" variant="default" onClick={() => setDialog({ kind: 'create' })}>
          New key
        </Button>
      }
    >
      {keys.length === 0 ? (
        <Text size="sm" c="dimmed" px="lg" pb="lg">
          It has no key: it comes in by tokens of its issuer alone.
        </Text>
      ) : (
        <KeyRecords
          keys={keys}
          actions={(key) => (
            <Group gap={6} justify="flex-end" wrap="nowrap">
              {key.status === 'active' && (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`Rotate the key ${key.name}`}
                  onClick={() => setDialog({ kind: 'rotate', key })}
                >
                  Rotate
                </Button>
              )}
              <RevokeKey id={key.id} name={key.name} onRevoked={onChange} />
            </Group>
          )}
        />
      )}
      {dialog && (
        <Suspense fallback={null}>
          <MachineKeyDialog account={account} dialog={dialog} onDialog={setDialog} onChange={onChange} />
        </Suspense>
      )}
    </Panel>
  )
}
