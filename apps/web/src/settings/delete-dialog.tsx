import type { DeletionPreview } from '@gatehouse/contracts'
import { Button, Group, Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMe } from '../api/me.ts'
import { request } from '../api/request.ts'
import { Confirm } from '../ui/confirm.tsx'
import { count, moment } from '../ui/format.ts'
import { useReturnFocus } from '../ui/return-focus.ts'
import { Failure, Waiting } from '../ui/states.tsx'
import classes from './settings.module.css'

/** What would be removed, and the question whether it shall be. */
export function DeleteDialog({ onClose }: { onClose: () => void }) {
  const me = useMe()
  useReturnFocus()
  const preview = useQuery({
    queryKey: ['deletion-preview'],
    queryFn: ({ signal }) => request<DeletionPreview>('/api/v1/users/me/deletion-preview', { signal }),
    staleTime: 0,
    gcTime: 0,
  })
  if (!preview.data?.possible)
    return (
      <Modal opened onClose={onClose} title="Delete your account?">
        {preview.data ? (
          preview.data.message
        ) : preview.isError ? (
          <Failure error={preview.error} retry={() => void preview.refetch()} />
        ) : (
          <Waiting rows={4} height={32} />
        )}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
        </Group>
      </Modal>
    )
  const { removed, recovery_deadline } = preview.data
  return (
    <Confirm
      opened
      onClose={onClose}
      title="Delete your account?"
      action="Delete my account"
      typed={me.email ?? me.user_id}
      onConfirm={async () => {
        await request('/api/v1/users/me', { method: 'DELETE' })
        location.assign('/sign-in')
      }}
    >
      Nothing of it works from then on: you are signed out everywhere, and calls in progress end. Until{' '}
      <strong>{moment(recovery_deadline)}</strong> an administrator can restore it. Then this is removed:
      <ul className={classes.removed}>
        {things(removed).map((thing) => (
          <li key={thing}>{thing}</li>
        ))}
      </ul>
      The figures of your calls stay in the sums of the house, without your name.
    </Confirm>
  )
}

/** Each kind with how many there are of it, those of which there are none left out. */
const things = (removed: DeletionPreview['removed']): string[] =>
  (
    [
      [removed.identities, 'linked sign-in', 'linked sign-ins'],
      [removed.sessions, 'session', 'sessions'],
      [removed.keys, 'API key', 'API keys'],
      [removed.presets, 'preset', 'presets'],
      [removed.calls, 'call in the history', 'calls in the history'],
      [removed.contents, 'kept prompt and answer', 'kept prompts and answers'],
    ] as const
  )
    .filter(([number]) => number > 0)
    .map(([number, one, many]) => `${count(number)} ${number === 1 ? one : many}`)
