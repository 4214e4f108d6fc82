import type { List } from '@gatehouse/contracts'
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { More } from '../../ui/more.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Failure, Waiting } from '../../ui/states.tsx'

interface AccountListProps<Row> {
  list: UseInfiniteQueryResult<InfiniteData<List<Row>>>
  /** Pixels of a row, so that nothing moves when they come. */
  rowHeight: number
  children: (rows: Row[]) => ReactNode
  /** In the place of rows where there are none. */
  empty: ReactNode
}

/** A list that goes on page by page. */
export function AccountList<Row>({ list, rowHeight, children, empty }: AccountListProps<Row>) {
  if (list.isError && !list.data) return <Failure error={list.error} retry={() => void list.refetch()} />
  const rows = list.data?.pages.flatMap(({ data }) => data) ?? []
  return (
    <Panel flush>
      {list.isPending ? <Waiting rows={8} height={rowHeight} /> : rows.length === 0 ? empty : children(rows)}
      <More has={list.hasNextPage} busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
    </Panel>
  )
}
