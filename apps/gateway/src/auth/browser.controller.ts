import type { Accounts, Actor, Principal, Session } from '@gatehouse/accounts'
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
  link: z
    .literal('1')
    .optional()
    .meta({ description: 'adds the identity to the account that is signed in, and signs nobody in' }),
})

/**
 * Asked to, these let a person choose; else they hand over at once whoever is signed in there, most often the identity that
 * is linked already. Others may refuse what they do not know (OpenID Connect Core 1.0, section 3.1.2.6).
 */
const offerChoice = new Set(['google', 'microsoft', 'github'])

/** For whom an identity is fetched: the account, and the very session that asked. */
const Linking = z.object({ principalId: z.string(), sessionId: z.string() })
type Linking = z.infer<typeof Linking>

/** Sign-in and linking through the browser: there and back again. */
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
      const linking = query.link === undefined ? undefined : await this.linking(request)
      const redirectUri = `${this.config.publicUrl}/auth/${provider}/callback`
      const { url, transaction } = await this.signIn.start(provider, {
        redirectUri,
        ...(linking && offerChoice.has(provider) ? { prompt: 'select_account' } : {}),
      })
      await this.transactions.set(request.raw, reply, transaction.state, {
        transaction,
        next: samePath(query.next),
        ...(linking ? { linking } : {}),
      })
      await reply.redirect(url, 302)
    } catch (error) {
      await this.back(provider, reply, error, actorOf(request), query.link ? 'link' : 'sign_in')
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
    let linking: Linking | undefined
    try {
      const callback = new URL(request.url, this.config.publicUrl)
      const kept = await this.transactions.take(request.raw, reply, callback.searchParams.get('state') ?? '')
      linking = Linking.optional().parse(kept?.linking)
      const identity = await this.signIn.finish(provider, callback, kept?.transaction)
      if (linking) {
        await this.stillThere(request, linking)
        await this.accounts.link(linking.principalId, identity, {
          ...actor,
          principalId: linking.principalId,
        })
        return void (await reply.redirect(samePath(kept?.next), 302))
      }
      const seconds = browserSessionSeconds
      const signedIn = await this.accounts.signIn(identity, 'either', { kind: 'browser', seconds }, actor)
      await this.endPrevious(request, actor)
      this.cookie.set(reply, { ...signedIn.session, principalId: signedIn.principal.id })
      await reply.redirect(samePath(kept?.next), 302)
    } catch (error) {
      const { code, status } = toAppError(error)
      if (status < 500) {
        void (linking
          ? this.accounts.linkFailed(provider, code, { ...actor, principalId: linking.principalId })
          : this.accounts.signInFailed(provider, code, actor))
      }
      await this.back(provider, reply, error, actor, linking ? 'link' : 'sign_in')
    }
  }

  /**
   * Who asks to add an identity, by the cookie of a browser. Another site cannot ask: it would add whatever identity the
   * browser is signed in with at the provider, perhaps one that a stranger has put there.
   * @throws AppError `session_ended`, `cross_site_request`, and what `Authenticate` throws
   */
  private async linking(request: FastifyRequest): Promise<Linking> {
    const site = request.headers['sec-fetch-site'] ?? 'none'
    if (site !== 'same-origin' && site !== 'none') throw new AppError('cross_site_request')
    const { principal, session } = await this.signedIn(request)
    return { principalId: principal.id, sessionId: session.id }
  }

  /** The browser must still be signed in as who asked: another person may sit there now, or the session may have ended. */
  private async stillThere(request: FastifyRequest, linking: Linking): Promise<void> {
    const { principal, session } = await this.signedIn(request)
    if (principal.id !== linking.principalId || session.id !== linking.sessionId)
      throw new AppError('session_ended')
  }

  private async signedIn(request: FastifyRequest): Promise<{ principal: Principal; session: Session }> {
    const caller = await Promise.try(this.authenticate, request.raw, request).catch((error: unknown) => {
      throw toAppError(error).code === 'missing_credential' ? new AppError('session_ended') : error
    })
    if (caller.via !== 'cookie' || !caller.session) throw new AppError('session_ended')
    return { principal: caller.principal, session: caller.session }
  }

  /** The session that the browser had before ends: what was fixed there, or forgotten, is worth nothing any more. */
  private async endPrevious(request: FastifyRequest, actor: Actor): Promise<void> {
    const previous = await Promise.try(this.authenticate, request.raw, request).catch(() => null)
    if (previous?.via !== 'cookie' || !previous.session) return
    await this.accounts
      .endSession(previous.principal.id, previous.session.id, actor, 'sign_out')
      .catch(() => {})
  }

  /** Shows a person the reason on a page of ours: by its code alone, so that nobody can put words there. */
  private async back(
    provider: string,
    reply: FastifyReply,
    error: unknown,
    actor: Actor,
    wanted: 'sign_in' | 'link',
  ): Promise<void> {
    const known = toAppError(error)
    const fields = refusal(provider, known, actor)
    if (known.status >= 500)
      this.logger.error({ ...fields, err: known }, wanted === 'link' ? 'link failed' : 'sign-in failed')
    else this.logger.info({ ...fields, err: known }, wanted === 'link' ? 'link refused' : 'sign-in refused')
    if (known instanceof AppError) await reply.redirect(`/?${wanted}_error=${known.code}`, 302)
  }
}

/** A path on this server, or `/`: `//evil.test`, `/\evil.test` and `https:evil.test` all lead elsewhere in a browser. */
export function samePath(next: unknown): string {
  if (typeof next !== 'string' || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(next)) return '/'
  const base = 'http://gatehouse.invalid'
  return URL.canParse(next, base) && new URL(next, base).origin === base ? next : '/'
}
