import { AppError } from '@gatehouse/contracts'
import { type ExecutionContext, Inject, Injectable } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { AuthGuard } from '@nestjs/passport'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AUTHENTICATE } from '../tokens.js'
import { type Access, accessKey } from './access.js'
import type { Authenticate } from './authenticate.js'
import { strategyName } from './bearer.strategy.js'
import { Entry } from './entry.js'

/** The one guard: global, and closed for every route that does not say otherwise. */
@Injectable()
export class BearerGuard extends AuthGuard(strategyName) {
  constructor(
    @Inject(AUTHENTICATE) private readonly authenticate: Authenticate,
    @Inject(Entry) private readonly entry: Entry,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {
    super()
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(accessKey, [
      context.getHandler(),
      context.getClass(),
    ])
    if (access === 'public') return true
    await super.canActivate(context)
    const http = context.switchToHttp()
    this.entry.admit(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), access ?? 'caller')
    return true
  }

  override getAuthenticateOptions() {
    return { with: this.authenticate, session: false }
  }

  override handleRequest<Caller>(error: unknown, caller: Caller): Caller {
    if (error || !caller) throw error ?? new AppError('missing_credential')
    return caller
  }
}
