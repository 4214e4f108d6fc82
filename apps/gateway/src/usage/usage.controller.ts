import type { Accounts } from '@gatehouse/accounts'
import {
  UsageExportQuery,
  UsageList,
  UsageOverview,
  UsageOverviewQuery,
  UsageQuery,
} from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import type { CallLog } from '@gatehouse/usage'
import { Controller, Get, Inject, Query, type StreamableFile } from '@nestjs/common'
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { withProviderId } from '../history/provider-filter.js'
import { MachinesToo } from '../http/access.js'
import { type Caller, CurrentCaller } from '../http/caller.js'
import { ACCOUNTS, CALLS, MODELS } from '../tokens.js'
import { usageFile } from './csv.js'
import { overviewFile, withNames } from './overview.js'
import { csvContent, overviewDescription, usageDescription } from './usage-docs.js'

/** What one's own calls came to. */
@ApiTags('usage')
@ApiBearerAuth()
@MachinesToo()
@Controller('api/v1/usage')
export class UsageController {
  constructor(
    @Inject(CALLS) private readonly calls: CallLog,
    @Inject(MODELS) private readonly models: Models,
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
  ) {}

  @Get()
  @ApiOperation({ summary: "Calls, tokens and cost of one's own", description: usageDescription })
  @ApiOkResponse({ standardSchema: UsageList })
  list(@Query({ schema: UsageQuery }) query: UsageQuery, @CurrentCaller() { principal }: Caller) {
    return this.calls.usage(principal.id, withProviderId(this.models, query))
  }

  @Get('export.csv')
  @ApiOperation({ summary: 'The same as a file, oldest first', description: usageDescription })
  @ApiOkResponse(csvContent)
  file(
    @Query({ schema: UsageExportQuery }) query: UsageExportQuery,
    @CurrentCaller() { principal }: Caller,
  ): Promise<StreamableFile> {
    const pages = this.calls.usagePages(principal.id, withProviderId(this.models, query))
    return usageFile(pages, query.group_by)
  }

  @Get('overview')
  @ApiOperation({ summary: "One's own calls, tokens and cost by day", description: overviewDescription })
  @ApiOkResponse({ standardSchema: UsageOverview })
  overview(
    @Query({ schema: UsageOverviewQuery }) query: UsageOverviewQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<UsageOverview> {
    return this.overviewOf(query, caller)
  }

  @Get('overview.csv')
  @ApiOperation({ summary: 'The same as a file', description: overviewDescription })
  @ApiOkResponse(csvContent)
  async overviewFile(
    @Query({ schema: UsageOverviewQuery }) query: UsageOverviewQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<StreamableFile> {
    return overviewFile(await this.overviewOf(query, caller), query.split)
  }

  private async overviewOf(
    query: UsageOverviewQuery,
    { principal, credential }: Caller,
  ): Promise<UsageOverview> {
    const overview = await this.calls.overview(principal.id, query)
    const keyId = credential.kind === 'key' ? credential.id : undefined
    return withNames(this.accounts, query.split, overview, { principalId: principal.id, keyId })
  }
}
