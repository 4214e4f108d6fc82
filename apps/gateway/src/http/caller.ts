import type { Actor, Principal, Session } from '@gatehouse/accounts'
import { AppError, type Role } from '@gatehouse/contracts'
import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'

/** By what somebody asks: a sign-in, an API key, or a token of a trusted issuer. */
export type Credential =
  | { kind: 'session'; id: string }
  | { kind: 'key'; id: string }
  | { kind: 'token'; issuer: string }

/** Who is asking, and by what. */
export interface Caller {
  principal: Principal
  /** What the caller may do here and now: of a machine's token what the operator's rules say, else what the store says. */
  roles: readonly Role[]
  /** Null where the credential is no sign-in. */
  session: Session | null
  credential: Credential
  /** How the credential came. */
  via: 'bearer' | 'cookie'
  /** A model has to be allowed by every list; there is none where all may be used. */
  modelLists: readonly (readonly string[])[]
  tokenExpiresAt: Date
  /** Whether nothing about the credential or its account has changed, as far as is known at once. */
  unchanged(): boolean
  /**
   * Asks, where it is not known, whether the credential still holds.
   * @returns the lists of models as they are now
   * @throws AppError as `authenticate` would
   */
  check(): Promise<Caller['modelLists']>
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

/**
 * Whether a caller acts as an admin: never by an API key, which is a piece of its owner's rights that lies about in files.
 */
export const isAdmin = ({ roles, credential }: Caller): boolean =>
  roles.includes('admin') && credential.kind !== 'key'

/** The caller's sign-in. @throws AppError `forbidden` for a key and for a machine's token, which are none */
export function sessionOf({ session }: Caller): Session {
  if (session) return session
  throw new AppError('forbidden', {
    message: 'This is for people who are signed in: no API key and no token of a machine reaches it.',
  })
}
