import type { ServiceAccountDetail } from '@gatehouse/contracts'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Page } from '../../ui/page.tsx'
import { Failure } from '../../ui/states.tsx'
import account from '../account/account.module.css'
import { AccountWaiting } from '../account/account-waiting.tsx'
import { BackLink } from '../account/back-link.tsx'
import { Identities } from '../account/identities.tsx'
import { RecentAudit } from '../account/recent-audit.tsx'
import { RecentUsage } from '../account/recent-usage.tsx'
import { accountName } from './account-name.ts'
import { MachineActions } from './machine-actions.tsx'
import { MachineFacts } from './machine-facts.tsx'
import { MachineKeys } from './machine-keys.tsx'
import { serviceAccountQuery } from './service-account-queries.ts'

const route = getRouteApi('/app/admin/admin/service-accounts/$id')

/** One service account: who vouches for it, what it may use and uses, its keys; and what an admin can do. */
export function ServiceAccountPage() {
  const { id } = route.useParams()
  const { data, error, refetch } = useQuery(serviceAccountQuery(id))
  return (
    <Page
      title={data ? accountName(data.account) : 'Service account'}
      description={<BackLink to="/admin/service-accounts">All service accounts</BackLink>}
    >
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

function Detail({ detail }: { detail: ServiceAccountDetail }) {
  const queries = useQueryClient()
  const refresh = () => queries.invalidateQueries({ queryKey: ['admin', 'service-accounts'] })
  return (
    <div className={account.columns}>
      <div className={account.side}>
        <MachineFacts account={detail.account} />
        <MachineActions account={detail.account} onChange={refresh} />
      </div>
      <div className={account.column}>
        <RecentUsage usage={detail.last_30_days} />
        <Identities identities={detail.account.identities} />
        <MachineKeys account={detail.account} keys={detail.keys} onChange={refresh} />
        <RecentAudit entries={detail.audit} id={detail.account.id} name={accountName(detail.account)} />
      </div>
    </div>
  )
}
