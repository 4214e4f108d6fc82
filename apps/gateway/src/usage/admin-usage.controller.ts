import { AdminUsageExportQuery, AdminUsageQuery, UsageList } from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import type { CallLog } from '@gatehouse/usage'
import { Controller, Get, Inject, Query, type StreamableFile } from '@nestjs/common'
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { withProviderId } from '../history/provider-filter.js'
import { AdminOnly } from '../http/access.js'
import { CALLS, MODELS } from '../tokens.js'
import { usageFile } from './csv.js'
import { csvContent, usageDescription } from './usage-docs.js'

/** What everybody's calls came to. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/v1/admin/usage')
export class AdminUsageController {
  constructor(
    @Inject(CALLS) private readonly calls: CallLog,
    @Inject(MODELS) private readonly models: Models,
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
  file(@Query({ schema: AdminUsageExportQuery }) query: AdminUsageExportQuery): Promise<StreamableFile> {
    return usageFile(this.calls.usagePagesOfAll(withProviderId(this.models, query)), query.group_by)
  }
}
