import type { Accounts, Actor } from '@gatehouse/accounts'
import { AdminUser, AdminUserList, AdminUserPatch, AdminUserQuery, Deletion } from '@gatehouse/contracts'
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common'
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { AdminOnly } from '../http/access.js'
import { CurrentActor } from '../http/caller.js'
import { ACCOUNTS } from '../tokens.js'

/** Finding people, and what an admin may do to them. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/v1/admin/users')
export class AdminUsersController {
  constructor(@Inject(ACCOUNTS) private readonly accounts: Accounts) {}

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
