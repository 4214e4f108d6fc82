import type { Accounts } from '@gatehouse/accounts'
import {
  HistoryDetail,
  HistoryDetailQuery,
  type HistoryItem,
  HistoryList,
  HistoryQuery,
  HistoryStats,
  type List,
} from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import type { CallLog } from '@gatehouse/usage'
import { Controller, Delete, Get, HttpCode, Inject, Param, Query } from '@nestjs/common'
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { z } from 'zod'
import { MachinesToo } from '../http/access.js'
import { type Caller, CurrentCaller } from '../http/caller.js'
import { ACCOUNTS, CALLS, MODELS } from '../tokens.js'
import { withProviderId } from './provider-filter.js'
import { withKeys } from './with-keys.js'

/** A filter that is not there is refused: sums of everything would be taken for those of the filter. */
const StatsQuery = z.strictObject({})

/** A key lies about in files: who finds it must not read what its owner said by other ways. */
const keyOf = ({ credential }: Caller) => (credential.kind === 'key' ? credential.id : undefined)

/** One's own calls; by an API key, those that came by it. */
@ApiTags('history')
@ApiBearerAuth()
@Controller('api/v1/history')
export class HistoryController {
  constructor(
    @Inject(CALLS) private readonly calls: CallLog,
    @Inject(MODELS) private readonly models: Models,
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
  ) {}

  @Get()
  @MachinesToo()
  @ApiOperation({ summary: "One's own calls, newest first; by an API key, those that came by it" })
  @ApiOkResponse({ standardSchema: HistoryList })
  async list(
    @Query({ schema: HistoryQuery }) query: HistoryQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<List<HistoryItem>> {
    const { id } = caller.principal
    const list = await this.calls.list(id, withProviderId(this.models, query), keyOf(caller))
    return { ...list, data: await withKeys(this.accounts, id, list.data) }
  }

  @Get('stats')
  @MachinesToo()
  @ApiOperation({ summary: "Sums of one's own calls" })
  @ApiOkResponse({ standardSchema: HistoryStats })
  stats(
    @Query({ schema: StatsQuery }) _query: z.infer<typeof StatsQuery>,
    @CurrentCaller() caller: Caller,
  ): Promise<HistoryStats> {
    return this.calls.stats(caller.principal.id)
  }

  @Get(':id')
  @MachinesToo()
  @ApiOperation({
    summary: "One of one's own calls",
    description: 'Of long texts the beginning, unless `full=true`: `truncated` says so.',
  })
  @ApiOkResponse({ standardSchema: HistoryDetail })
  async get(
    @Param('id') id: string,
    @Query({ schema: HistoryDetailQuery }) { full }: HistoryDetailQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<HistoryDetail> {
    const owner = caller.principal.id
    const call = await this.calls.get(owner, id, { keyId: keyOf(caller), full: full === 'true' })
    const [item] = await withKeys(this.accounts, owner, [call])
    return { ...call, key: item?.key ?? null }
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Take a call out of the history',
    description: 'What was said is deleted; tokens and cost stay in the sums.',
  })
  @ApiNoContentResponse()
  remove(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    return this.calls.remove(caller.principal.id, id)
  }
}
