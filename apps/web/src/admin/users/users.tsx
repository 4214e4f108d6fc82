import { Button, NativeSelect } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { SearchX } from 'lucide-react'
import { FindBox } from '../../ui/find-box.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty } from '../../ui/states.tsx'
import { AccountList } from '../account/account-list.tsx'
import { type AccountsSearch, accountsSearch } from '../search.ts'
import toolbar from '../toolbar.module.css'
import { usersQuery } from './user-queries.ts'
import { UserRecords } from './user-records.tsx'

const route = getRouteApi('/app/admin/admin/users')

/** Everybody who has signed in; found by one box. */
export function UsersPage() {
  const filters = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(usersQuery(filters))
  const change = (changes: Record<string, string | undefined>) =>
    void navigate({
      search: (now: AccountsSearch) => accountsSearch({ ...now, ...changes }),
      replace: true,
      resetScroll: false,
    })
  return (
    <Page title="Users" description="People who have signed in. An account is made at the first sign-in.">
      <div className={toolbar.bar}>
        <FindBox
          label="Find a person"
          placeholder="E-mail, name, id or identity subject"
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
            { value: 'deleted', label: 'Deleted' },
          ]}
        />
        <NativeSelect
          aria-label="Role"
          value={filters.role ?? ''}
          onChange={(event) => change({ role: event.currentTarget.value })}
          data={[
            { value: '', label: 'Any role' },
            { value: 'admin', label: 'Admin' },
            { value: 'member', label: 'Member' },
          ]}
        />
      </div>
      <AccountList
        list={list}
        rowHeight={52}
        empty={
          <Empty
            icon={SearchX}
            title="Nobody fits"
            action={
              <Button variant="default" onClick={() => void navigate({ search: {}, replace: true })}>
                Show everybody
              </Button>
            }
          >
            E-mail and name are found by a part of them, an id and an identity subject only whole.
          </Empty>
        }
      >
        {(people) => <UserRecords people={people} />}
      </AccountList>
    </Page>
  )
}
