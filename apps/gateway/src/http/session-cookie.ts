import type { IncomingMessage } from 'node:http'
import type { Session } from '@gatehouse/accounts'
import type { SessionTokens } from '@gatehouse/identity'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply } from 'fastify'

/** The browser's session: our token in a cookie that no script can read. */
export interface SessionCookie {
  name: string
  /** The token of a request's cookie, or null. */
  read(request: IncomingMessage): string | null
  /** Gives the browser a token for a session, and with it some more time. */
  set(reply: FastifyReply, session: Pick<Session, 'id' | 'principalId' | 'createdAt' | 'expiresAt'>): void
  /** Takes it away. */
  clear(reply: FastifyReply): void
}

/** A browser session slides while it is used, and ends this long after the sign-in all the same. */
export const browserSessionSeconds = 24 * 3600

/**
 * @param secure whether PUBLIC_URL is https: then `Secure` and the `__Host-` prefix, which no other host can set
 * @param lifetimeSeconds of each token in the cookie
 */
export function createSessionCookie(
  sessionTokens: SessionTokens,
  options: { secure: boolean; lifetimeSeconds: number },
): SessionCookie {
  const name = options.secure ? '__Host-gatehouse_session' : 'gatehouse_session'
  const attributes = { httpOnly: true, secure: options.secure, sameSite: 'lax', path: '/' } as const
  return {
    name,
    read: (request) => parseCookie(request.headers.cookie ?? '')[name] || null,
    set(reply, session) {
      const left = Math.floor((session.expiresAt.getTime() - Date.now()) / 1000)
      const seconds = Math.max(1, Math.min(options.lifetimeSeconds, left))
      const { token } = sessionTokens.sign({
        subject: session.principalId,
        sessionId: session.id,
        expiresInSeconds: seconds,
      })
      addCookie(reply, stringifySetCookie({ name, value: token, ...attributes, maxAge: seconds }))
    },
    clear(reply) {
      addCookie(reply, stringifySetCookie({ name, value: '', ...attributes, maxAge: 0 }))
    },
  }
}

/** Adds a `Set-Cookie` beside those that are there. */
export function addCookie(reply: FastifyReply, cookie: string): void {
  const present = reply.getHeader('set-cookie')
  const list = present === undefined ? [] : Array.isArray(present) ? present : [String(present)]
  reply.removeHeader('set-cookie')
  void reply.header('set-cookie', [...list, cookie])
}
