import type { AdminUserDetail } from '@gatehouse/contracts'
import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useMe } from '../../api/me.ts'
import { request } from '../../api/request.ts'
import { useTimeZone } from '../../time-zone.ts'
import { moment } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { AccountAction } from '../account/account-action.tsx'
import { DeletePerson } from './delete-person.tsx'
import { personName } from './person-name.ts'
import { RoleAction } from './role-action.tsx'
import { pathOf } from './user-queries.ts'

interface UserActionsProps {
  detail: AdminUserDetail
  /** Ends when the page has asked the server anew. */
  onChange: () => Promise<unknown>
}

/** What an admin can do to a person; what the server refuses is told in its words. */
export function UserActions({ detail, onChange }: UserActionsProps) {
  const { user, sessions } = detail
  const me = useMe()
  const [zone] = useTimeZone()
  const name = personName(user)
  const post = (action: string) => async () => {
    await request(`${pathOf(user.id)}/${action}`, { method: 'POST' })
    await onChange()
  }
  if (user.status === 'deleted')
    return (
      <Panel title="Actions">
        <AccountAction
          title="Deleted"
          label="Restore the account"
          act={post('restore')}
          said={`${name} is restored.`}
        >
          {user.recovery_deadline
            ? `Until ${moment(user.recovery_deadline, zone)} it can be restored with all that was in it; then it is removed for good.`
            : 'It can be restored for seven days.'}{' '}
          After that they sign in anew.
        </AccountAction>
      </Panel>
    )
  return (
    <Panel title="Actions">
      {user.id === me.user_id && (
        <Text size="sm" mb="md">
          This is you. Your own role and status are changed by another admin; to delete your account, go to{' '}
          <Anchor fz="inherit" renderRoot={(props) => <Link to="/settings" {...props} />}>
            Settings
          </Anchor>
          .
        </Text>
      )}
      <div>
        <RoleAction detail={detail} onChange={onChange} />
        <AccountAction
          title="Access"
          {...(user.status === 'active' ? disabling(name) : enabling(name))}
          act={post(user.status === 'active' ? 'disable' : 'enable')}
        />
        <AccountAction
          title="Sessions"
          label="Sign out everywhere"
          confirm={{
            title: `Sign ${name} out everywhere`,
            text: 'All their sessions end within 5 seconds, in browsers and programs. Keys go on; they can sign in again at once.',
          }}
          act={post('sign-out')}
          said={`${name} is signed out everywhere.`}
        >
          {sessions.length === 0
            ? 'They are signed in nowhere.'
            : `They have ${sessions.length === 50 ? '50 or more' : sessions.length} open ${sessions.length === 1 ? 'session' : 'sessions'}.`}
        </AccountAction>
        {user.id !== me.user_id && <DeletePerson user={user} onChange={onChange} />}
      </div>
    </Panel>
  )
}

const disabling = (name: string) => ({
  label: 'Disable the account',
  children: 'Active: they can sign in and call models.',
  confirm: {
    title: `Disable ${name}`,
    text: 'Their sessions, keys and running calls end within 5 seconds, and they cannot sign in. It can be taken back: enable the account again.',
  },
  said: `${name} is disabled.`,
})

const enabling = (name: string) => ({
  label: 'Enable the account',
  children:
    'Disabled: nothing of theirs works. Enabled again, they sign in anew; keys that have not ended work again.',
  said: `${name} is enabled.`,
})
