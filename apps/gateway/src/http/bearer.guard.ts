import { AppError } from '@gatehouse/contracts'
import { type ExecutionContext, Inject, Injectable } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AUTHENTICATE } from '../tokens.js'
import { accessOf } from './access.js'
import type { Authenticate } from './authenticate.js'
import { strategyName } from './bearer.strategy.js'
import { Entry } from './entry.js'

/** The one guard: global, and closed for every route that does not say otherwise. */
@Injectable()
export class BearerGuard extends AuthGuard(strategyName) {
  constructor(
    @Inject(AUTHENTICATE) private readonly authenticate: Authenticate,
    @Inject(Entry) private readonly entry: Entry,
  ) {
    super()
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = accessOf(context.getHandler(), context.getClass())
    const http = context.switchToHttp()
    const request = http.getRequest<FastifyRequest>()
    // Admitted before its body was read, as every route is; this is the net under that.
    if (access === 'public' || request.user) return true
    await super.canActivate(context)
    this.entry.admit(request, http.getResponse<FastifyReply>(), access)
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
