import type { Accounts, Actor, SignInMode } from '@gatehouse/accounts'
import {
  AppError,
  Profile,
  page,
  SessionList,
  SessionsEnded,
  SignInBody,
  SignInProviders,
  SignInResult,
} from '@gatehouse/contracts'
import type { SessionTokens, SignIn } from '@gatehouse/identity'
import type { Logger } from '@gatehouse/platform'
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common'
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { GatewayConfig } from '../config.js'
import { Public } from '../http/access.js'
import { type Caller, CurrentActor, CurrentCaller, sessionOf } from '../http/caller.js'
import type { SessionCookie } from '../http/session-cookie.js'
import { ACCOUNTS, CONFIG, LOGGER, SESSION_COOKIE, SESSION_TOKENS, SIGN_IN } from '../tokens.js'
import { refusal } from './refusal.js'

const SessionQuery = z.strictObject(page)

/** Sign-in with a token, the profile, and one's own sessions and identities. */
@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
    @Inject(SIGN_IN) private readonly signIn: SignIn,
    @Inject(SESSION_TOKENS) private readonly tokens: SessionTokens,
    @Inject(SESSION_COOKIE) private readonly cookie: SessionCookie,
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Get('providers')
  @Public()
  @ApiOperation({ summary: 'Ways to sign in that are configured' })
  @ApiOkResponse({ standardSchema: SignInProviders })
  providers(): SignInProviders {
    const details = this.signIn.list()
    return { providers: details.map(({ id }) => id), details }
  }

  @Post('register')
  @Public()
  @ApiOperation({ summary: 'Make an account from a proven identity' })
  @ApiCreatedResponse({ standardSchema: SignInResult })
  register(
    @Body({ schema: SignInBody }) body: SignInBody,
    @CurrentActor() actor: Actor,
  ): Promise<SignInResult> {
    return this.withToken(body, 'register', actor)
  }

  @Post('login')
  @Public()
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign in with a proven identity' })
  @ApiOkResponse({ standardSchema: SignInResult })
  login(@Body({ schema: SignInBody }) body: SignInBody, @CurrentActor() actor: Actor): Promise<SignInResult> {
    return this.withToken(body, 'login', actor)
  }

  @Get('profile')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'Who one is here' })
  @ApiOkResponse({ standardSchema: Profile })
  profile(@CurrentCaller() caller: Caller): Promise<Profile> {
    return this.accounts.profile(caller.principal.id)
  }

  @Post('logout')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'End this session, on every replica within a second' })
  @ApiNoContentResponse()
  async logout(
    @CurrentCaller() caller: Caller,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.accounts.endSession(caller.principal.id, sessionOf(caller).id, actor, 'sign_out')
    if (caller.via === 'cookie') this.cookie.clear(reply)
  }

  @Get('sessions')
  @ApiBearerAuth()
  @ApiOperation({ summary: "One's own sessions, newest first" })
  @ApiOkResponse({ standardSchema: SessionList })
  sessions(
    @Query({ schema: SessionQuery }) query: z.infer<typeof SessionQuery>,
    @CurrentCaller() caller: Caller,
  ) {
    return this.accounts.sessions(caller.principal.id, sessionOf(caller).id, query)
  }

  @Delete('sessions')
  @ApiBearerAuth()
  @ApiOperation({ summary: "End all of one's own sessions but this one" })
  @ApiOkResponse({ standardSchema: SessionsEnded })
  async endOtherSessions(
    @CurrentCaller() caller: Caller,
    @CurrentActor() actor: Actor,
  ): Promise<SessionsEnded> {
    return { ended: await this.accounts.endOtherSessions(caller.principal.id, sessionOf(caller).id, actor) }
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({ summary: "End one of one's own sessions" })
  @ApiNoContentResponse()
  async endSession(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    await this.accounts.endSession(caller.principal.id, id, actor, 'session.revoked')
  }

  @Post('link')
  @HttpCode(200)
  @ApiBearerAuth()
  @ApiOperation({ summary: "Add a proven identity to one's own account" })
  @ApiOkResponse({ standardSchema: Profile })
  async link(
    @Body({ schema: SignInBody }) body: SignInBody,
    @CurrentCaller() { principal }: Caller,
    @CurrentActor() actor: Actor,
  ): Promise<Profile> {
    try {
      const identity = await this.signIn.verify(body.provider, body.id_token, actor.address ?? undefined)
      await this.accounts.link(principal.id, identity, actor)
    } catch (error) {
      if (error instanceof AppError && error.status < 500) {
        this.logger.info(refusal(body.provider, error, actor), 'link refused')
        void this.accounts.linkFailed(body.provider, error.code, actor)
      }
      throw error
    }
    return this.accounts.profile(principal.id)
  }

  @Delete('identities/:id')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({ summary: "Take an identity from one's own account, never the last one" })
  @ApiNoContentResponse()
  async unlink(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    await this.accounts.unlink(caller.principal.id, id, caller.session?.id ?? null, actor)
  }

  /** Proof first, whatever the account: who cannot prove an identity learns nothing about who has an account. */
  private async withToken(body: SignInBody, mode: SignInMode, actor: Actor): Promise<SignInResult> {
    try {
      const identity = await this.signIn.verify(body.provider, body.id_token, actor.address ?? undefined)
      const seconds = this.config.accessTokenSeconds
      const { principal, session, isNew } = await this.accounts.signIn(
        identity,
        mode,
        { kind: 'token', seconds },
        actor,
      )
      const { token } = this.tokens.sign({
        subject: principal.id,
        sessionId: session.id,
        expiresInSeconds: seconds,
      })
      return {
        access_token: token,
        token_type: 'bearer',
        expires_in: seconds,
        user_id: principal.id,
        user_email: principal.email,
        is_new_user: isNew,
        provider: identity.provider,
      }
    } catch (error) {
      if (error instanceof AppError && error.status < 500) {
        this.logger.info(refusal(body.provider, error, actor), 'sign-in refused')
        void this.accounts.signInFailed(body.provider, error.code, actor)
      }
      throw error
    }
  }
}
