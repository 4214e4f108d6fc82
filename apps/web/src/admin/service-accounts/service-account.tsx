import type { ServiceAccountDetail } from '@gatehouse/contracts'
import { Anchor, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Page } from '../../ui/page.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Failure, Waiting } from '../../ui/states.tsx'
import account from '../account/account.module.css'
import { BackLink } from '../account/back-link.tsx'
import { Identities } from '../account/identities.tsx'
import { RecentUsage } from '../account/recent-usage.tsx'
import { AuditEntries } from '../audit/audit-entries.tsx'
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
        <div className={account.columns}>
          <Panel flush>
            <Waiting rows={12} height={56} />
          </Panel>
          <Panel flush>
            <Waiting rows={9} height={48} />
          </Panel>
        </div>
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
        <Panel
          flush
          title="Recent audit entries"
          actions={
            <Anchor
              size="sm"
              renderRoot={(props) => (
                <Link to="/admin/audit" search={{ target_id: detail.account.id }} {...props} />
              )}
            >
              All about {accountName(detail.account)}
            </Anchor>
          }
        >
          {detail.audit.length === 0 ? (
            <Text size="sm" c="dimmed" px="lg" pb="lg">
              Nothing was done by or to this account yet.
            </Text>
          ) : (
            <AuditEntries entries={detail.audit} label="Recent audit entries" compact />
          )}
        </Panel>
      </div>
    </div>
  )
}
