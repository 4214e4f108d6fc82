import type { Accounts, Actor } from '@gatehouse/accounts'
import { AppError, text } from '@gatehouse/contracts'
import type { SignIn } from '@gatehouse/identity'
import type { Logger } from '@gatehouse/platform'
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common'
import { ApiFoundResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { GatewayConfig } from '../config.js'
import { Public } from '../http/access.js'
import type { Authenticate } from '../http/authenticate.js'
import { actorOf, CurrentActor } from '../http/caller.js'
import { atOwnName } from '../http/own-name.js'
import { toAppError } from '../http/public-error.js'
import { browserSessionSeconds, type SessionCookie } from '../http/session-cookie.js'
import { ACCOUNTS, AUTHENTICATE, CONFIG, LOGGER, SESSION_COOKIE, SIGN_IN } from '../tokens.js'
import { refusal } from './refusal.js'
import { createSealedCookie, type SealedCookie } from './sealed-cookie.js'

/** It stands in a cookie that goes along with every request of the browser while a sign-in is open: no more than this. */
const maxNextLength = 512

const StartQuery = z.strictObject({
  next: text()
    .max(maxNextLength)
    .optional()
    .meta({ description: 'path on this server to go on to; `/` unless told' }),
})

/** Sign-in through the browser: there and back again. */
@ApiTags('auth')
@Controller('auth')
export class BrowserController {
  private readonly transactions: SealedCookie

  constructor(
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
    @Inject(SIGN_IN) private readonly signIn: SignIn,
    @Inject(SESSION_COOKIE) private readonly cookie: SessionCookie,
    @Inject(AUTHENTICATE) private readonly authenticate: Authenticate,
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.transactions = createSealedCookie(config.jwtSecret, {
      name: 'gatehouse_sign_in',
      secure: config.publicUrl.startsWith('https:'),
    })
  }

  @Get(':provider/start')
  @Public()
  @ApiOperation({ summary: 'Send the browser to a sign-in provider' })
  @ApiFoundResponse()
  async start(
    @Param('provider') provider: string,
    @Query({ schema: StartQuery }) query: z.infer<typeof StartQuery>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const rightful = atOwnName(request, this.config)
    if (rightful) return void (await reply.redirect(rightful, 302))
    try {
      const redirectUri = `${this.config.publicUrl}/auth/${provider}/callback`
      const { url, transaction } = await this.signIn.start(provider, { redirectUri })
      await this.transactions.set(request.raw, reply, transaction.state, {
        transaction,
        next: samePath(query.next),
      })
      await reply.redirect(url, 302)
    } catch (error) {
      await this.back(provider, reply, error, actorOf(request))
    }
  }

  @Get(':provider/callback')
  @Public()
  @ApiOperation({ summary: 'Take the browser back from a sign-in provider' })
  @ApiFoundResponse()
  async callback(
    @Param('provider') provider: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    try {
      const callback = new URL(request.url, this.config.publicUrl)
      const kept = await this.transactions.take(request.raw, reply, callback.searchParams.get('state') ?? '')
      const identity = await this.signIn.finish(provider, callback, kept?.transaction)
      const seconds = browserSessionSeconds
      const signedIn = await this.accounts.signIn(identity, 'either', { kind: 'browser', seconds }, actor)
      await this.endPrevious(request, actor)
      this.cookie.set(reply, { ...signedIn.session, principalId: signedIn.principal.id })
      await reply.redirect(samePath(kept?.next), 302)
    } catch (error) {
      const { code, status } = toAppError(error)
      if (status < 500) void this.accounts.signInFailed(provider, code, actor)
      await this.back(provider, reply, error, actor)
    }
  }

  /** The session that the browser had before ends: what was fixed there, or forgotten, is worth nothing any more. */
  private async endPrevious(request: FastifyRequest, actor: Actor): Promise<void> {
    const previous = await Promise.try(this.authenticate, request.raw).catch(() => null)
    if (previous?.via !== 'cookie') return
    await this.accounts
      .endSession(previous.principal.id, previous.session.id, actor, 'sign_out')
      .catch(() => {})
  }

  /** Shows a person the reason on a page of ours: by its code alone, so that nobody can put words there. */
  private async back(provider: string, reply: FastifyReply, error: unknown, actor: Actor): Promise<void> {
    const known = toAppError(error)
    const fields = refusal(provider, known, actor)
    if (known.status >= 500) this.logger.error({ ...fields, err: known }, 'sign-in failed')
    else this.logger.info({ ...fields, err: known }, 'sign-in refused')
    if (known instanceof AppError) await reply.redirect(`/?sign_in_error=${known.code}`, 302)
  }
}

/** A path on this server, or `/`: `//evil.test`, `/\evil.test` and `https:evil.test` all lead elsewhere in a browser. */
export function samePath(next: unknown): string {
  if (typeof next !== 'string' || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(next)) return '/'
  const base = 'http://gatehouse.invalid'
  return URL.canParse(next, base) && new URL(next, base).origin === base ? next : '/'
}
