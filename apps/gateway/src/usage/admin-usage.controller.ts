import type { Accounts } from '@gatehouse/accounts'
import {
  AdminUsageExportQuery,
  AdminUsageOverviewQuery,
  AdminUsageQuery,
  UsageList,
  UsageOverview,
} from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import type { CallLog } from '@gatehouse/usage'
import { Controller, Get, Inject, Query, type StreamableFile } from '@nestjs/common'
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { withProviderId } from '../history/provider-filter.js'
import { AdminOnly } from '../http/access.js'
import { type Caller, CurrentCaller } from '../http/caller.js'
import { checkAdmin, whileHolding } from '../http/while-holding.js'
import { ACCOUNTS, CALLS, MODELS } from '../tokens.js'
import { usageFile } from './csv.js'
import { overviewFile, withNames } from './overview.js'
import { csvContent, overviewDescription, usageDescription } from './usage-docs.js'

/** What everybody's calls came to. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/v1/admin/usage')
export class AdminUsageController {
  constructor(
    @Inject(CALLS) private readonly calls: CallLog,
    @Inject(MODELS) private readonly models: Models,
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Calls, tokens and cost of everybody', description: usageDescription })
  @ApiOkResponse({ standardSchema: UsageList })
  list(@Query({ schema: AdminUsageQuery }) query: AdminUsageQuery) {
    return this.calls.usageOfAll(withProviderId(this.models, query))
  }

  @Get('export.csv')
  @ApiOperation({ summary: 'The same as a file, oldest first', description: usageDescription })
  @ApiOkResponse(csvContent)
  file(
    @Query({ schema: AdminUsageExportQuery }) query: AdminUsageExportQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<StreamableFile> {
    const pages = this.calls.usagePagesOfAll(withProviderId(this.models, query))
    return usageFile(
      whileHolding(pages, () => checkAdmin(caller, this.accounts)),
      query.group_by,
    )
  }

  @Get('overview')
  @ApiOperation({ summary: 'Calls, tokens and cost of everybody by day', description: overviewDescription })
  @ApiOkResponse({ standardSchema: UsageOverview })
  overview(
    @Query({ schema: AdminUsageOverviewQuery }) query: AdminUsageOverviewQuery,
  ): Promise<UsageOverview> {
    return this.overviewOf(query)
  }

  @Get('overview.csv')
  @ApiOperation({ summary: 'The same as a file', description: overviewDescription })
  @ApiOkResponse(csvContent)
  async overviewFile(
    @Query({ schema: AdminUsageOverviewQuery }) query: AdminUsageOverviewQuery,
  ): Promise<StreamableFile> {
    return overviewFile(await this.overviewOf(query), query.split)
  }

  private async overviewOf(query: AdminUsageOverviewQuery): Promise<UsageOverview> {
    return withNames(this.accounts, query.split, await this.calls.overviewOfAll(query))
  }
}
