import { HistoryDetail, HistoryList, HistoryQuery, HistoryStats } from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import type { CallLog } from '@gatehouse/usage'
import { Controller, Delete, Get, HttpCode, Inject, Param, Query } from '@nestjs/common'
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { z } from 'zod'
import { MachinesToo } from '../http/access.js'
import { type Caller, CurrentCaller } from '../http/caller.js'
import { CALLS, MODELS } from '../tokens.js'
import { withProviderId } from './provider-filter.js'

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
  ) {}

  @Get()
  @MachinesToo()
  @ApiOperation({ summary: "One's own calls, newest first; by an API key, those that came by it" })
  @ApiOkResponse({ standardSchema: HistoryList })
  list(@Query({ schema: HistoryQuery }) query: HistoryQuery, @CurrentCaller() caller: Caller) {
    return this.calls.list(caller.principal.id, withProviderId(this.models, query), keyOf(caller))
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
  @ApiOperation({ summary: "One of one's own calls" })
  @ApiOkResponse({ standardSchema: HistoryDetail })
  get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<HistoryDetail> {
    return this.calls.get(caller.principal.id, id, keyOf(caller))
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
