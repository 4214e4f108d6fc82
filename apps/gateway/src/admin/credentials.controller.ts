import type { Accounts, Actor } from '@gatehouse/accounts'
import { CredentialList, CredentialQuery, type CredentialView, toList } from '@gatehouse/contracts'
import type { TrustedIssuers } from '@gatehouse/identity'
import type { Models } from '@gatehouse/llm'
import type { CallLog } from '@gatehouse/usage'
import { Controller, Delete, Get, HttpCode, Inject, Param, Query } from '@nestjs/common'
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { GatewayConfig } from '../config.js'
import { AdminOnly } from '../http/access.js'
import { CurrentActor } from '../http/caller.js'
import { ACCOUNTS, CALLS, CONFIG, ISSUERS, MODELS } from '../tokens.js'
import {
  configuredCredentials,
  issuerCredential,
  keyCredential,
  keylessScore,
  outboundCredential,
  sessionCredential,
} from './credentials.js'

/** Every credential on both sides, and how much goes without keys. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/v1/admin/credentials')
export class CredentialsController {
  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
    @Inject(ISSUERS) private readonly issuers: TrustedIssuers,
    @Inject(MODELS) private readonly models: Models,
    @Inject(CALLS) private readonly calls: CallLog,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Every credential that holds, inbound and outbound, and how much of the traffic is keyless',
    description: 'API keys come last, newest first. Nothing in it is secret.',
  })
  @ApiOkResponse({ standardSchema: CredentialList })
  async list(@Query({ schema: CredentialQuery }) query: CredentialQuery): Promise<CredentialList> {
    const { credentials } = this.accounts
    const [traffic, outbound, sessions, machines, configured] = await Promise.all([
      this.calls.recentTraffic(),
      this.models.credentials(),
      credentials.sessions(),
      credentials.issuers(),
      configuredCredentials(this.config),
    ])
    const fixed = [
      ...outbound.map((credential) => outboundCredential(credential, traffic)),
      ...configured,
      ...this.issuers.list().map((issuer) => issuerCredential(issuer, machines.get(issuer.issuer))),
      ...sessions.map(sessionCredential),
    ]
    const rows = await this.page(fixed, query)
    return { ...toList(rows, query.limit), score: keylessScore(traffic, outbound) }
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Revoke an API key of anybody',
    description: 'Of the other credentials none is ended here: those of the configuration are changed there.',
  })
  @ApiNoContentResponse()
  async revoke(@Param('id') id: string, @CurrentActor() actor: Actor): Promise<void> {
    await this.accounts.keys.revoke(await this.accounts.credentials.ownerOf(id), id, actor)
  }

  /** One row more than asked for: what there is few of, then API keys. */
  private async page(fixed: CredentialView[], { limit, after }: CredentialQuery): Promise<CredentialView[]> {
    const place = fixed.findIndex(({ id }) => id === after)
    const isKey = after !== undefined && place === -1
    const rows = isKey ? [] : fixed.slice(place + 1, place + limit + 2)
    if (rows.length > limit) return rows
    const keys = await this.accounts.credentials.keys(limit + 1 - rows.length, isKey ? after : undefined)
    return [...rows, ...keys.map(keyCredential)]
  }
}
