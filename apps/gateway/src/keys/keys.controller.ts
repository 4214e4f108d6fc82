import type { Accounts, Actor, KeyOwner, Keys } from '@gatehouse/accounts'
import { KeyBody, KeyList, KeyQuery, KeyRotation, KeyView, NewKeyView } from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common'
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger'
import { type Caller, CurrentActor, CurrentCaller, sessionOf } from '../http/caller.js'
import { ACCOUNTS, MODELS } from '../tokens.js'
import { withOwnProviders } from './own-providers.js'

/** One's own API keys. A key makes no keys: who found one could otherwise keep what they found. */
@ApiTags('keys')
@ApiBearerAuth()
@Controller('api/v1/keys')
export class KeysController {
  private readonly keys: Keys

  constructor(
    @Inject(ACCOUNTS) accounts: Accounts,
    @Inject(MODELS) private readonly models: Models,
  ) {
    this.keys = accounts.keys
  }

  @Get()
  @ApiOperation({ summary: "One's own API keys, newest first" })
  @ApiOkResponse({ standardSchema: KeyList })
  list(@Query({ schema: KeyQuery }) query: KeyQuery, @CurrentCaller() caller: Caller) {
    return this.keys.list(ownerOf(caller), query)
  }

  @Post()
  @ApiOperation({
    summary: 'Make an API key',
    description: 'The answer alone holds the key. It may never do more than its owner.',
  })
  @ApiCreatedResponse({ standardSchema: NewKeyView })
  create(
    @Body({ schema: KeyBody }) body: KeyBody,
    @CurrentCaller() caller: Caller,
    @CurrentActor() actor: Actor,
  ): Promise<NewKeyView> {
    return this.keys.create(ownerOf(caller), withOwnProviders(this.models, body), actor)
  }

  @Get(':id')
  @ApiOperation({ summary: 'One API key' })
  @ApiOkResponse({ standardSchema: KeyView })
  get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<KeyView> {
    return this.keys.get(ownerOf(caller), id)
  }

  @Post(':id/rotate')
  @ApiOperation({
    summary: 'Make a key in the place of another',
    description: 'The old one goes on for the overlap, so that whoever uses it has time to change.',
  })
  @ApiCreatedResponse({ standardSchema: NewKeyView })
  rotate(
    @Param('id') id: string,
    @Body({ schema: KeyRotation }) body: KeyRotation,
    @CurrentCaller() caller: Caller,
    @CurrentActor() actor: Actor,
  ): Promise<NewKeyView> {
    return this.keys.rotate(ownerOf(caller), id, body, actor)
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an API key: its running calls end as well' })
  @ApiNoContentResponse()
  revoke(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.keys.revoke(ownerOf(caller), id, actor)
  }
}

function ownerOf(caller: Caller): KeyOwner {
  sessionOf(caller)
  return caller.principal
}
