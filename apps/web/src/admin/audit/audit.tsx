import { Button, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { useTimeZone } from '../../time-zone.ts'
import { More } from '../../ui/more.tsx'
import { Page } from '../../ui/page.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty, Failure, Waiting } from '../../ui/states.tsx'
import { auditSearch } from '../search.ts'
import { AuditEntries } from './audit-entries.tsx'
import { AuditFilters } from './audit-filters.tsx'
import { auditQuery } from './audit-queries.ts'
import { ExportLinks } from './export-links.tsx'

const route = getRouteApi('/app/admin/admin/audit')

/** Who did what to whom, when and from where. */
export function AuditPage() {
  const filters = route.useSearch()
  const navigate = route.useNavigate()
  const [zone] = useTimeZone()
  const list = useInfiniteQuery(auditQuery(filters))
  const entries = list.data?.pages.flatMap(({ data }) => data) ?? []
  const filtered = Object.values(filters).some((value) => value !== undefined)
  return (
    <Page
      title="Audit log"
      description="Every change to accounts and keys, and every sign-in. Nothing in it can be changed."
      actions={<ExportLinks filters={filters} />}
    >
      <AuditFilters
        filters={filters}
        entries={entries}
        onChange={(changes) =>
          void navigate({
            search: (now) => auditSearch({ ...now, ...changes }),
            replace: true,
            resetScroll: false,
          })
        }
      />
      {list.isError && !list.data ? (
        <Failure error={list.error} retry={() => void list.refetch()} />
      ) : (
        <>
          <Panel flush>
            {list.isPending ? (
              <Waiting rows={9} height={60} />
            ) : entries.length === 0 ? (
              <Empty
                icon={ScrollText}
                title={filtered ? 'No entry fits these filters' : 'Nothing has happened yet'}
                action={
                  filtered ? (
                    <Button variant="default" onClick={() => void navigate({ search: {}, replace: true })}>
                      Clear the filters
                    </Button>
                  ) : undefined
                }
              >
                {filtered
                  ? 'A request id is found only whole; days are those of your time zone.'
                  : 'The first sign-in is the first entry.'}
              </Empty>
            ) : (
              <AuditEntries entries={entries} label="Audit log" />
            )}
            <More
              has={list.hasNextPage}
              busy={list.isFetchingNextPage}
              onMore={() => void list.fetchNextPage()}
            />
          </Panel>
          <Text size="xs" c="dimmed" mt="sm">
            Times are in {zone.replaceAll('_', ' ')}. Each entry is bound to the one before by a hash, so that
            one that is altered or taken out shows.
          </Text>
        </>
      )}
    </Page>
  )
}
