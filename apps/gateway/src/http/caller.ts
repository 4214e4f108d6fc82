import type { Actor, Principal, Session } from '@gatehouse/accounts'
import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'

/** Who is asking, and by what. */
export interface Caller {
  principal: Principal
  session: Session
  /** How the credential came. */
  via: 'bearer' | 'cookie'
  tokenExpiresAt: Date
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard. */
    user?: Caller
  }
}

/** Hands the caller to a route; the guard has put it there. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<FastifyRequest>().user
})

/** Hands a route what the audit log is told of the request. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext) => {
  return actorOf(context.switchToHttp().getRequest<FastifyRequest>())
})

/** Who acts, and from where. */
export function actorOf(request: FastifyRequest): Actor {
  return {
    principalId: request.user?.principal.id ?? null,
    address: request.ip,
    userAgent: request.headers['user-agent'] ?? null,
    requestId: request.id,
  }
}
