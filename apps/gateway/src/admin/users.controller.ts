import type { Accounts, Actor } from '@gatehouse/accounts'
import {
  AdminUser,
  AdminUserDetail,
  AdminUserList,
  AdminUserPatch,
  AdminUserQuery,
  Deletion,
  DeletionPreview,
} from '@gatehouse/contracts'
import type { CallLog } from '@gatehouse/usage'
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common'
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { GatewayConfig } from '../config.js'
import { AdminOnly } from '../http/access.js'
import { type Caller, CurrentActor, CurrentCaller } from '../http/caller.js'
import { ACCOUNTS, CALLS, CONFIG } from '../tokens.js'
import { deletionPreview } from '../users/deletion-preview.js'
import { aboutPrincipal } from './detail.js'

const shownSessions = 50

/** Finding people, and what an admin may do to them. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/v1/admin/users')
export class AdminUsersController {
  constructor(
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
    @Inject(CALLS) private readonly calls: CallLog,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get()
  @ApiOperation({ summary: 'People by e-mail, name, id or identity subject' })
  @ApiOkResponse({ standardSchema: AdminUserList })
  find(@Query({ schema: AdminUserQuery }) query: AdminUserQuery) {
    return this.accounts.people.find(query)
  }

  @Get(':id')
  @ApiOperation({ summary: 'One person' })
  @ApiOkResponse({ standardSchema: AdminUser })
  get(@Param('id') id: string): Promise<AdminUser> {
    return this.accounts.people.get(id)
  }

  @Get(':id/detail')
  @ApiOperation({
    summary: 'One person with sessions, keys, the usage of 30 days and the last of the audit log',
    description: 'Of the calls only sums: what somebody said is for them alone.',
  })
  @ApiOkResponse({ standardSchema: AdminUserDetail })
  async detail(@Param('id') id: string, @CurrentCaller() { session }: Caller): Promise<AdminUserDetail> {
    // First, so that what is shown of it is a person's, and not of a service account.
    const user = await this.accounts.people.get(id)
    const [sessions, about] = await Promise.all([
      this.accounts.sessions(user.id, session?.id ?? '', { limit: shownSessions, order: 'desc' }),
      aboutPrincipal(this.accounts, this.calls, { id: user.id, kind: 'user' }),
    ])
    const named = ({ email, email_verified }: AdminUser['identities'][number]) =>
      email_verified && email !== null && this.config.adminEmails.includes(email)
    return {
      user,
      admin_by_environment: user.identities.some(named),
      sessions: sessions.data,
      ...about,
    }
  }

  @Get(':id/deletion-preview')
  @ApiOperation({ summary: 'What a deletion would remove, and until when it could be taken back' })
  @ApiOkResponse({ standardSchema: DeletionPreview })
  async preview(@Param('id') id: string): Promise<DeletionPreview> {
    const user = await this.accounts.people.get(id)
    return deletionPreview(this.accounts, this.calls, user.id)
  }

  @Delete(':id/sessions/:session')
  @HttpCode(204)
  @ApiOperation({ summary: 'End one session of a person: nothing works by it any more within 5 s' })
  @ApiNoContentResponse()
  async endSession(
    @Param('id') id: string,
    @Param('session') session: string,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    const user = await this.accounts.people.get(id)
    await this.accounts.endSession(user.id, session, actor, 'session.revoked')
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Set the roles of a person' })
  @ApiOkResponse({ standardSchema: AdminUser })
  update(
    @Param('id') id: string,
    @Body({ schema: AdminUserPatch }) body: AdminUserPatch,
    @CurrentActor() actor: Actor,
  ): Promise<AdminUser> {
    return this.accounts.people.setRoles(id, body.roles, actor)
  }

  @Post(':id/disable')
  @HttpCode(200)
  @ApiOperation({ summary: 'Disable a person: sessions and running calls end within 5 s' })
  @ApiOkResponse({ standardSchema: AdminUser })
  disable(@Param('id') id: string, @CurrentActor() actor: Actor): Promise<AdminUser> {
    return this.accounts.people.setStatus(id, 'disabled', actor)
  }

  @Post(':id/enable')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a person in again; they sign in anew' })
  @ApiOkResponse({ standardSchema: AdminUser })
  enable(@Param('id') id: string, @CurrentActor() actor: Actor): Promise<AdminUser> {
    return this.accounts.people.setStatus(id, 'active', actor)
  }

  @Delete(':id')
  @ApiOperation({
    summary: 'Delete a person: nothing works any more within 5 s; for 7 days it can be restored',
  })
  @ApiOkResponse({ standardSchema: Deletion })
  delete(@Param('id') id: string, @CurrentActor() actor: Actor): Promise<Deletion> {
    return this.accounts.people.delete(id, actor)
  }

  @Post(':id/restore')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take a deletion back, within 7 days; they sign in anew' })
  @ApiOkResponse({ standardSchema: AdminUser })
  restore(@Param('id') id: string, @CurrentActor() actor: Actor): Promise<AdminUser> {
    return this.accounts.people.restore(id, actor)
  }

  @Post(':id/sign-out')
  @HttpCode(204)
  @ApiOperation({ summary: 'End all sessions of a person' })
  @ApiNoContentResponse()
  signOut(@Param('id') id: string, @CurrentActor() actor: Actor): Promise<void> {
    return this.accounts.people.signOutEverywhere(id, actor)
  }
}
