import type { Accounts, Actor } from '@gatehouse/accounts'
import {
  KeyBody,
  KeyList,
  KeyQuery,
  KeyRotation,
  type List,
  NewKeyView,
  type ServiceAccount,
  ServiceAccountDetail,
  ServiceAccountList,
  ServiceAccountPatch,
  ServiceAccountQuery,
  ServiceAccountView,
} from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import type { CallLog } from '@gatehouse/usage'
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common'
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger'
import { AdminOnly } from '../http/access.js'
import { type Caller, CurrentActor, CurrentCaller, sessionOf } from '../http/caller.js'
import { withOwnProviders } from '../keys/own-providers.js'
import { ACCOUNTS, CALLS, MODELS } from '../tokens.js'
import { aboutPrincipal } from './detail.js'

/** Machines that came with a token of a trusted issuer, and what an admin may do to them. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/v1/admin/service-accounts')
export class ServiceAccountsController {
  constructor(
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
    @Inject(CALLS) private readonly calls: CallLog,
    @Inject(MODELS) private readonly models: Models,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Service accounts by name, subject, issuer, id or the prefix of a key' })
  @ApiOkResponse({ standardSchema: ServiceAccountList })
  async find(
    @Query({ schema: ServiceAccountQuery }) query: ServiceAccountQuery,
  ): Promise<List<ServiceAccountView>> {
    const list = await this.accounts.serviceAccounts.find(query)
    return { ...list, data: await this.withFigures(list.data) }
  }

  @Get(':id')
  @ApiOperation({ summary: 'One service account' })
  @ApiOkResponse({ standardSchema: ServiceAccountView })
  async get(@Param('id') id: string): Promise<ServiceAccountView> {
    return this.withFigure(await this.accounts.serviceAccounts.get(id))
  }

  @Get(':id/detail')
  @ApiOperation({
    summary: 'One service account with keys, the usage of 30 days and the last of the audit log',
  })
  @ApiOkResponse({ standardSchema: ServiceAccountDetail })
  async detail(@Param('id') id: string): Promise<ServiceAccountDetail> {
    const account = await this.accounts.serviceAccounts.get(id)
    const [view, about] = await Promise.all([
      this.withFigure(account),
      aboutPrincipal(this.accounts, this.calls, serviceAccount(account.id)),
    ])
    return { account: view, ...about }
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Name a service account, or say which models it may use' })
  @ApiOkResponse({ standardSchema: ServiceAccountView })
  async change(
    @Param('id') id: string,
    @Body({ schema: ServiceAccountPatch }) body: ServiceAccountPatch,
    @CurrentActor() actor: Actor,
  ): Promise<ServiceAccountView> {
    const patch = withOwnProviders(this.models, body)
    return this.withFigure(await this.accounts.serviceAccounts.change(id, patch, actor))
  }

  @Post(':id/disable')
  @HttpCode(200)
  @ApiOperation({ summary: 'Disable a service account: its tokens, keys and running calls end within 5 s' })
  @ApiOkResponse({ standardSchema: ServiceAccountView })
  async disable(@Param('id') id: string, @CurrentActor() actor: Actor): Promise<ServiceAccountView> {
    return this.withFigure(await this.accounts.serviceAccounts.setStatus(id, 'disabled', actor))
  }

  @Post(':id/enable')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a service account in again, with the keys that have not ended' })
  @ApiOkResponse({ standardSchema: ServiceAccountView })
  async enable(@Param('id') id: string, @CurrentActor() actor: Actor): Promise<ServiceAccountView> {
    return this.withFigure(await this.accounts.serviceAccounts.setStatus(id, 'active', actor))
  }

  @Get(':id/keys')
  @ApiOperation({ summary: 'API keys of a service account' })
  @ApiOkResponse({ standardSchema: KeyList })
  async keys(@Param('id') id: string, @Query({ schema: KeyQuery }) query: KeyQuery) {
    await this.accounts.serviceAccounts.get(id)
    return this.accounts.keys.list(serviceAccount(id), query)
  }

  @Post(':id/keys')
  @ApiOperation({
    summary: 'Make an API key for a service account',
    description: 'The answer alone holds the key. Where the platform gives tokens, a key is not needed.',
  })
  @ApiCreatedResponse({ standardSchema: NewKeyView })
  createKey(
    @Param('id') id: string,
    @Body({ schema: KeyBody }) body: KeyBody,
    @CurrentCaller() caller: Caller,
    @CurrentActor() actor: Actor,
  ): Promise<NewKeyView> {
    sessionOf(caller)
    return this.accounts.keys.create(serviceAccount(id), withOwnProviders(this.models, body), actor)
  }

  @Post(':id/keys/:key/rotate')
  @ApiOperation({ summary: 'Make a key in the place of another, which goes on for the overlap' })
  @ApiCreatedResponse({ standardSchema: NewKeyView })
  rotateKey(
    @Param('id') id: string,
    @Param('key') key: string,
    @Body({ schema: KeyRotation }) body: KeyRotation,
    @CurrentCaller() caller: Caller,
    @CurrentActor() actor: Actor,
  ): Promise<NewKeyView> {
    sessionOf(caller)
    return this.accounts.keys.rotate(serviceAccount(id), key, body, actor)
  }

  @Delete(':id/keys/:key')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an API key of a service account: its running calls end as well' })
  @ApiNoContentResponse()
  revokeKey(@Param('id') id: string, @Param('key') key: string, @CurrentActor() actor: Actor): Promise<void> {
    return this.accounts.keys.revoke(serviceAccount(id), key, actor)
  }

  private async withFigure(account: ServiceAccount): Promise<ServiceAccountView> {
    const figures = await this.calls.recentFigures([account.id])
    return { ...account, last_30_days: figures(account.id) }
  }

  private async withFigures(accounts: ServiceAccount[]): Promise<ServiceAccountView[]> {
    const figures = await this.calls.recentFigures(accounts.map(({ id }) => id))
    return accounts.map((account) => ({ ...account, last_30_days: figures(account.id) }))
  }
}

const serviceAccount = (id: string) => ({ id, kind: 'service' }) as const
