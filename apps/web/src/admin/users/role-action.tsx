import type { AdminUserDetail } from '@gatehouse/contracts'
import { request } from '../../api/request.ts'
import { AccountAction } from '../account/account-action.tsx'
import { personName } from './person-name.ts'
import { pathOf } from './user-queries.ts'

/** Gives somebody the admin role, or takes it away. */
export function RoleAction({
  detail,
  onChange,
}: {
  detail: AdminUserDetail
  onChange: () => Promise<unknown>
}) {
  const { user, admin_by_environment } = detail
  const name = personName(user)
  const set = (roles: readonly string[]) => async () => {
    await request(pathOf(user.id), { method: 'PATCH', body: { roles } })
    await onChange()
  }
  const admin = user.roles.includes('admin')
  return (
    <AccountAction
      title="Role"
      {...(admin ? taking(name, admin_by_environment) : giving(name))}
      act={set(admin ? ['member'] : ['admin', 'member'])}
    />
  )
}

const byEnvironment =
  'ADMIN_EMAILS names their e-mail, so the role comes from the environment: taken away here, it is back at their next sign-in.'

const taking = (name: string, fromEnvironment: boolean) => ({
  label: 'Take the admin role away',
  children: fromEnvironment
    ? `Admin, from environment. ${byEnvironment}`
    : 'Admin: they see and change everything.',
  confirm: {
    title: `Take the admin role from ${name}`,
    text: [
      'They stay a member: they call models and see what is their own, and nothing of others.',
      ...(fromEnvironment ? [byEnvironment] : []),
    ].join(' '),
  },
  said: `${name} is a member now.`,
})

const giving = (name: string) => ({
  label: 'Make an admin',
  children: 'Member: they call models and see what is their own.',
  confirm: {
    title: `Make ${name} an admin`,
    text: 'They will see the calls, spend and credentials of everybody, and can disable and delete accounts, yours among them.',
  },
  said: `${name} is an admin now.`,
})
