import { Skeleton, Stack } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { SearchX } from 'lucide-react'
import { useState } from 'react'
import { ApiError } from '../api/api-error.ts'
import { Empty, Failure } from '../ui/states.tsx'
import { CallActions } from './call-actions.tsx'
import { CallAttempts } from './call-attempts.tsx'
import { CallExchange } from './call-exchange.tsx'
import { CallFacts } from './call-facts.tsx'
import { CallHead } from './call-head.tsx'
import { callQuery } from './calls-query.ts'

/** What was said in a call, who was asked, how long it took, what it cost. */
export function CallSheet({ id, onDeleted }: { id: string; onDeleted: () => void }) {
  const [full, setFull] = useState(false)
  const query = useQuery({ ...callQuery(id, full), placeholderData: keepPreviousData })
  const call = query.data
  if (query.isError) {
    if (query.error instanceof ApiError && query.error.status === 404)
      return (
        <Empty icon={SearchX} title="There is no such call in your history">
          It may be deleted, it may be under way, or it may be somebody else's.
        </Empty>
      )
    return <Failure error={query.error} retry={() => void query.refetch()} />
  }
  if (call === undefined)
    return (
      <Stack gap="lg" role="status" aria-label="Loading">
        <Skeleton height={56} />
        <Skeleton height={32} />
        <Skeleton height={220} />
        <Skeleton height={120} />
      </Stack>
    )
  return (
    <Stack gap="xl">
      <Stack gap="md">
        <CallHead call={call} />
        <CallActions call={call} onDeleted={onDeleted} />
      </Stack>
      <CallExchange call={call} loading={query.isPlaceholderData} onAll={() => setFull(true)} />
      <CallAttempts call={call} />
      <CallFacts call={call} />
    </Stack>
  )
}
