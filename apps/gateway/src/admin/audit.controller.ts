import type { Accounts, Actor } from '@gatehouse/accounts'
import { AuditActions, AuditExportQuery, AuditList, AuditQuery } from '@gatehouse/contracts'
import { Controller, Get, Inject, Query, type StreamableFile } from '@nestjs/common'
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { AdminOnly } from '../http/access.js'
import { type Caller, CurrentActor, CurrentCaller } from '../http/caller.js'
import { checkAdmin, whileHolding } from '../http/while-holding.js'
import { ACCOUNTS } from '../tokens.js'
import { auditFile } from './audit-file.js'

/** What was done to accounts. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/v1/admin/audit')
export class AuditController {
  constructor(@Inject(ACCOUNTS) private readonly accounts: Accounts) {}

  @Get()
  @ApiOperation({ summary: 'The audit log, newest first' })
  @ApiOkResponse({ standardSchema: AuditList })
  list(@Query({ schema: AuditQuery }) query: AuditQuery) {
    return this.accounts.audit.list(query)
  }

  @Get('actions')
  @ApiOperation({ summary: 'What the log tells of: the actions to filter by' })
  @ApiOkResponse({ standardSchema: AuditActions })
  actions(): AuditActions {
    return { actions: [...this.accounts.audit.actions()] }
  }

  @Get('export')
  @ApiOperation({
    summary: 'The log as a file, oldest first',
    description: 'With the filters of the list. The export itself is written into the log before it begins.',
  })
  @ApiOkResponse({
    description:
      'A table (RFC 4180; a cell that would be a formula has an apostrophe before it), or a JSON object a line.',
    content: {
      'text/csv': { schema: { type: 'string' } },
      'application/jsonl': { schema: { type: 'string' } },
    },
  })
  export(
    @Query({ schema: AuditExportQuery }) query: AuditExportQuery,
    @CurrentCaller() caller: Caller,
    @CurrentActor() actor: Actor,
  ): Promise<StreamableFile> {
    const pages = this.accounts.audit.export(query, actor)
    return auditFile(
      whileHolding(pages, () => checkAdmin(caller, this.accounts)),
      query.format,
    )
  }
}
