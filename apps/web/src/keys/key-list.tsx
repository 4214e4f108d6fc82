import type { KeyView, List } from '@gatehouse/contracts'
import { Box, Button, SegmentedControl } from '@mantine/core'
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { More } from '../ui/more.tsx'
import { Panel } from '../ui/panel.tsx'
import { Records } from '../ui/records.tsx'
import { Empty, Failure, Waiting } from '../ui/states.tsx'
import { keyColumns } from './key-columns.tsx'
import type { KeyDialog } from './key-dialog.ts'
import type { KeysSearch } from './search.ts'

const filters = [
  { value: 'all', label: 'All' },
  { value: 'active', label: 'Active' },
  { value: 'retiring', label: 'Retiring' },
  { value: 'revoked', label: 'Revoked' },
  { value: 'expired', label: 'Expired' },
]

interface KeyListProps {
  keys: UseInfiniteQueryResult<InfiniteData<List<KeyView>>>
  status: KeysSearch['status']
  onDialog: (dialog: KeyDialog) => void
  /** Above the list; it comes with it. */
  notice?: ReactNode
}

/** The list, filtered by status; the filter stands in the address. */
export function KeyList({ keys, status, onDialog, notice }: KeyListProps) {
  const navigate = useNavigate({ from: '/keys' })
  const rows = keys.data?.pages.flatMap(({ data }) => data)
  const nothing = rows?.length === 0
  return (
    <>
      {!(nothing && status === undefined) && (
        <Box style={{ overflowX: 'auto' }}>
          <SegmentedControl
            aria-label="Status of the keys"
            size="xs"
            data={filters}
            value={status ?? 'all'}
            onChange={(value) =>
              void navigate({
                search: { status: value === 'all' ? undefined : (value as KeysSearch['status']) },
                replace: true,
              })
            }
          />
        </Box>
      )}
      {notice}
      {/* Another one than that of the lines before it, or the notice above would move it. */}
      <Panel key={rows === undefined ? 'waiting' : 'list'} flush>
        {rows === undefined ? (
          keys.isError ? (
            <Box p="md">
              <Failure error={keys.error} retry={() => void keys.refetch()} />
            </Box>
          ) : (
            <Waiting rows={6} height={60} />
          )
        ) : nothing ? (
          <NoKeys status={status} onCreate={() => onDialog({ kind: 'create' })} />
        ) : (
          <>
            <Records
              label="API keys"
              rows={rows}
              keyOf={({ id }) => id}
              columns={keyColumns({
                onRotate: (key) => onDialog({ kind: 'rotate', key }),
                onRevoke: (key) => onDialog({ kind: 'revoke', key }),
              })}
            />
            <More
              has={keys.hasNextPage}
              busy={keys.isFetchingNextPage}
              onMore={() => void keys.fetchNextPage()}
            />
          </>
        )}
      </Panel>
    </>
  )
}

function NoKeys({ status, onCreate }: { status: KeysSearch['status']; onCreate: () => void }) {
  if (status !== undefined)
    return (
      <Empty icon={KeyRound} title={`No ${status} key`}>
        {status === 'retiring'
          ? 'A key retires while its successor takes over: rotate one to get there.'
          : 'Choose another status to see the others.'}
      </Empty>
    )
  return (
    <Empty icon={KeyRound} title="No keys yet" action={<Button onClick={onCreate}>Make a key</Button>}>
      A program sends its key as the API key of any OpenAI client. You choose how long it holds and which
      models it may use; here you see when it was last used, and can take it away.
    </Empty>
  )
}
