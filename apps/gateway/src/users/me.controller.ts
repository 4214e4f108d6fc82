import { Readable } from 'node:stream'
import type { Accounts, Actor } from '@gatehouse/accounts'
import { AppError, Deletion, DeletionPreview, Me, MePatch } from '@gatehouse/contracts'
import type { CallLog } from '@gatehouse/usage'
import { Body, Controller, Delete, Get, Inject, Patch, Res, StreamableFile } from '@nestjs/common'
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import type { GatewayConfig } from '../config.js'
import { type Caller, CurrentActor, CurrentCaller } from '../http/caller.js'
import type { SessionCookie } from '../http/session-cookie.js'
import { whileHolding } from '../http/while-holding.js'
import { ACCOUNTS, CALLS, CONFIG, SESSION_COOKIE } from '../tokens.js'
import { deletionPreview } from './deletion-preview.js'
import { jsonDocument } from './json-document.js'
import { viewOfMe } from './me.js'

/** One's own account: what is known, what one chooses, all of it as a file, and its end. */
@ApiTags('users')
@ApiBearerAuth()
@Controller('api/v1/users/me')
export class MeController {
  constructor(
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
    @Inject(CALLS) private readonly calls: CallLog,
    @Inject(SESSION_COOKIE) private readonly cookie: SessionCookie,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Oneself' })
  @ApiOkResponse({ standardSchema: Me })
  async get(@CurrentCaller() { principal }: Caller): Promise<Me> {
    return viewOfMe(await this.accounts.me.get(principal.id), this.config)
  }

  @Patch()
  @ApiOperation({ summary: "Change one's name, and whether prompts and answers are kept" })
  @ApiOkResponse({ standardSchema: Me })
  async change(
    @Body({ schema: MePatch }) body: MePatch,
    @CurrentCaller() { principal }: Caller,
    @CurrentActor() actor: Actor,
  ): Promise<Me> {
    if (body.keep_content === true && this.config.keepContent === 'none') {
      throw new AppError('forbidden', {
        param: 'keep_content',
        message: 'Prompts and answers are not kept here: the operator has set KEEP_CONTENT=none.',
      })
    }
    return viewOfMe(await this.accounts.me.change(principal.id, body, actor), this.config)
  }

  @Get('deletion-preview')
  @ApiOperation({ summary: 'What a deletion would remove, and until when it could be taken back' })
  @ApiOkResponse({ standardSchema: DeletionPreview })
  preview(@CurrentCaller() { principal }: Caller): Promise<DeletionPreview> {
    return deletionPreview(this.accounts, this.calls, principal.id)
  }

  @Delete()
  @ApiOperation({ summary: 'Delete oneself: nothing works any more; an admin can restore it for 7 days' })
  @ApiOkResponse({ standardSchema: Deletion })
  async delete(
    @CurrentCaller() caller: Caller,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Deletion> {
    const deletion = await this.accounts.me.delete(caller.principal.id, actor)
    if (caller.via === 'cookie') this.cookie.clear(reply)
    return deletion
  }

  @Get('export')
  @ApiOperation({ summary: 'All that is kept of oneself, as one JSON file' })
  @ApiOkResponse({
    description: 'profile, identities, sessions, keys (no secret), presets, audit, calls, provider_objects',
    content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
  })
  async export(@CurrentCaller() caller: Caller): Promise<StreamableFile> {
    const { principal } = caller
    // What waits here is part of it; where the database is away the next line says so.
    await this.calls.flush().catch(() => {})
    const { profile, lists } = await this.accounts.me.data(principal.id)
    const document = jsonDocument({
      exported_at: new Date().toISOString(),
      profile,
      ...lists,
      ...this.calls.data(principal.id),
    })
    return new StreamableFile(
      Readable.from(
        whileHolding(document, () => caller.check()),
        { objectMode: false },
      ),
      {
        type: 'application/json; charset=utf-8',
        disposition: 'attachment; filename="gatehouse-export.json"',
      },
    )
  }
}
