import { Button, NativeSelect } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Building2, SearchX } from 'lucide-react'
import { FindBox } from '../../ui/find-box.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty } from '../../ui/states.tsx'
import { AccountList } from '../account/account-list.tsx'
import { accountsSearch } from '../search.ts'
import toolbar from '../toolbar.module.css'
import { serviceAccountsQuery } from './service-account-queries.ts'
import { ServiceAccountRecords } from './service-account-records.tsx'

const route = getRouteApi('/app/admin/admin/service-accounts')

/** Programs that have come with a token of a trusted issuer. */
export function ServiceAccountsPage() {
  const filters = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(serviceAccountsQuery(filters))
  const change = (changes: Record<string, string | undefined>) =>
    void navigate({
      search: (now) => accountsSearch({ ...now, ...changes }),
      replace: true,
      resetScroll: false,
    })
  const filtered = filters.query !== undefined || filters.status !== undefined
  return (
    <Page
      title="Service accounts"
      description="Programs that come in by a token of a trusted issuer. Each is made by its first call."
    >
      <div className={toolbar.bar}>
        <FindBox
          label="Find a service account"
          placeholder="Name, subject, issuer, id or key prefix"
          value={filters.query}
          onFind={(query) => change({ query })}
        />
        <NativeSelect
          aria-label="Status"
          value={filters.status ?? ''}
          onChange={(event) => change({ status: event.currentTarget.value })}
          data={[
            { value: '', label: 'Any status' },
            { value: 'active', label: 'Active' },
            { value: 'disabled', label: 'Disabled' },
          ]}
        />
      </div>
      <AccountList
        list={list}
        rowHeight={60}
        empty={
          filtered ? (
            <Empty
              icon={SearchX}
              title="No service account fits"
              action={
                <Button variant="default" onClick={() => void navigate({ search: {}, replace: true })}>
                  Show all
                </Button>
              }
            >
              Name and subject are found by a part of them; id, issuer and key prefix only whole.
            </Empty>
          ) : (
            <Empty
              icon={Building2}
              title="No program has come yet"
              action={
                <Button renderRoot={(props) => <Link to="/admin/issuers" {...props} />}>
                  See the trusted issuers
                </Button>
              }
            >
              A service account comes about by itself: a program calls the gateway with a token of a trusted
              issuer, and its first call makes the account. Nobody hands out a key.
            </Empty>
          )
        }
      >
        {(accounts) => <ServiceAccountRecords accounts={accounts} />}
      </AccountList>
    </Page>
  )
}
