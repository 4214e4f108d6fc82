import type { Accounts } from '@gatehouse/accounts'
import { AuditList, AuditQuery } from '@gatehouse/contracts'
import { Controller, Get, Inject, Query } from '@nestjs/common'
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { AdminOnly } from '../http/access.js'
import { ACCOUNTS } from '../tokens.js'

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
}
