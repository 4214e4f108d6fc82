import type { AdminUser, DeletionPreview } from '@gatehouse/contracts'
import { Button, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { request } from '../../api/request.ts'
import { useTimeZone } from '../../time-zone.ts'
import { count, moment } from '../../ui/format.ts'
import { Failure } from '../../ui/states.tsx'
import { done } from '../../ui/toast.ts'
import account from '../account/account.module.css'
import { Ask } from '../ask.tsx'
import { Facts } from '../facts.tsx'
import { personName } from './person-name.ts'
import { deletionPreviewQuery, pathOf } from './user-queries.ts'

/** Deletes somebody, after showing what goes with them. */
export function DeletePerson({ user, onChange }: { user: AdminUser; onChange: () => Promise<unknown> }) {
  const [asking, setAsking] = useState(false)
  const preview = useQuery(deletionPreviewQuery(user.id, asking))
  const name = personName(user)
  return (
    <div className={account.action}>
      <div>
        <Text size="sm" fw={550}>
          Delete
        </Text>
        <Text size="sm" c="dimmed">
          Nothing of theirs works from then on. For seven days the account can be restored.
        </Text>
      </div>
      <Button variant="default" size="xs" onClick={() => setAsking(true)}>
        Delete the account
      </Button>
      {asking && (
        <Ask
          onClose={() => setAsking(false)}
          title={`Delete ${name}`}
          action="Delete the account"
          typed={user.email ?? name}
          onConfirm={async () => {
            await request(pathOf(user.id), { method: 'DELETE' })
            await onChange()
            done(`${name} is deleted.`)
          }}
        >
          {preview.data ? (
            <Removed preview={preview.data} />
          ) : preview.error ? (
            <Failure error={preview.error} retry={() => void preview.refetch()} />
          ) : (
            <Skeleton height={190} radius="sm" role="status" aria-label="Loading" />
          )}
        </Ask>
      )}
    </div>
  )
}

function Removed({ preview: { removed, recovery_deadline, possible } }: { preview: DeletionPreview }) {
  const [zone] = useTimeZone()
  return (
    <Stack gap="sm">
      {!possible && (
        <Text size="sm">
          This is the last admin, who cannot be deleted. Make somebody else an admin first.
        </Text>
      )}
      <Text size="sm">
        Sessions, keys and running calls end within 5 seconds. Until {moment(recovery_deadline, zone)} an
        admin can restore the account; then this is removed for good:
      </Text>
      <Facts
        of={[
          ['Identities', count(removed.identities)],
          ['Sessions', count(removed.sessions)],
          ['Keys', count(removed.keys)],
          ['Presets', count(removed.presets)],
          ['Calls', `${count(removed.calls)}, ${count(removed.contents)} with prompt and answer`],
        ]}
      />
    </Stack>
  )
}
