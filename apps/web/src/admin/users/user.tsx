import type { AdminUserDetail } from '@gatehouse/contracts'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Page } from '../../ui/page.tsx'
import { Failure } from '../../ui/states.tsx'
import account from '../account/account.module.css'
import { AccountKeys } from '../account/account-keys.tsx'
import { AccountWaiting } from '../account/account-waiting.tsx'
import { BackLink } from '../account/back-link.tsx'
import { Identities } from '../account/identities.tsx'
import { RecentAudit } from '../account/recent-audit.tsx'
import { RecentUsage } from '../account/recent-usage.tsx'
import { PersonFacts } from './person-facts.tsx'
import { personName } from './person-name.ts'
import { Sessions } from './sessions.tsx'
import { UserActions } from './user-actions.tsx'
import { userQuery } from './user-queries.ts'

const route = getRouteApi('/app/admin/admin/users/$id')

/** One person: who they are, how they come in, what they use, what was done; and what an admin can do. */
export function UserPage() {
  const { id } = route.useParams()
  const { data, error, refetch } = useQuery(userQuery(id))
  const name = data ? personName(data.user) : 'Person'
  return (
    <Page title={name} description={<BackLink to="/admin/users">All users</BackLink>}>
      {data ? (
        <Detail detail={data} />
      ) : error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : (
        <AccountWaiting />
      )}
    </Page>
  )
}

function Detail({ detail }: { detail: AdminUserDetail }) {
  const { user, sessions, keys, last_30_days, audit } = detail
  const queries = useQueryClient()
  const refresh = () => queries.invalidateQueries({ queryKey: ['admin', 'users'] })
  return (
    <div className={account.columns}>
      <div className={account.side}>
        <PersonFacts
          person={user}
          adminByEnvironment={detail.admin_by_environment && user.roles.includes('admin')}
        />
        <UserActions detail={detail} onChange={refresh} />
      </div>
      <div className={account.column}>
        <RecentUsage usage={last_30_days} />
        <Identities identities={user.identities} />
        <Sessions userId={user.id} sessions={sessions} onChange={refresh} />
        <AccountKeys keys={keys} onChange={refresh} />
        <RecentAudit entries={audit} id={user.id} name={personName(user)} />
      </div>
    </div>
  )
}
