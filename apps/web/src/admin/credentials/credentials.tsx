import { NativeSelect, Text } from '@mantine/core'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ShieldCheck } from 'lucide-react'
import { More } from '../../ui/more.tsx'
import { Page } from '../../ui/page.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty, Failure, Waiting } from '../../ui/states.tsx'
import { Verbatim } from '../facts.tsx'
import { credentialsSearch } from '../search.ts'
import { CredentialRecords } from './credential-records.tsx'
import { credentialsQuery } from './credentials-query.ts'
import classes from './score.module.css'
import { Score } from './score.tsx'

const route = getRouteApi('/app/admin/admin/credentials')

/** By what everybody comes in and the gateway goes out, and how much of it is keyless. */
export function CredentialsPage() {
  const { side } = route.useSearch()
  const navigate = route.useNavigate()
  const queries = useQueryClient()
  const list = useInfiniteQuery(credentialsQuery)
  const all = list.data?.pages.flatMap(({ data }) => data) ?? []
  const score = list.data?.pages[0]?.score
  // The list ends with API keys, all of them inbound: once the first of them is here, so is everything outbound.
  const complete = side === 'outbound' && all.some(({ kind }) => kind === 'expiring_key')
  return (
    <Page
      title="Credentials"
      description="By what everybody comes in, and the gateway goes out to providers. Secrets are never shown."
    >
      {list.isError && !list.data ? (
        <Failure error={list.error} retry={() => void list.refetch()} />
      ) : (
        <>
          {score ? (
            <Score score={score} />
          ) : (
            <div className={classes.shares}>
              {['inbound', 'outbound'].map((name) => (
                <Panel key={name} flush>
                  <Waiting rows={4} height={48} />
                </Panel>
              ))}
            </div>
          )}
          <Panel
            flush
            title="Credentials in force"
            description={
              <>
                How to do without a key is told step by step in{' '}
                <Verbatim>docs/how-to/replace-a-key.md</Verbatim> of the repository.
              </>
            }
            actions={
              <NativeSelect
                aria-label="Side"
                value={side ?? ''}
                onChange={(event) =>
                  void navigate({
                    search: credentialsSearch({ side: event.currentTarget.value }),
                    replace: true,
                    resetScroll: false,
                  })
                }
                data={[
                  { value: '', label: 'Both sides' },
                  { value: 'inbound', label: 'Inbound' },
                  { value: 'outbound', label: 'Outbound' },
                ]}
              />
            }
          >
            {list.isPending ? (
              <Waiting rows={8} height={56} />
            ) : (
              <Rows
                rows={all.filter((row) => side === undefined || row.side === side)}
                onRevoked={() => queries.invalidateQueries({ queryKey: ['admin', 'credentials'] })}
              />
            )}
            <More
              has={list.hasNextPage && !complete}
              busy={list.isFetchingNextPage}
              onMore={() => void list.fetchNextPage()}
            />
          </Panel>
        </>
      )}
    </Page>
  )
}

function Rows({ rows, onRevoked }: Parameters<typeof CredentialRecords>[0]) {
  if (rows.length > 0) return <CredentialRecords rows={rows} onRevoked={onRevoked} />
  return (
    <Empty icon={ShieldCheck} title="No credentials on this side">
      <Text size="sm">
        Name a provider in the environment, as <Verbatim>OPENAI_API_KEY</Verbatim> does, and start again: what
        it goes out by stands here.
      </Text>
    </Empty>
  )
}
