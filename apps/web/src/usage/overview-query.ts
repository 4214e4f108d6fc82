import type { UsageOverview } from '@gatehouse/contracts'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { addressOf, request } from '../api/request.ts'
import type { Range } from './range.ts'
import type { Split } from './series.ts'

/** What is asked for. */
export interface Asked extends Range {
  zone: string
  split: Split
  /** Of everybody, or of one of them; for admins. */
  everybody: boolean
  principal: string | undefined
}

const pathOf = ({ everybody }: Asked, file = '') =>
  everybody ? `/api/v1/admin/usage/overview${file}` : `/api/v1/usage/overview${file}`
const queryOf = ({ from, to, zone, split, everybody, principal }: Asked) => ({
  from,
  to,
  time_zone: zone,
  split,
  principal_id: everybody ? principal : undefined,
})

/** What calls came to. The last answer stays in sight while the next one is under way. */
export const overviewQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['usage', 'overview', asked],
    queryFn: ({ signal }) => request<UsageOverview>(pathOf(asked), { query: queryOf(asked), signal }),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  })

/** Address of the same as a file. */
export const csvAddress = (asked: Asked): string => addressOf(pathOf(asked, '.csv'), queryOf(asked))
